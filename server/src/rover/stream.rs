//! A rover's stream, through the same client that pulls stations.

use std::net::SocketAddr;
use std::time::Duration;

use tianshu_gnss::coords::{Ecef, GRS80};
use tianshu_gnss::station::StationName;
use tianshu_ingest::backoff::BackoffLimits;
use tianshu_ingest::clock::SharedClock;
use tianshu_ingest::greeting::{SaidQuality, UpstreamPosition};
use tianshu_ingest::link::{self, LinkConfig, LinkHandle, Origin};
use tianshu_ingest::ntrip_link::NtripConfig;
use tianshu_ingest::session::{EPOCH_WAIT_DEFAULT, SILENCE_DEFAULT};
use tianshu_ingest::sink::{EventSource, event_queue};
use tianshu_ntrip::client::request::{Caster, VersionChoice};
use tianshu_ntrip::credentials::Credentials;
use tianshu_ntrip::mountpoint::Mountpoint;

/// How often a rover tells its position: the custom of most rovers.
const GGA_EVERY: Duration = Duration::from_secs(10);
/// Events of its stream that wait for a rover: ten seconds of one station.
const EVENTS_WAITING_MAX: usize = 512;

/// What a rover asks for, where, and as whom.
pub(crate) struct Stream<'a> {
    /// The caster, on this machine.
    pub caster: SocketAddr,
    /// The mountpoint.
    pub mountpoint: &'a Mountpoint,
    /// The account, if one is needed.
    pub credentials: Option<Credentials>,
}

impl Stream<'_> {
    /// Opens it for a rover at a place. What the rover says of its fix goes with its positions.
    pub(crate) fn connect(
        self,
        rover: &StationName,
        place: Ecef,
        quality: SaidQuality,
        clock: SharedClock,
    ) -> (LinkHandle, EventSource) {
        let caster = Caster {
            host: self.caster.ip().to_string(),
            port: self.caster.port(),
            version: VersionChoice::V2,
            credentials: self.credentials,
        };
        let place = place.to_geodetic(GRS80);
        let ntrip = NtripConfig {
            caster,
            mountpoint: self.mountpoint.clone(),
            position: Some(UpstreamPosition { place, interval: GGA_EVERY, quality }),
            tls: None,
        };
        let config = LinkConfig {
            station: rover.clone(),
            origin: Origin::Ntrip(ntrip),
            silence: SILENCE_DEFAULT,
            epoch_wait: EPOCH_WAIT_DEFAULT,
            backoff: BackoffLimits::default(),
            seed: self.caster.port().into(),
        };
        let (sink, source) = event_queue(EVENTS_WAITING_MAX);
        (link::spawn(config, sink, clock), source)
    }
}
