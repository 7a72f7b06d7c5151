//! PyPI pyrtcm as judge: the same frames, and in them the same fields.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;
use tianshu_rtcm::describe::describe;
use tianshu_rtcm::frame::Frame;
use tianshu_rtcm::msm::header::{MsmLevel, msm_kind};
use tianshu_rtcm::msm::message::Msm;

use crate::described;
use crate::files::{frames, name, streams};
use crate::msm_fields::{Expected, expected};
use crate::pyrtcm_dump::{Dump, FieldKind, Line};
use crate::tally::Tally;

type Kinds = BTreeMap<String, FieldKind>;

#[test]
fn pyrtcm_oracle() {
    let test = "pyrtcm_oracle";
    let Some(streams) = streams(test) else { return };
    let Some(mut dump) = Dump::of(test, &streams) else { return };
    let kinds = dump.kinds.clone();
    let mut tally = Tally::default();
    assert!(matches!(dump.next(), Some(Line::File)), "the dump begins with a file");
    for path in &streams {
        let stream = fs::read(path).expect("a recording can be read");
        // pyrtcm gives no number to a frame without payload and leaves it out.
        let mut ours = frames(&stream).into_iter().filter(|(_, frame)| !frame.payload().is_empty());
        while let Some(Line::Frame { at, number, fields }) = dump.next() {
            let Some((our_at, frame)) = ours.next() else {
                tally.differs("lost", || format!("{}: frame {number} at {at}", name(path)));
                continue;
            };
            let place = format!("{} at {at}: {number}", name(path));
            assert_eq!((our_at, frame.message_number()), (at, Some(number)), "{place}");
            match fields {
                Ok(fields) => compare(&mut tally, &place, &frame, &fields, &kinds),
                Err(_) if is_msm2(number) || describe(&frame).fault.is_some() => {}
                Err(error) => tally.differs("unreadable to pyrtcm", || format!("{place}: {error}")),
            }
        }
        assert_eq!(ours.next(), None, "{}: a frame that pyrtcm has not", name(path));
    }
    dump.finish();
    tally.print(test);
    let (compared, fields) = tally.totals();
    println!("{test}: {} files, {compared} frames, {fields} fields equal", streams.len());
    tally.assert_equal();
}

/// Compares every field of one frame: as it is described, and an MSM also as its raw integers.
fn compare(
    tally: &mut Tally,
    place: &str,
    frame: &Frame,
    theirs: &[(String, Value)],
    kinds: &Kinds,
) {
    let description = describe(frame);
    let number = frame.message_number().unwrap_or_default();
    let known_to_us = description.fields.first().is_none_or(|field| field.name != "payload_hex");
    let known_to_pyrtcm = theirs.len() > 1;
    let mut equal = 0;
    if known_to_us && known_to_pyrtcm {
        equal += described::compare(tally, place, &description, theirs, kinds);
    }
    if msm_kind(number).is_some() {
        equal += compare_msm(tally, place, frame, theirs);
    }
    if equal > 0 {
        tally.equal(number, equal);
    }
}

/// Compares every attribute of an MSM, in order.
fn compare_msm(tally: &mut Tally, place: &str, frame: &Frame, theirs: &[(String, Value)]) -> u64 {
    let Ok(msm) = Msm::decode(frame.payload()) else {
        tally.differs("unreadable to us", || place.to_owned());
        return 0;
    };
    let number = msm.header.message_number();
    let ours = expected(&msm);
    if ours.len() != theirs.len() {
        tally.differs("count", || format!("{place}: {} and {}", ours.len(), theirs.len()));
    }
    let mut equal = 0;
    for ((our_name, ours), (their_name, theirs)) in ours.iter().zip(theirs) {
        if our_name == their_name && is_equal(ours, theirs) {
            equal += 1;
        } else if our_name != their_name || !is_unknown(theirs) {
            tally.differs(format!("{number} {our_name}"), || {
                format!("{place}: {ours:?}, pyrtcm has {their_name} {theirs}")
            });
        }
    }
    equal
}

/// Messages that pyrtcm 1.2.1 cannot read at all: its payload definition of every MSM2 has a set where its
/// reader wants a table. It also fails at a payload that ends within its last field, as we do.
fn is_msm2(number: u16) -> bool {
    msm_kind(number).is_some_and(|(_, level)| level == MsmLevel::Msm2)
}

/// What pyrtcm says of a signal or satellite that its tables have not: no answer to compare with. So it
/// does of NavIC's S band (signal ID 8), GLONASS slots from 25 and signal IDs that are reserved. The slash
/// is the second letter of the "N/A" that stands in for the pair of names.
fn is_unknown(theirs: &Value) -> bool {
    theirs == "N/A" || theirs == "/"
}

fn is_equal(ours: &Expected, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Expected::Text(ours), Value::String(theirs)) => ours == theirs,
        (Expected::Number(ours, tolerance), Value::Number(theirs)) => {
            theirs.as_f64().is_some_and(|theirs| (ours - theirs).abs() < *tolerance)
        }
        _ => false,
    }
}
