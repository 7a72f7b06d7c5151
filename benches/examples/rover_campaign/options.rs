//! What is asked of the campaign.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, bail, ensure};

pub(crate) const HELP: &str = "\
usage: rover_campaign [--scenario quiet] [--stations 24] [--rovers 6] [--rovers-at middles|lot] [--seconds 1800] [--interval 1]
                      [--from 600] [--seed 1] [--systems GE,GEC] [--options plain,usual] [--restart SECONDS | --live SPEED [--crowd N]] [--folder DIR] [--json FILE]
       rover_campaign --network DIR --coordinates FILE [--antex FILE] [--systems G] [--options plain] [--folder DIR] [--json FILE]

In a simulated world RTKLIB's rnx2rtkp solves each rover on its virtual station, on its nearest base, and on a receiver 10 m
away. With --restart it begins anew every so many seconds, and so does our own rover. With --network every station of a folder
is left out in turn and solved on a virtual station at its place. With --live the stations play on TCP ports, `tianshu serve`
solves them, and rtkrcv is each rover, from --from on, all so many times as fast as real time; with --crowd
`tianshu load` asks for so many more virtual stations, and what it found is printed below. --folder keeps what was made and takes what it already holds.";

/// What is asked for.
pub(crate) struct Asked {
    pub(crate) mode: Mode,
    pub(crate) scenario: String,
    pub(crate) stations: usize,
    pub(crate) rovers: usize,
    pub(crate) rovers_at: String,
    pub(crate) seconds: u32,
    pub(crate) interval_s: u32,
    pub(crate) from_s: u32,
    pub(crate) seed: u64,
    /// RTKLIB's systems, a run for each entry.
    pub(crate) systems: Vec<String>,
    pub(crate) options: Vec<ArOptions>,
    /// Live: so many more rovers, whose solutions nobody judges.
    pub(crate) crowd: u32,
    pub(crate) folder: Option<PathBuf>,
    pub(crate) json: Option<PathBuf>,
}

/// What is run.
pub(crate) enum Mode {
    /// A simulated world from --from to its end.
    Simulated,
    /// The same in windows of so many seconds.
    Restart(u32),
    /// Live, so many times as fast as real time.
    Live(f64),
    /// A folder of real stations.
    Real(Network),
}

/// A real network.
pub(crate) struct Network {
    pub(crate) folder: PathBuf,
    pub(crate) coordinates: PathBuf,
    pub(crate) antex: Option<PathBuf>,
}

/// How cautiously RTKLIB lets satellites take part in ambiguity resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ArOptions {
    /// Every satellite at once, as `rnx2rtkp` does unless told otherwise.
    Plain,
    /// After 30 epochs and above 15°, as receivers in the field do.
    Usual,
}

impl ArOptions {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Usual => "usual",
        }
    }
}

/// Reads the command line; nothing if help is asked for.
pub(crate) fn read(words: &[String]) -> anyhow::Result<Option<Asked>> {
    let mut asked = Asked {
        mode: Mode::Simulated,
        scenario: "quiet".to_owned(),
        stations: 24,
        rovers: 6,
        rovers_at: "middles".to_owned(),
        seconds: 1_800,
        interval_s: 1,
        from_s: 600,
        seed: 1,
        systems: Vec::new(),
        options: Vec::new(),
        crowd: 0,
        folder: None,
        json: None,
    };
    let (mut network, mut coordinates, mut antex) = (None, None, None);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "--help" {
            return Ok(None);
        }
        let value = words.next().with_context(|| format!("{word} wants a value"))?;
        match word.as_str() {
            "--scenario" => asked.scenario.clone_from(value),
            "--stations" => asked.stations = number(word, value)?,
            "--rovers" => asked.rovers = number(word, value)?,
            "--rovers-at" => asked.rovers_at.clone_from(value),
            "--seconds" => asked.seconds = number(word, value)?,
            "--interval" => asked.interval_s = number(word, value)?,
            "--from" => asked.from_s = number(word, value)?,
            "--seed" => asked.seed = number(word, value)?,
            "--systems" => asked.systems = value.split(',').map(str::to_owned).collect(),
            "--options" => {
                asked.options = value.split(',').map(ar_options).collect::<Result<_, _>>()?;
            }
            "--restart" => asked.mode = Mode::Restart(number(word, value)?),
            "--network" => network = Some(PathBuf::from(value)),
            "--coordinates" => coordinates = Some(PathBuf::from(value)),
            "--antex" => {
                let whole = PathBuf::from(value).canonicalize();
                antex = Some(whole.with_context(|| format!("--antex {value} is not there"))?);
            }
            "--live" => asked.mode = Mode::Live(number(word, value)?),
            "--crowd" => asked.crowd = number(word, value)?,
            "--folder" => asked.folder = Some(PathBuf::from(value)),
            "--json" => asked.json = Some(PathBuf::from(value)),
            _ => bail!("{word} is no option"),
        }
    }
    if let Some(folder) = network {
        let coordinates = coordinates.context("--network wants --coordinates FILE: the truth")?;
        asked.mode = Mode::Real(Network { folder, coordinates, antex });
    }
    settle(&mut asked)?;
    Ok(Some(asked))
}

/// What depends on what else was said.
fn settle(asked: &mut Asked) -> anyhow::Result<()> {
    if asked.systems.is_empty() {
        let usual: &[&str] =
            if matches!(asked.mode, Mode::Real(_)) { &["G"] } else { &["GE", "GEC"] };
        asked.systems = usual.iter().map(|s| (*s).to_owned()).collect();
    }
    if asked.options.is_empty() {
        // Whoever begins anew every minute and waits half of it for satellites is not judged by the stations.
        asked.options = match asked.mode {
            Mode::Simulated => vec![ArOptions::Plain, ArOptions::Usual],
            Mode::Live(_) => vec![ArOptions::Usual],
            Mode::Restart(_) | Mode::Real(_) => vec![ArOptions::Plain],
        };
    }
    ensure!(asked.interval_s >= 1, "--interval is at least 1");
    let window_s = if let Mode::Restart(window_s) = asked.mode { window_s } else { 1 };
    ensure!(window_s >= 1, "--restart is at least 1");
    ensure!(asked.rovers >= 1, "--rovers is at least 1");
    ensure!(asked.from_s + window_s <= asked.seconds, "--seconds ends before anything is judged");
    Ok(())
}

fn number<T: FromStr>(word: &str, value: &str) -> anyhow::Result<T> {
    value.parse().ok().with_context(|| format!("{word} {value} is no number"))
}

fn ar_options(text: &str) -> anyhow::Result<ArOptions> {
    match text {
        "plain" => Ok(ArOptions::Plain),
        "usual" => Ok(ArOptions::Usual),
        _ => bail!("--options {text}: choose among plain, usual"),
    }
}
