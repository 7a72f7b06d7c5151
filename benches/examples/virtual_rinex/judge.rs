//! RTKLIB's static solution of a window.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use tianshu_gnss::time::gps::GpsTime;
use tianshu_simulator::network::NetworkStation;

use crate::folder::Folder;
use crate::solutions::{calendar, read};

/// What came out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Judged {
    pub(crate) seed: u64,
    pub(crate) station: String,
    pub(crate) begins: String,
    pub(crate) systems: String,
    pub(crate) is_fixed: bool,
    pub(crate) horizontal_mm: f64,
    pub(crate) up_mm: f64,
    /// How long the virtual file took, s.
    pub(crate) took_s: f64,
}

impl Judged {
    pub(crate) const HEADING: &str =
        "seed  station         window begins        systems  fix     H mm     U mm   job s";
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, station, begins, systems, horizontal_mm, up_mm, took_s, .. } = self;
        let fix = if self.is_fixed { "yes" } else { "no" };
        write!(
            f,
            "{seed:<5} {station:<15} {begins:<20} {systems:<8} {fix:<4} {horizontal_mm:>7.1}  {up_mm:>7.1}  {took_s:>6.1}"
        )
    }
}

/// The last solution of the window, static and forward, mask 10°, with `rnx2rtkp`'s usual care: a satellite counts for integers after half a
/// minute and above 15°.
pub(crate) fn judge(
    folder: &Folder,
    [rover, out, nav]: [PathBuf; 3],
    systems: &str,
    (from, until): (GpsTime, GpsTime),
    station: &NetworkStation,
) -> anyhow::Result<Judged> {
    // The numbers by which RTKLIB 2.4.3 adds up systems (`pos1-navsys`).
    let number = |letter| match letter {
        'G' => Some(1),
        'E' => Some(8),
        'C' => Some(32),
        _ => None,
    };
    let mut sum = 0;
    for letter in systems.chars() {
        sum += number(letter).with_context(|| format!("no system {letter} here"))?;
    }
    let settings = format!(
        "pos1-posmode=static\npos1-soltype=forward\npos1-frequency=l1+2\npos1-navsys={sum}\npos1-elmask=10\n\
         pos1-ionoopt=off\npos1-tropopt=saas\npos2-armode=continuous\npos2-arthres=3\npos2-arlockcnt=30\npos2-arelmask=15\n\
         ant2-postype=rinexhead\nout-solformat=llh\nout-degform=deg\nout-timesys=gpst\nout-timeform=hms\n"
    );
    folder.write("static.conf", &settings)?;
    let made = std::fs::read_dir(&out)?.filter_map(|entry| Some(entry.ok()?.path()));
    let is_virtual = |path: &PathBuf| path.to_string_lossy().ends_with("_MO.rnx");
    let base = made.into_iter().find(is_virtual).context("a virtual file")?;
    let shown = |path: &Path| path.display().to_string();
    let [[date, clock], [end_date, end_clock]] = [calendar(from), calendar(until)];
    let mut words = vec!["-k".to_owned(), "static.conf".to_owned()];
    words.extend(["-ts".to_owned(), date, clock.clone(), "-te".to_owned(), end_date, end_clock]);
    words.extend([shown(&rover), shown(&base), shown(&nav)]);
    let text = folder.run(Path::new("rnx2rtkp"), &words)?;
    let solved = read(&text, station.ecef())?;
    ensure!(!solved.is_empty(), "rnx2rtkp solved nothing");
    let last = solved.last().context("a solution")?;
    Ok(Judged {
        seed: 0,
        station: station.name.to_string(),
        begins: clock,
        systems: systems.to_owned(),
        is_fixed: last.is_fixed,
        horizontal_mm: 1e3 * last.horizontal_m,
        up_mm: 1e3 * last.up_m,
        took_s: 0.0,
    })
}
