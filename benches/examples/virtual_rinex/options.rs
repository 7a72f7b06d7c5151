//! What is asked for.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, bail, ensure};

pub(crate) const HELP: &str = "\
usage: virtual_rinex [--scenario quiet] [--stations 24] [--solved 16] [--left-out 4] [--seed 1] [--seeds 2] [--seconds 3600]
                     [--warm-up 1800] [--window 1800] [--beside 100] [--between yes|no] [--systems GE,GEC] [--folder DIR]

Archives the innermost stations of the built-in network; leaves each of the innermost of those out in turn, and lets `rnx2rtkp`
solve it, static, on the virtual file, window by window. With --between yes no station is left out: receivers of their own stand in the
middles of the innermost triangles, as a surveyor's would. With --folder the archives stay there and are used again.";

/// The options.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Asked {
    pub(crate) scenario: String,
    pub(crate) stations: usize,
    /// How many stations the job takes.
    pub(crate) solved: usize,
    pub(crate) left_out: usize,
    pub(crate) seed: u64,
    pub(crate) seeds: u64,
    pub(crate) seconds: i64,
    pub(crate) warm_up_s: i64,
    pub(crate) window_s: i64,
    pub(crate) beside_m: f64,
    /// Whether places are the middles of triangles instead of stations.
    pub(crate) between: bool,
    pub(crate) systems: Vec<String>,
    pub(crate) folder: Option<PathBuf>,
}

/// Reads them; none if help was asked for.
pub(crate) fn read(words: &[String]) -> anyhow::Result<Option<Asked>> {
    let mut asked = Asked {
        scenario: "quiet".to_owned(),
        stations: 24,
        solved: 16,
        left_out: 4,
        seed: 1,
        seeds: 2,
        seconds: 3_600,
        warm_up_s: 1_800,
        window_s: 1_800,
        beside_m: 100.0,
        between: false,
        systems: vec!["GE".to_owned(), "GEC".to_owned()],
        folder: None,
    };
    let mut words = words.iter();
    while let Some(option) = words.next() {
        if option == "--help" {
            return Ok(None);
        }
        let value = words.next().with_context(|| format!("{option} needs a value"))?;
        match option.as_str() {
            "--scenario" => asked.scenario.clone_from(value),
            "--stations" => asked.stations = number(option, value)?,
            "--solved" => asked.solved = number(option, value)?,
            "--left-out" => asked.left_out = number(option, value)?,
            "--seed" => asked.seed = number(option, value)?,
            "--seeds" => asked.seeds = number(option, value)?,
            "--seconds" => asked.seconds = number(option, value)?,
            "--warm-up" => asked.warm_up_s = number(option, value)?,
            "--window" => asked.window_s = number(option, value)?,
            "--beside" => asked.beside_m = number(option, value)?,
            "--between" => asked.between = value == "yes",
            "--systems" => asked.systems = value.split(',').map(str::to_owned).collect(),
            "--folder" => asked.folder = Some(value.into()),
            _ => bail!("{option} is no option"),
        }
    }
    ensure!(asked.window_s > 0, "a window has a length");
    Ok(Some(asked))
}

fn number<T: FromStr>(option: &str, value: &str) -> anyhow::Result<T> {
    value.parse().ok().with_context(|| format!("{option} {value} is no number"))
}
