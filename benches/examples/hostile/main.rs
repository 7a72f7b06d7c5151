//! Good rovers beside peers that mean harm or know no better: what changes for the good ones, and what the service holds.
//!
//! A service on one core, its rovers and what troubles them on the other. Each trouble takes turns with calm, on a fresh service each time:
//!
//! `cargo run --release -p tianshu-benches --example hostile -- --good 2000 --seconds 30 --pairs 3`
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what it prints is its product")]

#[expect(dead_code, reason = "the campaign of rovers needs more of it")]
#[path = "../rover_campaign/folder.rs"]
mod folder;
mod peers;
mod report;
mod trouble;

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use crate::folder::Folder;
use crate::report::{Run, print};
use crate::trouble::Trouble;

const HELP: &str = "\
usage: hostile [--good 2000] [--seconds 30] [--pairs 3] [--feed-interval 0.1] [--only NAME,NAME] [--small]

Troubles: slow (2,000 rovers that stop reading), half-open (10,000 connections that never ask), storm (10,000 rovers within
10 s), long-lines (50 rovers with a position of 10 MB), guesses (1,000 wrong passwords per second). --small takes a tenth of each.";

/// A process must be there within this time.
const START_MAX: Duration = Duration::from_secs(20);
/// Troubles begin when the good rovers are in and the service rests again.
const CALM_FIRST: Duration = Duration::from_secs(6);

/// What is asked for.
struct Asked {
    good: u32,
    seconds: u32,
    pairs: u32,
    feed_interval_s: f64,
    troubles: Vec<Trouble>,
    share: u32,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let done = match words.first().map(String::as_str) {
        Some("--help") => {
            println!("{HELP}");
            Ok(())
        }
        Some("--play") => play(&words[1..]),
        _ => read(&words).and_then(|asked| run(&asked)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("hostile: {why:#}");
            ExitCode::FAILURE
        }
    }
}

fn read(words: &[String]) -> anyhow::Result<Asked> {
    let mut asked = Asked {
        good: 2_000,
        seconds: 30,
        pairs: 3,
        feed_interval_s: 0.1,
        troubles: Trouble::ALL.to_vec(),
        share: 1,
    };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} needs a value"));
        match word.as_str() {
            "--good" => asked.good = value()?.parse()?,
            "--seconds" => asked.seconds = value()?.parse()?,
            "--pairs" => asked.pairs = value()?.parse()?,
            "--feed-interval" => asked.feed_interval_s = value()?.parse()?,
            "--only" => {
                let names = value()?.split(',').map(Trouble::named);
                asked.troubles = names.collect::<anyhow::Result<_>>()?;
            }
            "--small" => asked.share = 10,
            other => bail!("{other} is not known\n{HELP}"),
        }
    }
    ensure!(asked.seconds >= 15, "--seconds: at least 15, since the good rovers come first");
    asked.good /= asked.share;
    Ok(asked)
}

/// The part that troubles, in a process of its own that gives way to the good rovers' generator: NAME ADDRESS SHARE SECONDS.
fn play(words: &[String]) -> anyhow::Result<()> {
    let [name, address, share, seconds] = words else { bail!("--play NAME ADDRESS SHARE SECONDS") };
    let until = Instant::now() + Duration::from_secs_f64(seconds.parse()?);
    let done = Trouble::named(name)?.play(address.parse()?, share.parse()?, until)?;
    println!("{done}");
    Ok(())
}

fn run(asked: &Asked) -> anyhow::Result<()> {
    let folder = Folder::new(None)?;
    let tianshu = folder::tianshu()?;
    let mut all = Vec::new();
    for trouble in &asked.troubles {
        let (mut calm, mut troubled) = (Vec::new(), Vec::new());
        for pair in 0..asked.pairs {
            eprintln!("{}: pair {} of {}", trouble.name(), pair + 1, asked.pairs);
            calm.push(once(asked, &tianshu, &folder, None)?);
            troubled.push(once(asked, &tianshu, &folder, Some(*trouble))?);
        }
        all.push((*trouble, calm, troubled));
    }
    print(asked.good, &all);
    let torn = all.iter().flat_map(|(_, _, troubled)| troubled).any(|run| run.torn > 0.0);
    ensure!(!torn, "a good rover received what belongs to no frame");
    Ok(())
}

