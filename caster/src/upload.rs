//! Uploads: where a station's bytes go, and who holds a mountpoint.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tianshu_gnss::event::DownReason;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::uptime::Uptime;
use tianshu_ntrip::mountpoint::Mountpoint;
use tokio_util::sync::CancellationToken;

use crate::control::Control;
use crate::events::{EndReason, SessionId};

/// A holder that has been silent for so long gives way to anybody who is let in: a rebooted base must not wait for the
/// time-out of its own dead connection (docs/ntrip-in-the-field.md, note 24).
pub const SILENT_HOLDER_AFTER: Duration = Duration::from_secs(5);

/// How long a newcomer waits for the old connection of its station to be taken down in order.
pub const HANDOVER_MAX: Duration = Duration::from_secs(2);

/// Takes what stations push. Implemented by whoever joins the caster with the station links.
pub trait UploadSink: Send + Sync {
    /// A station was let in and begins. The link before it of the same station has been closed.
    fn open(&self, station: &StationName) -> Result<Box<dyn UploadLink>, UploadRefusal>;
}

/// One upload. Calls return at once; whoever takes the bytes bounds what waits.
pub trait UploadLink: Send {
    /// The next bytes, cut anywhere.
    fn bytes(&mut self, bytes: &[u8]) -> Result<(), UploadRefusal>;

    /// The link ended. Nothing follows.
    fn close(&mut self, reason: DownReason);
}

/// Why an upload is not taken; a sentence for the operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UploadRefusal(pub String);

/// Who holds which mountpoint.
#[derive(Debug, Default)]
pub struct UploadSlots {
    holders: Mutex<HashMap<Mountpoint, Holder>>,
}

#[derive(Debug)]
struct Holder {
    session: SessionId,
    account: Option<Arc<str>>,
    control: Arc<Control>,
    heard_ms: Arc<AtomicU64>,
    gone: CancellationToken,
}

/// A mountpoint that is held. Dropping it gives the mountpoint back.
#[derive(Debug)]
pub struct HeldSlot {
    slots: Arc<UploadSlots>,
    mountpoint: Mountpoint,
    session: SessionId,
    heard_ms: Arc<AtomicU64>,
    gone: CancellationToken,
}

/// Another station holds the mountpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken;

impl UploadSlots {
    /// Takes a mountpoint. A holder of the same account, or one that is silent, is ended and gives way; the second value is
    /// cancelled when it has gone.
    pub fn take(
        self: &Arc<Self>,
        mountpoint: &Mountpoint,
        session: SessionId,
        account: Option<Arc<str>>,
        control: Arc<Control>,
        now: Uptime,
    ) -> Result<(HeldSlot, Option<CancellationToken>), Taken> {
        let mut holders = self.lock();
        let before = match holders.get(mountpoint) {
            None => None,
            Some(old) => {
                let heard = Duration::from_millis(old.heard_ms.load(Ordering::Relaxed));
                let silent = now - Uptime::from_start(heard);
                if old.account != account && silent < SILENT_HOLDER_AFTER {
                    return Err(Taken);
                }
                old.control.end(EndReason::Replaced);
                Some(old.gone.clone())
            }
        };
        let heard_ms = Arc::new(AtomicU64::new(millis(now)));
        let gone = CancellationToken::new();
        let holder = Holder {
            session,
            account,
            control,
            heard_ms: Arc::clone(&heard_ms),
            gone: gone.clone(),
        };
        holders.insert(mountpoint.clone(), holder);
        let slots = Arc::clone(self);
        Ok((HeldSlot { slots, mountpoint: mountpoint.clone(), session, heard_ms, gone }, before))
    }

    /// How many are held.
    pub fn held(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Mountpoint, Holder>> {
        self.holders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HeldSlot {
    /// The holder sent something.
    pub fn heard(&self, now: Uptime) {
        self.heard_ms.store(millis(now), Ordering::Relaxed);
    }
}

impl Drop for HeldSlot {
    fn drop(&mut self) {
        let mut holders = self.slots.lock();
        if holders.get(&self.mountpoint).is_some_and(|holder| holder.session == self.session) {
            holders.remove(&self.mountpoint);
        }
        self.gone.cancel();
    }
}

fn millis(at: Uptime) -> u64 {
    u64::try_from(at.since_start().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Uptime {
        Uptime::from_start(Duration::from_secs(seconds))
    }

    #[test]
    fn the_same_station_takes_over_at_once_and_another_waits_for_silence() {
        let slots = Arc::new(UploadSlots::default());
        let mountpoint = Mountpoint::new("UP").unwrap();
        let controls: [Arc<Control>; 4] =
            std::array::from_fn(|_| Control::new(&CancellationToken::new()));
        let take = |number: u64, account: &str, now| {
            let control = Arc::clone(&controls[usize::try_from(number).unwrap()]);
            slots.take(&mountpoint, SessionId(number), Some(account.into()), control, now)
        };
        let (first, before) = take(0, "anna", at(0)).unwrap();
        assert!(before.is_none());
        first.heard(at(10));
        assert_eq!(take(1, "ben", at(12)).unwrap_err(), Taken);
        let (second, before) = take(2, "anna", at(12)).unwrap();
        assert!(controls[0].is_ended() && !before.clone().unwrap().is_cancelled());
        drop(first);
        assert!(before.unwrap().is_cancelled());
        assert_eq!(
            slots.held(),
            1,
            "the first one's end does not give the second one's place away"
        );
        let (_third, _) = take(3, "ben", at(17)).unwrap();
        assert!(controls[2].is_ended());
        drop(second);
        assert_eq!(slots.held(), 1);
    }
}
