//! The world: `tianshu simulate` live, where each of its stations and rovers is heard, and the configuration of the service.

use std::fmt::Write;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use tianshu_gnss::coords::{Ecef, GRS80, Geodetic};
use toml::de::{DeTable, DeValue};

use crate::options::Asked;

/// The crowd stands within this part of the network's radius.
const CROWD_RADIUS: f64 = 0.7;
/// So many of it connect per second.
const CROWD_PER_S: u32 = 500;
/// From so many addresses: casters bound connections per address.
const CROWD_SOURCES: u32 = 4;

/// Where somebody of the world is heard.
pub(crate) struct Heard {
    pub(crate) name: String,
    pub(crate) address: SocketAddr,
}

/// The world, which ends with this.
pub(crate) struct LiveWorld {
    program: Child,
    begun: Instant,
    speed: f64,
    pub(crate) stations: Vec<Heard>,
    /// The rovers, and after them their companions.
    pub(crate) rovers: Vec<Heard>,
    places: Vec<(String, Geodetic)>,
}

impl LiveWorld {
    /// Starts it, and waits until it has said where everybody is heard.
    pub(crate) fn start(tianshu: &Path, asked: &Asked, speed: f64) -> anyhow::Result<Self> {
        let places = places()?;
        let line = format!(
            "simulate --scenario {} --stations {} --rovers {} --rovers-at {} --companions --interval {} --seed {} --speed {speed} --tcp-base 127.0.0.1:0",
            asked.scenario,
            asked.stations,
            asked.rovers,
            asked.rovers_at,
            asked.interval_s,
            asked.seed
        );
        let mut program = Command::new(tianshu)
            .args(line.split(' '))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("the world could not be started")?;
        let out = BufReader::new(program.stdout.take().context("it has no output")?);
        let mut world = Self {
            program,
            begun: Instant::now(),
            speed,
            stations: Vec::new(),
            rovers: Vec::new(),
            places,
        };
        let all = asked.stations + 2 * asked.rovers;
        for line in out.lines().take(all) {
            let line = line?;
            let words: Vec<&str> = line.split(' ').collect();
            let [kind, name, "at", address] = words[..] else { continue };
            let heard = Heard { name: name.to_owned(), address: address.parse()? };
            if kind == "station" { world.stations.push(heard) } else { world.rovers.push(heard) }
        }
        ensure!(
            world.stations.len() == asked.stations && world.rovers.len() == 2 * asked.rovers,
            "the world did not say where its stations and rovers are heard"
        );
        Ok(world)
    }

    /// A configuration that solves all of its stations as one network.
    pub(crate) fn configuration(&self, caster: SocketAddr) -> anyhow::Result<String> {
        let mut text = format!(
            "[caster]\nlisten = [\"{caster}\"]\nconnections_max = 19000\nconnections_per_address_max = 8000\n[network]\nsolve = true\n\
             [[mountpoint]]\nname = \"VRS\"\nkind = \"vrs\"\nneeds_account = false\n"
        );
        for station in &self.stations {
            let place = self.place(&station.name)?;
            let [north, east] = [place.latitude_deg(), place.longitude_deg()];
            let (name, address, height) = (&station.name, station.address, place.height_m);
            writeln!(
                text,
                "[[station]]\nname = \"{name}\"\nlink = \"tcp\"\naddress = \"{address}\"\nposition = [{north}, {east}, {height}]"
            )?;
        }
        Ok(text)
    }

    /// The words with which `tianshu load` asks for so many virtual stations, all among the stations.
    pub(crate) fn crowd(
        &self,
        caster: SocketAddr,
        rovers: u32,
        seconds: f64,
        of: u32,
    ) -> Vec<String> {
        let places: Vec<Geodetic> =
            self.stations.iter().filter_map(|station| self.place(&station.name).ok()).collect();
        let mean = |of: fn(Geodetic) -> f64| {
            places.iter().copied().map(of).sum::<f64>() / places.len().max(1) as f64
        };
        let middle = Geodetic::from_degrees(
            mean(Geodetic::latitude_deg),
            mean(Geodetic::longitude_deg),
            mean(|place| place.height_m),
        );
        let km = |place: &Geodetic| (place.to_ecef(GRS80) - middle.to_ecef(GRS80)).norm_m() / 1e3;
        let radius_km = CROWD_RADIUS * places.iter().map(km).fold(0.0, f64::max);
        let line = format!(
            "load --caster {caster} --mount VRS --rovers {rovers} --rate {CROWD_PER_S} --seconds {seconds:.0} --sources {CROWD_SOURCES} --place {},{},{} --radius-km {radius_km:.0} --pid {of}",
            middle.latitude_deg(),
            middle.longitude_deg(),
            middle.height_m
        );
        line.split(' ').map(str::to_owned).collect()
    }

    fn place(&self, name: &str) -> anyhow::Result<Geodetic> {
        let found = self.places.iter().find(|(known, _)| known == name);
        Ok(found.with_context(|| format!("{name} is nowhere"))?.1)
    }

    /// The nearest station, and how far it is, km.
    pub(crate) fn nearest(&self, place: Ecef) -> Option<(&Heard, f64)> {
        let km = |station: &Heard| {
            let at = self.place(&station.name).ok()?.to_ecef(GRS80);
            Some((at - place).norm_m() / 1e3)
        };
        let all = self.stations.iter().filter_map(|s| Some((s, km(s)?)));
        all.min_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// Sleeps until so many seconds of the world have passed.
    pub(crate) fn wait_until(&self, second: f64, progress_every: Duration) {
        let due = self.begun + Duration::from_secs_f64(second.max(0.0) / self.speed);
        while let Some(left) = due.checked_duration_since(Instant::now()).filter(|l| !l.is_zero()) {
            sleep(left.min(progress_every));
            let passed_s = self.begun.elapsed().as_secs_f64() * self.speed;
            eprintln!("{passed_s:.0} s of the world have passed, waiting for {second:.0} s");
        }
    }
}

impl Drop for LiveWorld {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// Where the stations of the network that is built in stand.
fn places() -> anyhow::Result<Vec<(String, Geodetic)>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/guangxi.toml");
    let text = std::fs::read_to_string(&path)?;
    let table = DeTable::parse(&text)?.into_inner();
    let stations = table.get("station").and_then(|list| list.get_ref().as_array());
    let stations = stations.context("the network has no stations")?;
    let place = |station: &DeTable<'_>| {
        let number = |key: &str| match station.get(key)?.get_ref() {
            DeValue::Float(float) => float.as_str().parse().ok(),
            DeValue::Integer(integer) => integer.as_str().parse().ok(),
            _ => None,
        };
        let name = station.get("name")?.get_ref().as_str()?.to_owned();
        let [north, east] = [number("latitude_deg")?, number("longitude_deg")?];
        Some((name, Geodetic::from_degrees(north, east, number("height_m")?)))
    };
    let tables = stations.iter().map(|station| station.get_ref().as_table());
    tables.map(|table| table.and_then(place).context("a station without a place")).collect()
}
