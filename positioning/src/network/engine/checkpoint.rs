//! What an engine needs to go on after a restart: arcs, levels and zenith delays, as lines of text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use tianshu_gnss::glonass_bias::GlonassBiases;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::units::Metres;

use crate::network::engine::Engine;
use crate::network::levels::Level;
use crate::network::noise::Cell;
use crate::network::noise::scale::Scale;
use crate::network::observed::{Channel, Group};
use crate::network::preprocess::kept::KeptArc;
use crate::network::topology::StationIndex;

/// The first line, with the version of the rest.
const HEAD: &str = "tianshu-network-checkpoint 1";

/// A checkpoint that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCheckpoint {
    /// It is something else, or of another version.
    #[error("this is no network checkpoint of version 1")]
    Foreign,
    /// A line cannot be read.
    #[error("line {0} of the checkpoint cannot be read")]
    Line(usize),
    /// It ends early.
    #[error("the checkpoint ends before its last line")]
    Cut,
}

/// An arc and its level.
struct KeptLevel {
    arc: KeptArc,
    cycles: i64,
}

impl Engine {
    /// What is needed to go on after a restart: the levels of the largest sets with their arcs and lock times, and zenith delays. The lines
    /// `arc STATION SATELLITE BAND ATTRIBUTE NUMBER ALIGNED CYCLES LAST_NS LOCK_S`, `zenith STATION DELAY_M SIGMA_M`, and of stations whose
    /// GLONASS biases are known `glonass STATION` with those of L1 C/A, L1 P, L2 C/A and L2 P, m, `-` for one that is not told; of stations
    /// whose noise has shown itself `noise STATION GROUP BAND SUM COUNT`, where the band `-` means the group's phases.
    pub fn checkpoint(&self) -> String {
        let mut text = format!("{HEAD}\n");
        for (station, (config, preprocessor)) in
            StationIndex::all().zip(self.stations.iter().zip(&self.preprocessors))
        {
            for (channel, arc) in preprocessor.keep() {
                let level = self.book.level(station, channel);
                let Some(Level { cycles, component: 0, .. }) =
                    level.filter(|l| l.arc == arc.number)
                else {
                    continue;
                };
                let KeptArc { number, aligned_cycles, last, attribute, lock_s } = arc;
                writeln!(
                    text,
                    "arc {} {} {} {attribute} {number} {aligned_cycles} {cycles} {} {lock_s}",
                    config.name,
                    channel.0,
                    channel.1,
                    last.nanos()
                )
                .expect("a string takes all that is written to it");
            }
            if let Some(biases) = preprocessor.glonass_biases() {
                let told = |bias: Option<Metres>| bias.map_or("-".to_owned(), |m| m.0.to_string());
                let [a, b, c, d] = biases.all().map(told);
                writeln!(text, "glonass {} {a} {b} {c} {d}", config.name)
                    .expect("a string takes all that is written to it");
            }
            for (cell, scale) in self.noise.kept(station.position()) {
                let (group, band) = match cell {
                    Cell::Phases(group) => (group, '-'),
                    Cell::Codes(group, band) => (group, band),
                };
                let (sum, count) = (scale.sum(), scale.count());
                writeln!(text, "noise {} {group:?} {band} {sum} {count}", config.name)
                    .expect("a string takes all that is written to it");
            }
            let (delay_m, sigma_m) = self.zenith.delay(station.position());
            writeln!(text, "zenith {} {delay_m} {sigma_m}", config.name)
                .expect("a string takes all that is written to it");
        }
        text + "end\n"
    }

