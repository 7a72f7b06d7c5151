//! What the archive has of a station, day by day and hour by hour, and the files that were made of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::{GpsTime, Interval, NANOS_PER_DAY};
use tianshu_gnss::time::utc::{Civil, Utc};
use tianshu_station_monitor::archive::span::Span;
use tianshu_station_monitor::archive::store::Holding;
use tianshu_station_monitor::products::identity::NineId;
use tianshu_station_monitor::products::kind::Kind;
use utoipa::{IntoParams, ToSchema};

use crate::files::source::store_of;
use crate::web::answers::list::{Usual, rounded};
use crate::web::error::{ApiError, ErrorCode, Problem};
use crate::web::extract::Asked;
use crate::web::facts::Facts;
use crate::web::rights::Right;
use crate::web::who::Visitor;

/// The most days of an answer.
const DAYS_MAX: i64 = 366;
/// Epochs of an hour at 1 Hz: a share is against these, unless the station measures less often.
const EPOCHS_PER_HOUR: f64 = 3_600.0;

/// Of which station, and when.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CalendarQuery {
    /// The station's name.
    #[param(example = "NANNING")]
    station: String,
    /// The first day, `YYYY-MM-DD`, of GPS time.
    #[param(example = "2026-11-01")]
    from: String,
    /// The last day, included.
    #[param(example = "2026-11-30")]
    until: String,
}

/// A calendar.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Calendar {
    station: String,
    days: Vec<CalendarDay>,
}

/// A day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CalendarDay {
    /// `YYYY-MM-DD`, of GPS time.
    date: String,
    day_of_year: u16,
    /// The share of the hour's epochs that are kept, hour by hour; `null` where there are none.
    hours: Vec<Option<f64>>,
    /// Files that were made of it.
    files: Vec<DayFile>,
}

/// A file.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DayFile {
    name: String,
    /// Where it is downloaded, from this port.
    path: String,
    bytes: u64,
    /// `hourly-observations` or `daily-observations`.
    kind: &'static str,
}

/// What the archive has of a station. Needs the right `archive`.
#[utoipa::path(get, path = "/api/v1/archive/calendar", tag = "archive", params(CalendarQuery),
    responses((status = 200, description = "Day by day", body = Calendar), Usual,
        (status = 413, description = "Too many days", body = Problem),
        (status = 503, description = "The archive does not answer now", body = Problem)))]
pub(crate) async fn calendar(
    State(facts): State<Arc<Facts>>,
    Asked(asked): Asked<CalendarQuery>,
    visitor: Visitor,
) -> Result<Json<Calendar>, ApiError> {
    visitor.needs(Right::Archive)?;
    let Some((_, archive)) = &facts.of.archive else {
        return Err(ApiError::unavailable("nothing is archived: give [archive] a folder"));
    };
    let station: StationName =
        asked.station.parse().map_err(|error| ApiError::bad(format!("{error}")))?;
    let (first, days) = span(&asked)?;
    let length = Interval::from_nanos(days * NANOS_PER_DAY);
    let asked_for = Span { from: first, until: first + length };
    let (archive, root) = (archive.clone(), facts.of.files.clone());
    let id = facts.offered().record(&station).map(|record| record.id);
    let name = station.clone();
    let read = tokio::task::spawn_blocking(move || {
        let holdings = store_of(&archive).and_then(|store| store.holdings(asked_for))?;
        let own = holdings.into_iter().filter(|holding| holding.station == name);
        Ok(calendar_of(own, first, days, root.as_deref().zip(id)))
    });
    let read = read.await.map_err(|error| ApiError::internal(&error))?;
    let days = read.map_err(|error: tianshu_station_monitor::archive::store::ReadError| {
        tracing::warn!("the archive was not read for a calendar: {error}");
        ApiError::busy("the archive does not answer now; the service's log tells why")
    })?;
    Ok(Json(Calendar { station: asked.station, days }))
}

