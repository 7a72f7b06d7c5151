//! The same as JSON, for machines.

use std::fmt::Write;

use crate::figures::{Figures, quantile, rms};
use crate::options::{Asked, Mode};
use crate::restart::{self, Restarts};
use crate::simulated::Judged;

/// What the document calls itself.
const SCHEMA: &str = "tianshu-rovers-1";

/// The whole document.
pub(crate) fn document(
    asked: &Asked,
    version: &str,
    judged: &[Judged],
    restarts: &[Restarts],
) -> String {
    let mut text = format!(
        "{{\"schema\":{},\"tianshu\":{},\"rtklib\":{}",
        quoted(SCHEMA),
        quoted(env!("CARGO_PKG_VERSION")),
        quoted(version)
    );
    match &asked.mode {
        Mode::Real(_) => text.push_str(",\"world\":null"),
        Mode::Simulated | Mode::Restart(_) | Mode::Live(_) => {
            let _ = write!(
                text,
                ",\"world\":{{\"scenario\":{},\"seed\":{},\"stations\":{},\"rovers\":{},\"rovers_at\":{},\"seconds\":{},\"interval_s\":{},\"from_s\":{}}}",
                quoted(&asked.scenario),
                asked.seed,
                asked.stations,
                asked.rovers,
                quoted(&asked.rovers_at),
                asked.seconds,
                asked.interval_s,
                asked.from_s
            );
        }
    }
    let rows: Vec<String> = judged.iter().map(row).collect();
    let _ = write!(text, ",\n\"judged\":[{}]", rows.join(",\n"));
    let rows: Vec<String> = restarts.iter().map(restarted).collect();
    let _ = write!(text, ",\n\"restarts\":[{}]}}", rows.join(",\n"));
    text.push('\n');
    text
}

fn row(j: &Judged) -> String {
    let Figures { epochs, told, counted, fixed, fixes, wrong, .. } = &j.figures;
    format!(
        "{{\"systems\":{},\"options\":{},\"rover\":{},\"base\":{},\"kind\":{},\"km\":{:.3},\"epochs\":{epochs},\"told\":{told},\
         \"counted\":{counted},\"fixed\":{fixed},\"fixes\":{fixes},\"wrong\":{wrong},\"horizontal_rms_mm\":{},\"horizontal_95_mm\":{},\
         \"up_rms_mm\":{},\"up_95_mm\":{},\"first_fix_s\":{}}}",
        quoted(&j.systems),
        quoted(j.options.name()),
        quoted(&j.rover),
        quoted(&j.base),
        quoted(j.kind.name()),
        j.km,
        number(rms(&j.figures.horizontal_mm)),
        number(quantile(&j.figures.horizontal_mm, 0.95)),
        number(rms(&j.figures.up_mm)),
        number(quantile(&j.figures.up_mm, 0.95)),
        number(j.figures.first_fix_s.first().copied().flatten()),
    )
}

fn restarted(r: &Restarts) -> String {
    let seconds: Vec<String> = r.first_fix_s.iter().map(|s| number(*s)).collect();
    format!(
        "{{\"systems\":{},\"program\":{},\"kind\":{},\"first_fix_50_s\":{},\"first_fix_95_s\":{},\"never_percent\":{:.3},\
         \"good_fix_50_s\":{},\"good_fix_95_s\":{},\"fixes\":{},\"wrong\":{},\"first_fix_s\":[{}]}}",
        quoted(&r.systems),
        quoted(r.program),
        quoted(r.kind.name()),
        number(restart::quantile(&r.first_fix_s, 0.5)),
        number(restart::quantile(&r.first_fix_s, 0.95)),
        r.never_percent(),
        number(restart::quantile(&r.good_fix_s, 0.5)),
        number(restart::quantile(&r.good_fix_s, 0.95)),
        r.fixes,
        r.wrong,
        seconds.join(",")
    )
}

fn number(value: Option<f64>) -> String {
    value.map_or("null".to_owned(), |v| format!("{v:.3}"))
}

/// A text in quotes. What a file's name may hold besides letters is escaped (RFC 8259, section 7).
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c < ' ' => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped() {
        assert_eq!(quoted("a\"b\\c\nd"), r#""a\"b\\c\u000ad""#);
    }
}