    /// Goes on from a checkpoint of an engine of the same stations (by name; others are passed over), before its first epoch. Arcs go on if
    /// their receivers' lock times say that they were never interrupted; the rest begins anew.
    pub fn resume(&mut self, text: &str) -> Result<(), BadCheckpoint> {
        let mut lines = text.lines().zip(1..);
        if lines.next().map(|(line, _)| line) != Some(HEAD) {
            return Err(BadCheckpoint::Foreign);
        }
        let mut arcs: BTreeMap<StationIndex, BTreeMap<Channel, KeptLevel>> = BTreeMap::new();
        let (mut zenith, mut shown) = (Vec::new(), Vec::new());
        let mut ended = false;
        for (line, number) in lines {
            let words: Vec<&str> = line.split_whitespace().collect();
            let bad = BadCheckpoint::Line(number);
            match words.as_slice() {
                ["arc", name, rest @ ..] => {
                    let (channel, kept) = arc(rest).ok_or(bad)?;
                    if let Some(station) = self.named(name) {
                        arcs.entry(station).or_default().insert(channel, kept);
                    }
                }
                ["zenith", name, delay_m, sigma_m] => {
                    let numbers = delay_m.parse::<f64>().ok().zip(sigma_m.parse::<f64>().ok());
                    let told =
                        numbers.filter(|(d, s)| d.is_finite() && s.is_finite()).ok_or(bad)?;
                    zenith.extend(self.named(name).map(|station| (station, told)));
                }
                ["glonass", name, told @ ..] => {
                    let told = biases(told).ok_or(bad)?;
                    if let Some(station) = self.named(name) {
                        self.set_glonass_biases(station, Some(told));
                    }
                }
                ["noise", name, rest @ ..] => {
                    let (cell, scale) = noise(rest).ok_or(bad)?;
                    shown.extend(self.named(name).map(|station| (station, cell, scale)));
                }
                ["end"] => ended = true,
                _ => return Err(bad),
            }
        }
        if !ended {
            return Err(BadCheckpoint::Cut);
        }
        for (station, of_station) in arcs {
            for (channel, kept) in &of_station {
                self.book.restore(station, *channel, kept.cycles, kept.arc.number);
            }
            let kept = of_station.into_iter().map(|(channel, kept)| (channel, kept.arc)).collect();
            self.preprocessors[station.position()].take_over(kept);
        }
        for (station, (delay_m, sigma_m)) in zenith {
            self.zenith.restore(station.position(), delay_m, sigma_m);
        }
        for (station, cell, scale) in shown {
            self.noise.restore(station.position(), cell, scale);
        }
        self.noise.compare();
        self.take_noise();
        Ok(())
    }

    pub(super) fn named(&self, name: &str) -> Option<StationIndex> {
        StationIndex::all()
            .zip(&self.stations)
            .find(|(_, s)| s.name.as_str() == name)
            .map(|(i, _)| i)
    }
}

fn arc(words: &[&str]) -> Option<(Channel, KeptLevel)> {
    let [satellite, band, attribute, number, aligned, cycles, last, lock_s] = words else {
        return None;
    };
    let lock_s: f64 = lock_s.parse().ok()?;
    let arc = KeptArc {
        number: number.parse().ok()?,
        aligned_cycles: aligned.parse().ok()?,
        last: GpsTime::from_nanos(last.parse().ok()?),
        attribute: attribute.parse().ok()?,
        lock_s,
    };
    let channel = (satellite.parse().ok()?, band.parse().ok()?);
    lock_s.is_finite().then_some((channel, KeptLevel { arc, cycles: cycles.parse().ok()? }))
}

fn noise(words: &[&str]) -> Option<(Cell, Scale)> {
    let [group, band, sum, count] = words else { return None };
    let group = Group::ALL.into_iter().find(|g| format!("{g:?}") == *group)?;
    let cell = match band.parse::<char>().ok()? {
        '-' => Cell::Phases(group),
        band => Cell::Codes(group, band),
    };
    Some((cell, Scale::restored(sum.parse().ok()?, count.parse().ok()?)?))
}

fn biases(words: &[&str]) -> Option<GlonassBiases> {
    let of = |word: &&str| match *word {
        "-" => Some(None),
        metres => metres.parse().ok().filter(|m: &f64| m.is_finite()).map(|m| Some(Metres(m))),
    };
    let all: Vec<Option<Metres>> = words.iter().map(of).collect::<Option<_>>()?;
    Some(GlonassBiases::to_add(all.try_into().ok()?))
}
