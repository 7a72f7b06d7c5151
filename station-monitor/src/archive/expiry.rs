//! Removing files that were kept for long enough. A database does that itself (`TTL`).

use std::fs;
use std::io;
use std::path::Path;

use tianshu_gnss::time::gps::{GpsTime, Interval, NANOS_PER_DAY};

use crate::archive::clickhouse::schema::Retention;
use crate::archive::embedded::closing::CloseError;
use crate::archive::embedded::index::Index;
use crate::archive::record::Kind;
use crate::archive::span::Span;

/// Removes every file whose hour ended longer ago than it is to be kept; gives how many.
///
/// A file of figures holds all resolutions, and is removed when the one that is kept longest may go.
pub(super) fn expire(
    folder: &Path,
    index: &Index,
    retention: Retention,
    now: GpsTime,
) -> Result<u64, CloseError> {
    let figures = retention.minute_days.zip(retention.hour_days).map(|(one, other)| one.max(other));
    let kept = [
        (Kind::Epoch, retention.observation_days),
        (Kind::Frame, retention.observation_days),
        (Kind::Quality, figures),
    ];
    let mut removed = 0;
    for (kind, days) in kept {
        let Some(days) = days else { continue };
        let until = now - Interval::from_nanos(i64::from(days) * NANOS_PER_DAY);
        let span = Span { from: Span::ALWAYS.from, until };
        for file in index.files(kind, span, None)? {
            if file.hour.end() > until {
                continue;
            }
            let path = folder.join(&file.path);
            match fs::remove_file(&path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(CloseError::Disk { path, source });
                }
                _ => index.forget(&file)?,
            }
            removed += 1;
        }
    }
    Ok(removed)
}
