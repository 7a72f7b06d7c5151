//! What is asked of the measurement.

const HELP: &str = "\
usage: network_cost [--stations N,N,...] [--spacing KM] [--seconds T] [--cold T] [--fixed T] [--seed K] [--scenario NAME] [--systems GEC]

A network is solved each second until --cold, every five until --fixed, and each until --seconds. Epochs of the first part count as cold,
those of the last one as fixed.";

/// What is asked for.
pub(crate) struct Options {
    pub(crate) stations: Vec<usize>,
    pub(crate) spacing_km: f64,
    pub(crate) seconds: i64,
    pub(crate) cold_s: i64,
    pub(crate) fixed_s: i64,
    pub(crate) seed: u64,
    pub(crate) scenario: String,
    pub(crate) systems: String,
}

pub(crate) fn options() -> Options {
    let mut o = Options {
        stations: vec![20, 50, 110, 150, 300],
        spacing_km: 50.0,
        seconds: 1_700,
        cold_s: 300,
        fixed_s: 1_500,
        seed: 7,
        scenario: "quiet".to_owned(),
        systems: "GEC".to_owned(),
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut next = || words.next().unwrap_or_default();
        match word.as_str() {
            "--stations" => {
                o.stations = next().split(',').map(|n| n.parse().expect("numbers")).collect();
            }
            "--spacing" => o.spacing_km = next().parse().expect("kilometres"),
            "--seconds" => o.seconds = next().parse().expect("seconds"),
            "--cold" => o.cold_s = next().parse().expect("seconds"),
            "--fixed" => o.fixed_s = next().parse().expect("seconds"),
            "--seed" => o.seed = next().parse().expect("a number"),
            "--scenario" => o.scenario = next(),
            "--systems" => o.systems = next(),
            _ => {
                eprintln!("{HELP}");
                std::process::exit(2);
            }
        }
    }
    o
}
