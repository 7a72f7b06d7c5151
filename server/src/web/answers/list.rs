//! Lists in pages: a limit, a cursor that only we read, and the documented errors that every answer shares.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, IntoResponses, ToSchema};

use crate::web::error::{ApiError, Problem};
use crate::web::moment::Epoch;

/// Items of a page where nothing is said.
const LIMIT_DEFAULT: u16 = 200;
/// The most items of a page: an answer stays below a megabyte.
const LIMIT_MAX: u16 = 1_000;

/// Which page.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// Where the page begins: the `next` of the one before.
    pub cursor: Option<String>,
    /// How many items, 200 where nothing is said.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u16>,
}

/// A page of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// When it was read.
    pub at: Epoch,
    /// The items.
    pub items: Vec<T>,
    /// The cursor of the next page; `null` behind the last.
    pub next: Option<String>,
}

/// What every request that needs a session may be answered with.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it describes answers")]
pub(crate) enum Usual {
    /// A parameter cannot be read.
    #[response(status = 400)]
    BadRequest(#[to_schema] Problem),
    /// There is no session.
    #[response(status = 401)]
    Unauthorized(#[to_schema] Problem),
    /// The account has no right to it.
    #[response(status = 403)]
    Forbidden(#[to_schema] Problem),
    /// There is no such thing.
    #[response(status = 404)]
    NotFound(#[to_schema] Problem),
}

impl PageQuery {
    /// How many items are asked for.
    pub(crate) fn limit(&self) -> Result<usize, ApiError> {
        let limit = self.limit.unwrap_or(LIMIT_DEFAULT);
        if (1..=LIMIT_MAX).contains(&limit) {
            return Ok(usize::from(limit));
        }
        Err(ApiError::bad(format!("limit is between 1 and {LIMIT_MAX}")))
    }

    /// What the cursor holds.
    pub(crate) fn after(&self) -> Result<Option<String>, ApiError> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let read = BASE64URL_NOPAD.decode(cursor.as_bytes()).ok();
        let text = read.and_then(|bytes| String::from_utf8(bytes).ok());
        text.map(Some).ok_or_else(|| ApiError::bad("this cursor was not given by this service"))
    }

    /// What the cursor holds, as a number.
    pub(crate) fn after_number<N: std::str::FromStr>(&self) -> Result<Option<N>, ApiError> {
        let number = |text: String| {
            let read = text.parse().ok();
            read.ok_or_else(|| ApiError::bad("this cursor was not given by this service"))
        };
        self.after()?.map(number).transpose()
    }
}

/// A cursor that holds a text.
pub(crate) fn cursor(text: &str) -> String {
    BASE64URL_NOPAD.encode(text.as_bytes())
}

/// The first `limit` items, and the cursor of what follows, which `key` makes of the last item.
pub(crate) fn page<T>(
    at: Epoch,
    mut items: Vec<T>,
    limit: usize,
    key: impl Fn(&T) -> String,
) -> Page<T> {
    let has_more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| has_more).map(|last| cursor(&key(last)));
    Page { at, items, next }
}

/// To a tenth of a millimetre, of a millisecond, of a hundredth: more digits would be noise.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_tells_where_the_next_begins() {
        let at = Epoch::from(tianshu_gnss::time::gps::GpsTime::from_nanos(0));
        let first = page(at, vec![1, 2, 3], 2, ToString::to_string);
        assert_eq!(first.items, [1, 2]);
        let query = PageQuery { cursor: first.next, limit: Some(2) };
        assert_eq!(query.after_number::<u32>().expect("ours"), Some(2));
        assert_eq!(page(at, vec![3], 2, ToString::to_string).next, None);
    }

    #[test]
    fn a_cursor_that_is_not_ours_is_refused() {
        for odd in ["!", "YWJj", "____"] {
            let query = PageQuery { cursor: Some(odd.to_owned()), limit: None };
            assert!(query.after_number::<u32>().is_err(), "{odd}");
        }
        let query = PageQuery { cursor: None, limit: Some(0) };
        assert!(query.limit().is_err());
    }
}
