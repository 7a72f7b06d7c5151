//! Accounts as a table for a terminal, without anything of their passwords.

use std::fmt::Write as _;

use tianshu_caster::accounts::account::{Account, PosixSeconds};
use tianshu_caster::accounts::store::row::Row;
use tianshu_gnss::time::utc::Utc;

/// The headings.
const HEADINGS: [&str; 9] =
    ["name", "organisation", "role", "state", "until", "sessions", "mountpoints", "area", "note"];

/// One line for each account, under headings, in columns as wide as they need.
pub(crate) fn table(accounts: &[Account], now: PosixSeconds) -> String {
    let mut lines = vec![HEADINGS.map(str::to_owned)];
    lines.extend(accounts.iter().map(|account| line(account, now)));
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..HEADINGS.len()).map(width).collect();
    let mut text = String::new();
    for line in &lines {
        let mut row = String::new();
        for (cell, width) in line.iter().zip(&widths) {
            // A string takes all that is written to it.
            let _ = write!(row, "{cell:<width$}  ");
        }
        text += row.trim_end();
        text.push('\n');
    }
    text
}

fn line(account: &Account, now: PosixSeconds) -> [String; 9] {
    let row = Row::from(account);
    let state = if !account.enabled {
        "disabled"
    } else if account.validity.is_over(now) {
        "expired"
    } else if !account.validity.has_begun(now) {
        "not yet"
    } else {
        "enabled"
    };
    let sessions = account
        .sessions
        .map_or_else(|| "-".to_owned(), |limit| format!("{}, {}", limit.max, limit.when_full));
    let or_dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
    [
        row.name,
        or_dash(row.organisation),
        row.role,
        state.to_owned(),
        account.validity.until.map_or_else(|| "-".to_owned(), moment),
        sessions,
        row.mountpoints.unwrap_or_else(|| "all".to_owned()),
        row.area.unwrap_or_else(|| "everywhere".to_owned()),
        or_dash(row.note),
    ]
}

/// A moment to the second, as it is read again: `2026-04-20T00:00:00Z`.
pub(crate) fn moment(posix_s: PosixSeconds) -> String {
    let civil = Utc::from_posix(posix_s, 0).civil();
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        civil.year, civil.month, civil.day, civil.hour, civil.minute, civil.second
    )
}
