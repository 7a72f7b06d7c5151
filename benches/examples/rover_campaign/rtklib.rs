//! RTKLIB's `rnx2rtkp` as a rover.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use tianshu_gnss::coords::Ecef;
use tianshu_gnss::time::gps::GpsTime;

use crate::folder::Folder;
use crate::options::ArOptions;
use crate::solutions::{Solved, calendar, read};

const PROGRAM: &str = "rnx2rtkp";
/// The comment line of solutions that names the version.
const VERSION_LINE: &str = "% program   : ";
/// The numbers by which RTKLIB 2.4.3 adds up systems (`pos1-navsys`, manual 2.4.2 section 3.5; 32 for BeiDou since 2.4.3).
/// A small r is GLONASS with whole cycles (`pos2-gloarmode=on`), a large one GLONASS without.
const SYSTEMS: [(char, u32); 6] = [('G', 1), ('R', 4), ('r', 4), ('E', 8), ('J', 16), ('C', 32)];

/// Whether it is installed.
pub(crate) fn is_there() -> bool {
    let mut help = Command::new(PROGRAM);
    help.arg("-?").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    help.status().is_ok()
}

/// The settings of a run.
pub(crate) struct Settings<'a> {
    pub(crate) systems: &'a str,
    pub(crate) options: ArOptions,
    /// Antenna calibrations, where antennas have such.
    pub(crate) antex: Option<&'a Path>,
    pub(crate) base: Base,
}

/// Where the base's marker is.
pub(crate) enum Base {
    /// Where the header of its file says.
    Header,
    /// Where its stream says: 1005 or 1006.
    Told,
    /// There.
    At(Ecef),
}

/// What a run gave.
pub(crate) struct Run {
    pub(crate) solved: Vec<Solved>,
    pub(crate) version: Option<String>,
}

impl Settings<'_> {
    /// The text of the configuration: kinematic, forward, integers anew at every epoch but carried on, ratio 3, mask 10°.
    pub(crate) fn text(&self) -> anyhow::Result<String> {
        let mut systems = 0;
        for letter in self.systems.chars() {
            let found = SYSTEMS.iter().find(|(known, _)| *known == letter);
            systems |= found.with_context(|| format!("RTKLIB has no system {letter}"))?.1;
        }
        let glonass = if self.systems.contains('r') { "on" } else { "off" };
        let mut text = format!(
            "pos1-posmode=kinematic\npos1-soltype=forward\npos1-frequency=l1+2\npos1-navsys={systems}\npos1-elmask=10\n\
             pos1-ionoopt=off\npos1-tropopt=saas\npos2-armode=continuous\npos2-gloarmode={glonass}\npos2-arthres=3\n\
             out-solformat=llh\nout-degform=deg\nout-timesys=gpst\nout-timeform=hms\n"
        );
        match self.base {
            Base::At(base) => {
                let [x, y, z] = base.xyz();
                let _ = write!(
                    text,
                    "ant2-postype=xyz\nant2-pos1={x:.4}\nant2-pos2={y:.4}\nant2-pos3={z:.4}\n"
                );
            }
            Base::Header => text.push_str("ant2-postype=rinexhead\n"),
            Base::Told => text.push_str("ant2-postype=rtcm\n"),
        }
        if let Some(antex) = self.antex {
            // The height of the antenna over the marker comes from the headers with its name.
            let file = antex.display();
            let _ = write!(
                text,
                "file-rcvantfile={file}\nant1-anttype=*\nant2-anttype=*\npos1-posopt2=on\n"
            );
        }
        if self.options == ArOptions::Usual {
            text.push_str("pos2-arlockcnt=30\npos2-arelmask=15\n");
        }
        Ok(text)
    }

    /// Solves a rover on a base, from a moment on.
    pub(crate) fn solve(
        &self,
        folder: &Folder,
        [rover, base, nav]: [&Path; 3],
        from: GpsTime,
        truth: Ecef,
    ) -> anyhow::Result<Run> {
        let settings = folder.write("rtklib.conf", &self.text()?)?;
        let out = folder.path("rtklib.pos");
        // What an earlier run left is none of this one's.
        let _ = std::fs::remove_file(&out);
        let [date, clock] = calendar(from);
        let shown = |path: &Path| path.display().to_string();
        let mut words = vec!["-k".to_owned(), shown(&settings), "-ts".to_owned(), date, clock];
        words.extend(["-o".to_owned(), shown(&out)]);
        words.extend([rover, base, nav].map(shown));
        folder.run(Path::new(PROGRAM), &words)?;
        // Where nothing was solved, there is no file.
        let text = std::fs::read_to_string(&out).unwrap_or_default();
        let version = text.lines().find_map(|line| line.strip_prefix(VERSION_LINE));
        let version = version.map(str::to_owned);
        ensure!(text.is_empty() || version.is_some(), "{} is none of RTKLIB's", out.display());
        Ok(Run { solved: read(&text, truth)?, version })
    }
}
