//! What is asked of the campaign.

const HELP: &str = "\
usage: network_campaign [--scenario NAME] [--stations N] [--spacing KM] [--seconds T] [--seed K] [--seeds COUNT] [--systems GEC] [--every S] [--noisy STATION] [--noise FACTOR] [--verbose]";

/// What is asked for.
pub(crate) struct Options {
    pub(crate) scenario: String,
    pub(crate) stations: usize,
    pub(crate) spacing_km: f64,
    pub(crate) seconds: i64,
    pub(crate) seed: u64,
    pub(crate) seeds: u64,
    pub(crate) every_s: i64,
    pub(crate) systems: String,
    /// The station whose errors are so many times as large.
    pub(crate) noisy: Option<usize>,
    pub(crate) noise: f64,
    pub(crate) verbose: bool,
}

pub(crate) fn options() -> Options {
    let mut o = Options {
        scenario: "quiet".to_owned(),
        stations: 24,
        spacing_km: 50.0,
        seconds: 1_800,
        seed: 1,
        seeds: 1,
        every_s: 1,
        systems: "GEC".to_owned(),
        noisy: None,
        noise: 3.0,
        verbose: false,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut next = || words.next().unwrap_or_default();
        match word.as_str() {
            "--scenario" => o.scenario = next(),
            "--stations" => o.stations = next().parse().expect("a number"),
            "--spacing" => o.spacing_km = next().parse().expect("kilometres"),
            "--seconds" => o.seconds = next().parse().expect("seconds"),
            "--seed" => o.seed = next().parse().expect("a number"),
            "--seeds" => o.seeds = next().parse().expect("a number"),
            "--every" => o.every_s = next().parse().expect("seconds"),
            "--systems" => o.systems = next(),
            "--noisy" => o.noisy = Some(next().parse().expect("a station's number")),
            "--noise" => o.noise = next().parse().expect("a factor"),
            "--verbose" => o.verbose = true,
            _ => {
                eprintln!("{HELP}");
                std::process::exit(2);
            }
        }
    }
    o
}
