//! rtcm-rs as judge: the text beside its synthetic vectors, 109 messages with extreme and random values.
//!
//! It names fields in its own words, so values are compared as a set: every number that it prints must be
//! among those that we describe, each as often as it is printed. Its units are the ones we use. It prints
//! many values in single precision.

use std::fs;

use tianshu_rtcm::describe::{Field, Value, describe};

use crate::files::{frames, recording, sorted};
use crate::tally::Tally;

/// Single precision: a part in 2^23 may be lost, and double rounding may lose as much again.
const PRECISION: f64 = 2.4e-7;

/// Ends of the names of fields that it splits, makes up from others, or tells in another form than we.
const NOT_ALIKE: &[&str] = &[
    // DF107, which we tell as the twelve bits it is, in hours, minutes and seconds.
    "tk_h",
    "tk_min",
    "tk_s",
    // DF134 and DF564 as years of the calendar, DF547 as a full modified Julian day.
    "glo_m_n4_year",
    "coordinate_epoch_year",
    "ref_epoch_t0_mjd",
    // DF040 and DF419, of which it takes 7 off.
    "glo_satellite_freq_chan_number",
    "glonass_satellite_frequency_channel_number",
    // DF166 to DF169, DF173 and DF191 with the 6 370 000 m, 6 350 000 m and 993 000 ppm that are their origins.
    "a_s_m",
    "b_s_m",
    "a_t_m",
    "b_t_m",
    "sno_ppm",
    "sil_ppm",
    // DF389 in its two halves.
    "ssr_ura_class",
    "ssr_ura_value",
    // We name the satellite of a signal by its RINEX name.
    "satellite_id",
    // The counts of characters are told by the texts.
    "_len",
];

/// Vectors whose text is not that of their bytes. Of 1001 and 1030 the text tells another message of that
/// number (pyrtcm and we read the same from the bytes). In 1230 rtcm-rs 0.11.0 has the signal mask before
/// the reserved bits, while the standard has it behind them.
const NOT_OF_THE_BYTES: [&str; 5] =
    ["msg1001_3", "msg1030_3", "msg1230_0", "msg1230_1", "msg1230_3"];

#[test]
fn rtcm_rs_oracle() {
    let test = "rtcm_rs_oracle";
    let Some(folder) = recording(test, "synthetic-vectors") else { return };
    let mut tally = Tally::default();
    for path in sorted(&folder) {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let is_vector = path.extension().is_some_and(|extension| extension == "rtcm");
        if !is_vector || NOT_OF_THE_BYTES.contains(&name.as_str()) {
            continue;
        }
        let stream = fs::read(&path).expect("a vector can be read");
        // A few vectors have no text.
        let Ok(text) = fs::read_to_string(path.with_extension("txt")) else { continue };
        for (_, frame) in frames(&stream) {
            let ours = describe(&frame);
            let number = ours.number.expect("a vector has a number");
            let mut values = Vec::new();
            collect(&ours.fields, &mut values);
            if values.is_empty() {
                continue;
            }
            let mut equal = 0;
            for (field, theirs) in printed(&text) {
                if NOT_ALIKE.iter().any(|known| field.ends_with(known)) {
                    continue;
                }
                let near = |ours: &f64| (ours - theirs).abs() <= theirs.abs() * PRECISION;
                if let Some(at) = values.iter().position(near) {
                    values.swap_remove(at);
                    equal += 1;
                } else if !NOT_ALIKE.iter().any(|known| name.ends_with(known)) {
                    tally.differs(format!("{number} {name}"), || {
                        format!("{}: {theirs}", path.display())
                    });
                }
            }
            tally.equal(number, equal);
        }
    }
    let (frames, fields) = tally.totals();
    println!("{test}: {frames} frames, {fields} fields equal");
    tally.assert_equal();
}

/// Every number that we describe.
#[expect(clippy::cast_precision_loss, reason = "the other side's numbers are f64 too")]
fn collect(fields: &[Field], values: &mut Vec<f64>) {
    for field in fields {
        match &field.value {
            Value::Unsigned(value) => values.push(*value as f64),
            Value::Signed(value) => values.push(*value as f64),
            Value::Number(value) => values.push(*value),
            Value::Flag(value) => values.push(f64::from(u8::from(*value))),
            Value::List(entries) => {
                for entry in entries {
                    collect(entry, values);
                }
            }
            Value::Text(_) | Value::Absent => {}
        }
    }
}

/// Every number in a printed structure, with the name of its field. A number on a line of its own is that
/// of the field above; those of a signal identifier are names, not values.
fn printed(text: &str) -> Vec<(&str, f64)> {
    let mut name = "";
    let mut values = Vec::new();
    for line in text.lines().map(|line| line.trim().trim_end_matches(',')) {
        let value = match line.split_once(": ") {
            Some((field, value)) => {
                name = field;
                value
            }
            None => line,
        };
        if let (false, Ok(number)) = (name == "signal_id", value.parse()) {
            values.push((name, number));
        }
    }
    values
}
