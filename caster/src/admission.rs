//! How many connections there may be, overall and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::throttle::Subscriber;

/// Counts connections. A connection counts until its [`Place`] is dropped.
#[derive(Debug)]
pub struct Admission {
    connections_max: usize,
    per_address_max: usize,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    connections: usize,
    by_subscriber: HashMap<Subscriber, usize>,
}

/// Why a connection has no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPlace {
    /// The caster has as many connections as it may have.
    #[error("the caster has its {0} connections")]
    Full(usize),
    /// The address has as many connections as it may have.
    #[error("the address has its {0} connections")]
    AddressFull(usize),
}

/// The place of one connection.
#[derive(Debug)]
pub struct Place {
    admission: Arc<Admission>,
    /// For whom it counts; a proxy's connection counts for nobody until its header is read.
    subscriber: Option<Subscriber>,
}

impl Admission {
    /// At most so many connections overall, and from one address.
    pub fn new(connections_max: usize, per_address_max: usize) -> Arc<Self> {
        Arc::new(Self { connections_max, per_address_max, counts: Mutex::default() })
    }

    /// A place for a connection from there.
    pub fn take_place(self: &Arc<Self>, address: IpAddr) -> Result<Place, NoPlace> {
        let mut place = self.take_unnamed_place()?;
        place.is_of(address)?;
        Ok(place)
    }

    /// A place for a connection of which nobody knows yet from where it is.
    pub fn take_unnamed_place(self: &Arc<Self>) -> Result<Place, NoPlace> {
        let mut counts = self.counts();
        if counts.connections >= self.connections_max {
            return Err(NoPlace::Full(self.connections_max));
        }
        counts.connections += 1;
        Ok(Place { admission: Arc::clone(self), subscriber: None })
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        self.counts().connections
    }
}

impl Place {
    /// It is a connection from there.
    pub fn is_of(&mut self, address: IpAddr) -> Result<(), NoPlace> {
        let subscriber = Subscriber::from(address);
        let mut counts = self.admission.counts();
        let here = counts.by_subscriber.entry(subscriber).or_default();
        if *here >= self.admission.per_address_max {
            return Err(NoPlace::AddressFull(self.admission.per_address_max));
        }
        *here += 1;
        self.subscriber = Some(subscriber);
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.admission.counts();
        counts.connections -= 1;
        let Some(subscriber) = self.subscriber else { return };
        if let Some(here) = counts.by_subscriber.get_mut(&subscriber) {
            *here -= 1;
            if *here == 0 {
                counts.by_subscriber.remove(&subscriber);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_and_given_back() {
        let admission = Admission::new(3, 2);
        let [one, two]: [IpAddr; 2] = ["192.0.2.1", "192.0.2.2"].map(|a| a.parse().unwrap());
        let first = admission.take_place(one).unwrap();
        let _second = admission.take_place(one).unwrap();
        assert_eq!(admission.take_place(one).unwrap_err(), NoPlace::AddressFull(2));
        let _third = admission.take_place(two).unwrap();
        assert_eq!(admission.take_place(two).unwrap_err(), NoPlace::Full(3));
        drop(first);
        assert_eq!(admission.connections(), 2);
        // Behind a proxy the address is told later, and counts then.
        let mut unnamed = admission.take_unnamed_place().unwrap();
        assert_eq!(admission.connections(), 3);
        unnamed.is_of(two).unwrap();
        drop(unnamed);
        assert!(admission.take_place(one).is_ok());
    }
}
