//! Judges virtual RINEX by RTKLIB: a simulated network is archived, a station is left out of it, and its own file is solved, static, on
//! the virtual file that the others make for a place beside it.
//!
//! `cargo run --release -p tianshu-benches --example virtual_rinex`; `--help` names the options.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what it prints is its product")]

#[path = "../../../server/src/archive/virtual_rinex/tests/archived.rs"]
mod archived;
#[expect(dead_code, reason = "the campaign of rovers needs more of it")]
#[path = "../rover_campaign/figures.rs"]
mod figures;
#[path = "../rover_campaign/folder.rs"]
mod folder;
mod judge;
mod options;
#[path = "../rover_campaign/solutions.rs"]
mod solutions;
mod stations;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use tianshu_gnss::coords::{Enu, GRS80};
use tianshu_gnss::time::gps::Interval;
use tianshu_gnss::time::utc::Civil;
use tianshu_simulator::network::{Network, NetworkStation};

use crate::archived::Archived;
use crate::figures::quantile;
use crate::folder::{Folder, tianshu};
use crate::judge::{Judged, judge};
use crate::options::Asked;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let asked = match options::read(&words) {
        Ok(Some(asked)) => asked,
        Ok(None) => {
            println!("{}", options::HELP);
            return ExitCode::SUCCESS;
        }
        Err(why) => {
            eprintln!("virtual_rinex: {why:#}\n{}", options::HELP);
            return ExitCode::from(2);
        }
    };
    match run(&asked) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("virtual_rinex: {why:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(asked: &Asked) -> anyhow::Result<()> {
    let folder = Folder::new(asked.folder.as_deref())?;
    let program = tianshu()?;
    let mut network = stations::built_in()?.central(asked.stations);
    let apart =
        if asked.between { stations::between(&network, asked.left_out) } else { Vec::new() };
    network.stations.extend(apart.iter().cloned());
    let mut all = Vec::new();
    println!(
        "{}, {} stations, 1 Hz, {} s after {} s of warm-up, virtual station {} m beside {}",
        asked.scenario,
        asked.stations,
        asked.seconds,
        asked.warm_up_s,
        asked.beside_m,
        if asked.between { "one in the middle of a triangle" } else { "one that is left out" }
    );
    println!("{}", Judged::HEADING);
    for seed in asked.seed..asked.seed + asked.seeds {
        let world = World {
            asked,
            folder: &folder,
            program: &program,
            network: &network,
            apart: &apart,
            seed,
        };
        world.run(&mut all)?;
    }
    let of = |value: fn(&Judged) -> f64| all.iter().map(value).collect::<Vec<f64>>();
    let (horizontal_mm, up_mm) = (of(|j| j.horizontal_mm), of(|j| j.up_mm));
    for share in [0.5, 0.95, 1.0] {
        let told = |values: &[f64]| quantile(values, share).unwrap_or(f64::NAN);
        println!(
            "{:3.0} % of {}: horizontally within {:.1} mm, upwards within {:.1} mm",
            100.0 * share,
            all.len(),
            told(&horizontal_mm),
            told(&up_mm)
        );
    }
    Ok(())
}

/// One seed.
struct World<'a> {
    asked: &'a Asked,
    folder: &'a Folder,
    program: &'a PathBuf,
    network: &'a Network,
    /// Stations that are none of the network's.
    apart: &'a [NetworkStation],
    seed: u64,
}

impl World<'_> {
    fn run(&self, all: &mut Vec<Judged>) -> anyhow::Result<()> {
        let asked = self.asked;
        let archived = Archived {
            scenario: &asked.scenario,
            seed: self.seed,
            network: self.network,
            seconds: asked.warm_up_s + asked.seconds,
            step_s: 1,
        };
        let kept = format!("kept-{}{}", self.seed, if asked.between { "-between" } else { "" });
        if !self.folder.holds(&kept) {
            archived.keep(&self.folder.path(&kept), None, |second| {
                if second % 600 == 0 {
                    eprintln!("seed {}: {second} s archived", self.seed);
                }
            })?;
        }
        let middle = self.network.central(1).stations[0].ecef();
        let inner = self.network.by_distance(middle).into_iter().take(asked.left_out);
        let inner: Vec<&NetworkStation> = if asked.between {
            self.apart.iter().collect()
        } else {
            inner.map(|n| &self.network.stations[n]).collect()
        };
        for station in inner {
            let mut left_out: Vec<_> = self.apart.iter().map(|s| s.name.clone()).collect();
            left_out.push(station.name.clone());
            self.folder.write("tianshu.toml", &archived.config(&kept, &left_out))?;
            self.one(&archived, station, all)?;
        }
        Ok(())
    }

    /// Leaves one station out.
    fn one(
        &self,
        archived: &Archived<'_>,
        station: &NetworkStation,
        all: &mut Vec<Judged>,
    ) -> anyhow::Result<()> {
        let asked = self.asked;
        let from = archived.start()? + Interval::from_seconds(asked.warm_up_s);
        let until = from + Interval::from_seconds(asked.seconds);
        let out = format!("virtual-{}-{}", self.seed, station.name);
        let half = asked.beside_m / 2.0_f64.sqrt();
        let beside = Enu { east_m: half, north_m: half, up_m: 0.0 }.to_ecef(station.place);
        let at = (station.ecef() + beside).to_geodetic(GRS80);
        let at = format!("{:.10},{:.10},{:.4}", at.latitude_deg(), at.longitude_deg(), at.height_m);
        let span = format!("--from {} --until {}", calendar(from), calendar(until));
        let begun = Instant::now();
        let told = self.tianshu(&format!(
            "archive virtual --at {at} {span} --warm-up {} --stations {} --out {out}",
            asked.warm_up_s as f64 / 60.0,
            asked.solved
        ))?;
        let took_s = begun.elapsed().as_secs_f64();
        eprintln!("{} in {took_s:.1} s: {}", station.name, told.lines().next().unwrap_or_default());
        let [rover, nav] = [format!("{out}/rover.rnx"), format!("{out}/nav_MN.rnx")];
        self.tianshu(&format!("archive export --station {} {span} --out {rover}", station.name))?;
        self.tianshu(&format!("archive export --out {nav}"))?;
        let window = Interval::from_seconds(asked.window_s);
        let mut begins = from;
        while begins + window <= until {
            for systems in &asked.systems {
                let files = [&rover, &out, &nav].map(|name| self.folder.path(name));
                let judged =
                    judge(self.folder, files, systems, (begins, begins + window), station)?;
                let judged = Judged { seed: self.seed, took_s, ..judged };
                println!("{judged}");
                all.push(judged);
            }
            begins += window;
        }
        Ok(())
    }

    fn tianshu(&self, line: &str) -> anyhow::Result<String> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        self.folder.run(self.program, &words)
    }
}

/// As the command line wants moments.
fn calendar(moment: tianshu_gnss::time::gps::GpsTime) -> String {
    let c = Civil::in_gps_time(moment);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        c.year, c.month, c.day, c.hour, c.minute, c.second
    )
}
