//! Hatanaka's compression, undone: texts told by what changed, numbers told by their differences.
//!
//! Hatanaka (2008), "A Compression Format and Tools for GNSS Observation Data", Bulletin of the Geographical Survey
//! Institute 55, sections 3 and 4.

/// A text that is told by its changes: a blank keeps a character, `&` blanks it, anything else replaces it.
#[derive(Clone, Debug, Default)]
pub(super) struct ChangingText(Vec<u8>);

impl ChangingText {
    /// Begins anew with that text.
    pub(super) fn begin(&mut self, text: &str) {
        text.as_bytes().clone_into(&mut self.0);
    }

    /// Takes in what changed.
    pub(super) fn change(&mut self, changes: &str) {
        for (i, &change) in changes.as_bytes().iter().enumerate() {
            match (self.0.get_mut(i), change) {
                (Some(_), b' ') => {}
                (Some(kept), b'&') => *kept = b' ',
                (Some(kept), new) => *kept = new,
                (None, b'&') => self.0.push(b' '),
                (None, new) => self.0.push(new),
            }
        }
    }

    /// Blanks characters, as far as there are any.
    pub(super) fn blank(&mut self, characters: std::ops::Range<usize>) {
        let kept = self.0.len();
        let range = characters.start.min(kept)..characters.end.min(kept);
        self.0.get_mut(range).unwrap_or(&mut []).fill(b' ');
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("")
    }
}

/// The highest order of differences that a file may ask for; one digit has room for no more.
const ORDER_MAX: usize = 9;

/// A series of whole numbers, told by its differences of growing order.
#[derive(Clone, Debug)]
pub(super) struct Series {
    order: usize,
    /// The last value, its last difference, and so on.
    differences: Vec<i64>,
}

/// Why a field of a series says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// It goes on with a series that has no beginning.
    NoArc,
    /// It is no number, or leads out of all bounds.
    Broken,
}

impl Series {
    /// Takes in a field: `3&1234` begins a series of third order, `-17` goes on. The value is that of the series now.
    pub(super) fn take(series: &mut Option<Self>, text: &str) -> Result<i64, Unread> {
        let next = if let Some((order, first)) = text.split_once('&') {
            let order = order.parse().ok().filter(|order| *order <= ORDER_MAX);
            let first = first.parse().ok();
            order.zip(first).map(|(order, first)| Self { order, differences: vec![first] })
        } else {
            let Some(known) = series.take() else { return Err(Unread::NoArc) };
            text.parse().ok().and_then(|difference| known.continued(difference))
        };
        *series = next;
        let value = series.as_ref().and_then(|s| s.differences.first().copied());
        value.ok_or(Unread::Broken)
    }

    fn continued(mut self, difference: i64) -> Option<Self> {
        // The highest order is new as long as the series is younger than its order; afterwards it is replaced.
        self.differences.truncate(self.order);
        let mut above = difference;
        for known in self.differences.iter_mut().rev() {
            *known = known.checked_add(above)?;
            above = *known;
        }
        self.differences.push(difference);
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_changes_where_it_is_told_to() {
        let mut text = ChangingText::default();
        text.begin("G01G02");
        text.change("  3  &C09");
        assert_eq!(text.text(), "G03G0 C09");
    }

    #[test]
    fn a_series_is_the_sum_of_its_differences() {
        // Squares: second differences are 2 for ever. Fields as section 4 of the paper forms them.
        let mut series = None;
        let read = ["2&0", "1", "2", "2", "2"].map(|field| Series::take(&mut series, field));
        assert_eq!(read, [Ok(0), Ok(1), Ok(4), Ok(9), Ok(16)]);
        // Order 0: every field is the value itself.
        let mut plain = None;
        let read = ["0&5", "7", "-1"].map(|field| Series::take(&mut plain, field));
        assert_eq!(read, [Ok(5), Ok(7), Ok(-1)]);
    }

    #[test]
    fn what_cannot_be_ends_the_series() {
        let mut series = None;
        assert_eq!(Series::take(&mut series, "5"), Err(Unread::NoArc));
        assert_eq!(Series::take(&mut series, "3&x"), Err(Unread::Broken));
        assert_eq!(Series::take(&mut series, "3&9223372036854775807"), Ok(i64::MAX));
        assert_eq!(Series::take(&mut series, "1"), Err(Unread::Broken));
        assert_eq!(Series::take(&mut series, "1"), Err(Unread::NoArc));
    }
}
