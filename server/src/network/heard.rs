//! Ephemerides in the order in which they would have been heard: nothing is known before its time.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_rinex::navigation::reader::NavReader;
use tianshu_rinex::unpack::unpacked;

use crate::network::progress::broken_lines;

/// The ephemerides of navigation files, each from when it can be heard.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    /// In the order of their times.
    waiting: Vec<(GpsTime, Arc<Ephemeris>)>,
    next: usize,
}

/// GPS and QZSS begin to send an ephemeris two hours before its reference time (IS-GPS-200, table 20-I), where its record does not
/// tell when; the others at its reference time.
const BEFORE_REFERENCE: Interval = Interval::from_seconds(7_200);
/// GLONASS begins a quarter of an hour before (ICD L1, L2 5.1, section 4.4: t_b is the middle of the interval).
const GLONASS_BEFORE_REFERENCE: Interval = Interval::from_seconds(900);

impl Heard {
    /// Reads navigation files; of each satellite only the systems that are used.
    pub(crate) fn from_files<'a>(
        paths: impl Iterator<Item = &'a Path>,
        systems: &BTreeSet<Constellation>,
    ) -> anyhow::Result<Self> {
        let mut waiting = Vec::new();
        for path in paths {
            let read = read(path, &mut waiting)?;
            ensure!(read > 0, "{} holds no ephemeris that is read", path.display());
        }
        waiting.retain(|(_, e)| systems.contains(&e.satellite().constellation()));
        if waiting.is_empty() {
            bail!("the navigation files hold no ephemeris of the systems that --systems names");
        }
        waiting.sort_by_key(|(heard, e)| (*heard, e.satellite(), e.reference_time()));
        Ok(Self { waiting, next: 0 })
    }

    /// What is known when the network begins: everything heard before, and of satellites of which nothing was the first that holds
    /// then, since a service that runs already would have it or its predecessor.
    pub(crate) fn at_start(&mut self, start: GpsTime) -> anyhow::Result<Vec<Arc<Ephemeris>>> {
        let mut known: Vec<Arc<Ephemeris>> = self.until(start);
        let holding = |e: &&Arc<Ephemeris>| e.holds_at(start);
        let have: BTreeSet<Satellite> =
            known.iter().filter(holding).map(|e| e.satellite()).collect();
        let mut first: BTreeMap<Satellite, &Arc<Ephemeris>> = BTreeMap::new();
        for (_, e) in self.waiting.iter().skip(self.next) {
            if e.holds_at(start) && !have.contains(&e.satellite()) {
                first.entry(e.satellite()).or_insert(e);
            }
        }
        ensure!(
            !have.is_empty() || !first.is_empty(),
            "no ephemeris of the navigation files holds at {start}, when the observations begin: they are of {} to {}; give those of the same day",
            self.edge(true),
            self.edge(false)
        );
        known.extend(first.into_values().cloned());
        Ok(known)
    }

    /// What was heard since this was asked last.
    pub(crate) fn until(&mut self, now: GpsTime) -> Vec<Arc<Ephemeris>> {
        let rest = self.waiting.get(self.next..).unwrap_or(&[]);
        let due = rest.partition_point(|(heard, _)| *heard <= now);
        self.next += due;
        rest.iter().take(due).map(|(_, e)| Arc::clone(e)).collect()
    }

    fn edge(&self, first: bool) -> String {
        let times = self.waiting.iter().map(|(_, e)| e.reference_time());
        let edge = if first { times.min() } else { times.max() };
        edge.map_or_else(String::new, |t| t.to_string())
    }
}

fn read(path: &Path, into: &mut Vec<(GpsTime, Arc<Ephemeris>)>) -> anyhow::Result<usize> {
    let shown = path.display();
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {shown}"))?;
    let text = unpacked(&bytes).with_context(|| shown.to_string())?;
    let mut reader = NavReader::new(&text)
        .with_context(|| format!("--nav {shown}: give a RINEX navigation file"))?;
    let before = into.len();
    while let Some(ephemeris) = reader.next() {
        let heard = reader.transmitted().unwrap_or_else(|| guessed(&ephemeris));
        into.push((heard, Arc::new(ephemeris)));
    }
    broken_lines(path, reader.finding_count(), reader.findings().first());
    Ok(into.len() - before)
}

/// When an ephemeris was sent first whose record does not tell.
fn guessed(ephemeris: &Ephemeris) -> GpsTime {
    let reference = ephemeris.reference_time();
    match ephemeris {
        Ephemeris::Gps(_) | Ephemeris::Qzss(_) => reference - BEFORE_REFERENCE,
        Ephemeris::Glonass(_) => reference - GLONASS_BEFORE_REFERENCE,
        Ephemeris::Galileo(_) | Ephemeris::BeiDou(_) | Ephemeris::Navic(_) => reference,
    }
}
