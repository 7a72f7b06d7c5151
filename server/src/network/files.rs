//! The observation files of a folder: what each is, who measured it, and when it begins.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, bail};
use tianshu_gnss::coords::{Ecef, GRS80};
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_rinex::observation::header::ObsHeader;
use tianshu_rinex::observation::reader::{NotObservations, ObsReader};
use tianshu_rinex::unpack::unpacked_stream;

use crate::network::progress::say;

/// An observation file whose beginning was looked at.
#[derive(Clone, Debug)]
pub(crate) struct ObservationFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its header.
    pub header: ObsHeader,
    /// Its first epoch's tag.
    pub first: GpsTime,
    /// The shortest step between its first epochs; none of a file with one epoch.
    pub step: Option<Interval>,
    /// Its size, bytes.
    pub bytes: u64,
}

/// Epochs that are looked at to learn a file's interval: a gap or two do not hide it.
const LOOKED_AT: usize = 20;
/// What is read from a file at a time.
const BUFFER_BYTES: usize = 128 << 10;

/// The observation files of a folder, in the order of their names. What is passed over is told on standard error.
pub(crate) fn of_folder(folder: &Path) -> anyhow::Result<Vec<ObservationFile>> {
    let cannot = || format!("cannot read the folder {}", folder.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(cannot)? {
        let path = entry.with_context(cannot)?.path();
        if path.is_file() && !name_of(&path).starts_with('.') {
            paths.push(path);
        }
    }
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        if is_no_station(&name_of(&path)) {
            say(&format!(
                "{}: passed over: ROV<n>.rnx and VRS_<n>.rnx are rovers and virtual stations",
                path.display()
            ));
            continue;
        }
        found.extend(looked_at(&path)?);
    }
    if found.is_empty() {
        bail!(
            "{} holds no observation file: --obs names the folder of the stations' RINEX files (.rnx, .crx, .21o, .21d; .gz too)",
            folder.display()
        );
    }
    Ok(found)
}

/// A file's name without its folder.
pub(crate) fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Files that `tianshu simulate` writes for rovers and this command for virtual stations.
fn is_no_station(name: &str) -> bool {
    let stem = name.strip_suffix(".gz").unwrap_or(name).strip_suffix(".rnx");
    let number = stem.and_then(|s| s.strip_prefix("ROV").or_else(|| s.strip_prefix("VRS_")));
    number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// An observation file; none of another kind, or without an epoch.
fn looked_at(path: &Path) -> anyhow::Result<Option<ObservationFile>> {
    let shown = path.display();
    let mut reader = match opened(path, &Rc::default())? {
        Ok(reader) => reader,
        Err(NotObservations::NotRinex) => {
            say(&format!("{shown}: passed over: it is no RINEX file"));
            return Ok(None);
        }
        Err(NotObservations::OtherKind(kind)) => {
            // Navigation files belong into such a folder; they are read where --nav names them.
            if !kind.contains("NAV") && !kind.starts_with('N') {
                say(&format!("{shown}: passed over: it holds {kind:?}, not observations"));
            }
            return Ok(None);
        }
        Err(NotObservations::Damaged(why)) => {
            bail!("{shown}: it is damaged or cut short ({why}): fetch it again")
        }
        Err(other) => return Err(other).with_context(|| shown.to_string()),
    };
    let tags: Vec<GpsTime> = reader.by_ref().take(LOOKED_AT).map(|read| read.epoch.time).collect();
    intact(path, &reader)?;
    let steps = tags.iter().zip(tags.iter().skip(1)).map(|(a, b)| *b - *a);
    let step = steps.filter(|step| *step > Interval::ZERO).min();
    let Some(first) = tags.first().copied() else {
        say(&format!("{shown}: passed over: it holds no epoch"));
        return Ok(None);
    };
    let bytes = std::fs::metadata(path).map_or(0, |about| about.len());
    let header = reader.header().clone();
    Ok(Some(ObservationFile { path: path.to_owned(), header, first, step, bytes }))
}

/// Opens an observation file to be read as its epochs are asked for; `count` grows by the bytes that are read.
pub(crate) fn opened(
    path: &Path,
    count: &Rc<Cell<u64>>,
) -> anyhow::Result<Result<ObsReader<'static>, NotObservations>> {
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("cannot read {shown}"))?;
    let counted = Counted { inner: file, count: Rc::clone(count) };
    let buffered = BufReader::with_capacity(BUFFER_BYTES, counted);
    let text = unpacked_stream(buffered).with_context(|| shown.to_string())?;
    Ok(ObsReader::of_stream(text))
}

/// Complains about a file whose end could not be read.
pub(crate) fn intact(path: &Path, reader: &ObsReader<'_>) -> anyhow::Result<()> {
    match reader.read_error() {
        Some(error) => {
            bail!("{}: it is damaged or cut short ({error}): fetch it again", path.display())
        }
        None => Ok(()),
    }
}

/// Where a header puts the antenna reference point, if its marker is there: the marker's place and the antenna's above it.
pub(crate) fn reference_point(header: &ObsHeader, marker: Ecef) -> Ecef {
    let up = header.antenna_delta.map(|delta| delta.to_ecef(marker.to_geodetic(GRS80)));
    up.map_or(marker, |delta| marker + delta)
}

/// A reader that counts.
struct Counted {
    inner: File,
    count: Rc<Cell<u64>>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.count.set(self.count.get() + u64::try_from(read).unwrap_or(0));
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rovers_and_virtual_stations_are_known_by_their_names() {
        for name in ["ROV1.rnx", "ROV12.rnx.gz", "VRS_3.rnx"] {
            assert!(is_no_station(name), "{name}");
        }
        for name in ["rovn0010.21d", "ROV.rnx", "ROV1A.rnx", "rov1.rnx", "ROV10010.21o", "VRS.rnx"]
        {
            assert!(!is_no_station(name), "{name}");
        }
    }
}
