//! What the spool still has that is in no file yet, so that an answer reaches up to now.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use tianshu_gnss::station::StationName;

use crate::archive::embedded::index::{Index, IndexError};
use crate::archive::record::{Kind, Record, about};
use crate::archive::span::{Hour, Span};
use crate::archive::spool::segment::{Next, SegmentReader};
use crate::archive::spool::{identity_of, may_hold, segments_in};
use crate::archive::store::ReadError;

/// How often an answer is begun anew because an hour was closed meanwhile.
const TRIES_MAX: u32 = 5;

/// Records by hour, those that came first first.
pub(super) type Pending = BTreeMap<Hour, Vec<Record>>;

/// The records of a kind that are in no file, of one station or of all; and what `then` reads of the index at the same state.
pub(super) fn pending<T>(
    spool: &Path,
    index: Option<&Index>,
    wanted: (Kind, Span, Option<&StationName>),
    then: impl Fn(&Index) -> Result<T, IndexError>,
) -> Result<(Pending, Option<T>), ReadError> {
    let identity = identity_of(spool).unwrap_or_default();
    let closed = |hour| match index {
        Some(index) => index.closed(&identity, (wanted.0, hour)),
        None => Ok(0),
    };
    for _ in 0..TRIES_MAX {
        let mut seen = BTreeMap::new();
        let Some(records) = read(spool, wanted, &mut seen, &closed)? else { continue };
        let told = index.map(&then).transpose()?;
        let mut is_same = true;
        for (hour, through) in &seen {
            is_same = is_same && closed(*hour)? == *through;
        }
        if is_same {
            return Ok((records, told));
        }
    }
    Err(ReadError::Changing)
}

/// Reads the spool; none if a segment went away meanwhile.
fn read(
    spool: &Path,
    (kind, span, station): (Kind, Span, Option<&StationName>),
    seen: &mut BTreeMap<Hour, u64>,
    closed: &impl Fn(Hour) -> Result<u64, IndexError>,
) -> Result<Option<Pending>, ReadError> {
    let mut records = Pending::new();
    let Some((first, last)) = span.hours() else { return Ok(Some(records)) };
    let fault = |path: &Path, source| ReadError::File { path: path.to_owned(), source };
    for (number, path) in segments_in(spool).map_err(|source| fault(spool, source))? {
        if !may_hold(&path, kind, first..=last) {
            continue;
        }
        let mut reader = match SegmentReader::open(&path) {
            // Sealed, or stored and removed, since it was listed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(|source| fault(&path, source))?,
        };
        loop {
            let body = match reader.next().map_err(|source| fault(&path, source))? {
                Next::Record(_, body) => body,
                Next::Damaged => continue,
                Next::End { .. } => break,
            };
            let Some(told) = about(body) else { continue };
            if told.kind != kind
                || !(first..=last).contains(&told.hour)
                || station.is_some_and(|wanted| *wanted != told.station)
            {
                continue;
            }
            let through = match seen.get(&told.hour) {
                Some(through) => *through,
                None => closed(told.hour)?,
            };
            seen.insert(told.hour, through);
            if number > through {
                records.entry(told.hour).or_default().extend(Record::read(body));
            }
        }
    }
    Ok(Some(records))
}