/// The first day, and how many.
fn span(asked: &CalendarQuery) -> Result<(GpsTime, i64), ApiError> {
    let day = |text: &str| {
        let read = text.parse::<Utc>().ok().filter(|_| text.len() == "YYYY-MM-DD".len());
        let at = read.and_then(|utc| utc.civil().gps_time());
        at.ok_or_else(|| ApiError::bad(format!("{text:?} is no day: write it as 2026-04-20")))
    };
    let (first, last) = (day(&asked.from)?, day(&asked.until)?);
    let days = (last - first).nanos() / NANOS_PER_DAY + 1;
    if days < 1 {
        return Err(ApiError::bad("`from` is not after `until`"));
    }
    if days > DAYS_MAX {
        let text = format!("at most {DAYS_MAX} days are told at once");
        return Err(ApiError::new(ErrorCode::TooLarge, text));
    }
    Ok((first, days))
}

fn calendar_of(
    holdings: impl Iterator<Item = Holding>,
    first: GpsTime,
    days: i64,
    files: Option<(&Path, NineId)>,
) -> Vec<CalendarDay> {
    let mut kept: BTreeMap<i64, f64> = BTreeMap::new();
    for holding in holdings {
        *kept.entry(holding.hour.number()).or_insert(0.0) += holding.epochs as f64;
    }
    let hour_of = |at: GpsTime| tianshu_station_monitor::archive::span::Hour::of(at).number();
    (0..days)
        .map(|day| {
            let begin = first + Interval::from_nanos(day * NANOS_PER_DAY);
            let share = |hour: i64| {
                let epochs = kept.get(&(hour_of(begin) + hour)).copied()?;
                Some(rounded((epochs / EPOCHS_PER_HOUR).min(1.0)))
            };
            let civil = Civil::in_gps_time(begin);
            CalendarDay {
                date: format!("{:04}-{:02}-{:02}", civil.year, civil.month, civil.day),
                day_of_year: day_of_year(begin),
                hours: (0..24).map(share).collect(),
                files: files.map(|(root, id)| files_of(root, id, begin)).unwrap_or_default(),
            }
        })
        .collect()
}

/// The day's number in its year, of GPS time.
fn day_of_year(begin: GpsTime) -> u16 {
    tianshu_station_monitor::archive::span::Hour::of(begin).year_day_hour().1
}

/// The files of a station and a day that are there.
fn files_of(root: &Path, id: NineId, begin: GpsTime) -> Vec<DayFile> {
    let hourly =
        (0..24).map(|hour| (Kind::HourlyObservations, Interval::from_seconds(3_600 * hour)));
    let daily = std::iter::once((Kind::DailyObservations, Interval::ZERO));
    let all = daily.chain(hourly).filter_map(|(kind, after)| {
        let start = begin + after;
        let (folder, name) = (kind.folder(start), kind.name(id, start));
        let place: PathBuf = root.join(&folder).join(&name);
        let bytes = std::fs::metadata(place).ok().filter(std::fs::Metadata::is_file)?.len();
        let path = format!("/files/{folder}/{name}");
        Some(DayFile { name, path, bytes, kind: kind.word() })
    });
    all.collect()
}

#[cfg(test)]
mod tests {
    use tianshu_station_monitor::archive::span::Hour;

    use super::*;

    fn query(from: &str, until: &str) -> CalendarQuery {
        let (from, until) = (from.to_owned(), until.to_owned());
        CalendarQuery { station: "NANNING".to_owned(), from, until }
    }

    #[test]
    fn days_are_counted_with_their_ends() {
        let (first, days) = span(&query("2026-11-27", "2026-11-30")).expect("a span");
        assert_eq!((Civil::in_gps_time(first).day, days), (27, 4));
        assert!(span(&query("2026-11-27", "2026-11-26")).is_err());
        assert!(span(&query("2024-01-01", "2026-11-26")).is_err());
        assert!(span(&query("2026-11-27T00:00:00Z", "2026-11-28")).is_err());
    }

    #[test]
    fn an_hour_tells_how_much_of_it_is_kept() {
        let (first, days) = span(&query("2026-11-27", "2026-11-28")).expect("a span");
        let hour = Hour::from_number(Hour::of(first).number() + 25);
        let station = "NANNING".parse().expect("a name");
        let holding = Holding { station, hour, rows: 90_000, epochs: 900 };
        let told = calendar_of(std::iter::once(holding), first, days, None);
        assert_eq!(
            (told.len(), told[1].date.as_str(), told[1].day_of_year),
            (2, "2026-11-28", 332)
        );
        assert_eq!(told[1].hours[1], Some(0.25));
        assert_eq!(
            told[1].hours.iter().flatten().count() + told[0].hours.iter().flatten().count(),
            1
        );
    }
}
