//! What was odd in the stations' streams, told to operators: per station and kind, when it has grown.

use std::collections::BTreeMap;
use std::time::Duration;

use tianshu_gnss::station::StationName;
use tianshu_ingest::snapshot::LinkSnapshot;
use tianshu_rtcm::frame::FindingCounts;

/// How often it is told: a stream of garbage makes no more than one line a minute.
pub(crate) const TELL_EVERY: Duration = Duration::from_mins(1);

/// What was told of each station last.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    told: BTreeMap<StationName, LinkSnapshot>,
}

impl Findings {
    /// Tells of every station in whose stream something more was found; the counts are those of its whole link.
    pub(crate) fn tell(&mut self, links: Vec<LinkSnapshot>) {
        for link in links {
            if self.told.get(&link.station).is_none_or(|told| has_grown(told, &link))
                && is_odd(&link)
            {
                tell(&link);
            }
            self.told.insert(link.station.clone(), link);
        }
    }
}

fn is_odd(link: &LinkSnapshot) -> bool {
    odd_bytes(&link.found) > 0 || !link.unusable.is_empty()
}

fn has_grown(before: &LinkSnapshot, now: &LinkSnapshot) -> bool {
    odd_bytes(&before.found) != odd_bytes(&now.found) || before.unusable != now.unusable
}

/// Every oddity between frames is made of bytes outside of them.
fn odd_bytes(found: &FindingCounts) -> u64 {
    found.noise_bytes
}

fn tell(link: &LinkSnapshot) {
    let FindingCounts { frames, noise_bytes, bad_crc, reserved_bits, truncated, .. } = link.found;
    let unusable: Vec<_> =
        link.unusable.iter().map(|(kind, times)| format!("{kind} ({times})")).collect();
    tracing::warn!(
        station = %link.station,
        frames,
        noise_bytes,
        bad_crc,
        reserved_bits,
        truncated,
        unusable = unusable.join(", "),
        "odd bytes or messages in its stream"
    );
}