/// One run on a fresh service.
fn once(
    asked: &Asked,
    tianshu: &Path,
    folder: &Folder,
    trouble: Option<Trouble>,
) -> anyhow::Result<Run> {
    let (caster, station) = (free_port()?, free_port()?);
    let config = folder.write("tianshu.toml", &configuration(caster, station))?;
    let mut serve = pinned("0", tianshu);
    serve.arg("serve").arg("--config").arg(&config).env("TIANSHU_LOG", "error");
    let service = Process(serve.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?);
    wait_for(caster)?;
    let mut load = pinned("1", tianshu);
    load.args(["load", "--caster", &caster.to_string(), "--feed", &station.to_string(), "--json"]);
    load.args(["--mount", "M", "--user", "rover", "--password", peers::PASSWORD]);
    load.args(["--rovers", &asked.good.to_string(), "--rate", "2000"]);
    load.args(["--feed-interval", &asked.feed_interval_s.to_string()]);
    load.args(["--seconds", &asked.seconds.to_string(), "--pid", &service.0.id().to_string()]);
    load.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let load = Process(load.spawn()?);
    let said = trouble.map(|trouble| {
        sleep(CALM_FIRST);
        let seconds = f64::from(asked.seconds) - CALM_FIRST.as_secs_f64() - 2.0;
        let mut play = Command::new("nice");
        play.args(["-n", "19", "taskset", "-c", "1"]).arg(std::env::current_exe()?);
        play.args(["--play", trouble.name(), &caster.to_string()]);
        play.args([asked.share.to_string(), seconds.to_string()]);
        let output = play.stdin(Stdio::null()).output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    });
    let said = said.transpose()?.unwrap_or_default();
    let report = load.output()?;
    let peak_kb = peak_kb(service.0.id())?;
    Run::of(&report, peak_kb, said)
}

/// A service with one station, open to whoever connects: bounds per address are not what is tried here, since those who mean harm
/// have many addresses.
fn configuration(caster: SocketAddr, station: SocketAddr) -> String {
    format!(
        "[caster]\nlisten = [\"{caster}\"]\nconnections_max = 20000\nconnections_per_address_max = 20000\n\
         [[station]]\nname = \"M\"\nlink = \"tcp\"\naddress = \"{station}\"\nretry_min_s = 0.5\nretry_max_s = 1.0\n\
         [[mountpoint]]\nname = \"M\"\nkind = \"station\"\nstation = \"M\"\n\
         [[mountpoint]]\nname = \"NEAR\"\nkind = \"nearest\"\n\
         [[user]]\nname = \"rover\"\npassword = \"{}\"\n",
        peers::PASSWORD
    )
}

/// A process that ends with this.
struct Process(Child);

impl Process {
    /// What it printed, when it has ended by itself.
    fn output(mut self) -> anyhow::Result<String> {
        let mut text = String::new();
        if let Some(mut out) = self.0.stdout.take() {
            std::io::Read::read_to_string(&mut out, &mut text)?;
        }
        self.0.wait()?;
        Ok(text)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn pinned(core: &str, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", core]).arg(program);
    command
}

/// The most that a process has held in memory.
fn peak_kb(pid: u32) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let words = line.and_then(|line| line.split_whitespace().next());
    Ok(words.context("the kernel does not tell what was held")?.parse()?)
}

fn free_port() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn wait_for(address: SocketAddr) -> anyhow::Result<()> {
    let until = Instant::now() + START_MAX;
    while TcpStream::connect(address).is_err() {
        ensure!(Instant::now() < until, "the service does not listen at {address}");
        sleep(Duration::from_millis(50));
    }
    Ok(())
}
