//! Dates as HTTP writes them (RFC 9110, section 5.6.7).

use tianshu_gnss::time::utc::{Civil, Utc};

/// The days of a week, from Sunday.
const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
/// The months.
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// 1970-01-01 was a Thursday.
const FIRST_DAY: i64 = 4;

/// `Sun, 06 Nov 1994 08:49:37 GMT`, of POSIX seconds.
pub fn written(posix_s: i64) -> String {
    let c = Utc::from_posix(posix_s, 0).civil();
    let day = (posix_s.div_euclid(86_400) + FIRST_DAY).rem_euclid(7);
    let day = usize::try_from(day).ok().and_then(|day| DAYS.get(day)).copied().unwrap_or("");
    let month = MONTHS.get(usize::from(c.month).saturating_sub(1)).copied().unwrap_or("");
    format!(
        "{day}, {:02} {month} {:04} {:02}:{:02}:{:02} GMT",
        c.day, c.year, c.hour, c.minute, c.second
    )
}

/// The POSIX seconds of a date in the form that [`written`] gives, which is the only one that servers send.
pub fn read(text: &str) -> Option<i64> {
    let (_, date) = text.trim().strip_suffix(" GMT")?.split_once(", ")?;
    let words: Vec<&str> = date.split(' ').collect();
    let [day, month, year, time] = words[..] else { return None };
    let month = MONTHS.iter().position(|own| *own == month)?;
    let times: Option<Vec<u8>> = time.split(':').map(|part| part.parse().ok()).collect();
    let [hour, minute, second] = times?[..] else { return None };
    let civil = Civil {
        year: year.parse().ok().filter(|year| (1970..=9_999).contains(year))?,
        month: u8::try_from(month + 1).ok()?,
        day: day.parse().ok()?,
        hour,
        minute,
        second,
        nanos: 0,
    };
    Utc::from_civil(civil).map(Utc::posix_seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_standard() {
        // RFC 9110's own example.
        assert_eq!(written(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        for wrong in [
            "",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun, 31 Feb 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
