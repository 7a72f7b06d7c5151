//! What the demonstration shows on standard output.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use tianshu_simulator::network::{Network, NetworkStation};

use crate::demo::page::{ACCOUNTS, PASSWORD};

/// Between two lines of a rover.
pub(crate) const EVERY: Duration = Duration::from_secs(10);

/// The mountpoint that finds the nearest station.
pub(crate) const NEAREST: &str = "NEAREST";

/// The mountpoint of virtual stations.
pub(crate) const VRS: &str = "VRS";

/// What a viewer has to know at the beginning.
pub(crate) struct Scene<'a> {
    /// The scenario's name.
    pub scenario: &'a str,
    /// The network.
    pub network: &'a Network,
    /// How many rovers.
    pub rovers: usize,
    /// The caster.
    pub caster: SocketAddr,
    /// The operators' page.
    pub page: Option<SocketAddr>,
}

/// One line.
pub(crate) fn line(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// The beginning: addresses, a line to paste, and what to look at.
pub(crate) fn scene(scene: &Scene<'_>) -> io::Result<()> {
    let Scene { scenario, network, rovers, caster, page } = scene;
    let stations = network.stations.len();
    let example = network.stations.first().map_or(NEAREST, |station| station.name.as_str());
    let (north, east) = middle_deg(network);
    let seconds = EVERY.as_secs();
    let judged = if *rovers == 0 {
        String::new()
    } else {
        format!(
            "\n{rovers} simulated rovers connect to {VRS}, compute their own positions by RTK, and show every {seconds} s\n\
             how far from the truth they come. They begin with the nearest base, \"float\" at its 20 km or so. Look for the\n\
             change to \"virtual\", a few minutes later when the network is solved, and then for \"fixed\" with centimetres.\n"
        )
    };
    let page = page.map_or_else(String::new, |page| {
        let names: Vec<_> = ACCOUNTS.iter().map(|(name, _)| *name).collect();
        format!(
            "The operators' page: http://{page}/   (log in as {}; the password of each is {PASSWORD})\n",
            names.join(", ")
        )
    });
    line(&format!(
        "Tianshu demo: {stations} simulated stations, scenario \"{scenario}\"; every position is invented.\n\
         \n\
         {page}\
         listening {caster}\n  \
           sourcetable      http://{caster}/\n  \
           virtual station  ntrip://{caster}/{VRS}   (send GGA; no account is needed)\n  \
           nearest station  ntrip://{caster}/{NEAREST}   (send GGA too)\n  \
           one station      ntrip://{caster}/{example}   (or any other name of the sourcetable)\n\
         \n\
         Connect a rover with RTKLIB, from another terminal (-p is where it says it is, -n how often, ms):\n  \
           str2str -in ntrip://{caster}/{VRS} -p {north:.3} {east:.3} 100 -n 5000 -out rover.rtcm3\n\
         and read what it got (a virtual station's 1006 tells just that place, and non_physical_station=true):\n  \
           tianshu decode rover.rtcm3\n\
         {judged}\n\
         Ctrl-C stops everything.\n"
    ))
}

/// The middle of the network, degrees north and east.
pub(crate) fn middle_deg(network: &Network) -> (f64, f64) {
    let count = network.stations.len().max(1) as f64;
    let mean =
        |of: fn(&NetworkStation) -> f64| network.stations.iter().map(of).sum::<f64>() / count;
    (mean(|s| s.place.latitude_deg()), mean(|s| s.place.longitude_deg()))
}
