//! Header lines: sixty columns of text and a label (RINEX 3.05, tables A2 and A5).

use tianshu_gnss::time::utc::Utc;

use crate::write::WrittenVersion;

/// Who writes a file, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// The program; the first 20 characters are written.
    pub program: String,
    /// The agency that runs it; the first 20 characters are written.
    pub run_by: String,
    /// When.
    pub at: Utc,
}

/// Columns before the label.
const TEXT_COLUMNS: usize = 60;

/// Appends a header line. Text beyond column 60, and characters outside ASCII, are not written.
pub(crate) fn line(out: &mut String, text: &str, label: &str) {
    let text = fitted(text, TEXT_COLUMNS);
    out.push_str(&text);
    out.push_str(label);
    out.push('\n');
}

/// Text in exactly `width` columns of printable ASCII: other characters become `?`.
pub(crate) fn fitted(text: &str, width: usize) -> String {
    let printable = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '?' };
    let mut fitted: String = text.chars().map(printable).take(width).collect();
    fitted.extend(std::iter::repeat_n(' ', width - fitted.len()));
    fitted
}

/// The two lines that every file begins with.
pub(crate) fn begin(out: &mut String, version: WrittenVersion, kind: &str, origin: &Origin) {
    let first = format!("{:>9}{:11}{}{}", version.number(), "", fitted(kind, 20), "M: MIXED");
    line(out, &first, "RINEX VERSION / TYPE");
    let c = origin.at.civil();
    let written = format!(
        "{:04}{:02}{:02} {:02}{:02}{:02} UTC",
        c.year, c.month, c.day, c.hour, c.minute, c.second
    );
    let second = fitted(&origin.program, 20) + &fitted(&origin.run_by, 20) + &written;
    line(out, &second, "PGM / RUN BY / DATE");
}

/// The line that every header ends with.
pub(crate) fn end(out: &mut String) {
    line(out, "", "END OF HEADER");
}
