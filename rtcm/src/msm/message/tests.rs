//! MSM there and back: all levels and systems, reserved signals, empty messages, hostile bytes.

use proptest::prelude::{Just, Strategy, any, prop_assert_eq, proptest};
use tianshu_gnss::constellation::Constellation;

use super::{Corrupt, Msm, MsmCell, MsmSatellite};
use crate::msm::encode::Unencodable;
use crate::msm::fields::{DF399, DF404, Field, Layout};
use crate::msm::header::{MsmHeader, MsmLevel};

fn header(constellation: Constellation, level: MsmLevel) -> MsmHeader {
    MsmHeader::new(constellation, level, 2003, 302_400_000)
}

/// Two satellites, one with a rough range only, on a signal mask with a reserved ID.
fn small() -> Msm {
    Msm {
        header: header(Constellation::Gps, MsmLevel::Msm4),
        satellites: vec![
            MsmSatellite { id: 1, range_ms: Some(70), range_mod: 512, ..MsmSatellite::default() },
            MsmSatellite { id: 64, range_ms: None, range_mod: 0, ..MsmSatellite::default() },
        ],
        // Signal ID 2 (1C), 5 (reserved) and 32 (1X).
        signal_mask: 1 << 30 | 1 << 27 | 1,
        cells: vec![MsmCell {
            satellite: 0,
            signal_id: 5,
            fine_range: Some(-7),
            fine_phase: None,
            lock_time: Some(15),
            half_cycle: true,
            cn0: Some(44),
            fine_rate: None,
        }],
    }
}

#[test]
fn reserved_signals_and_satellites_without_signals_are_kept() {
    let msm = small();
    let frame = msm.encode().unwrap();
    assert_eq!(frame.message_number(), Some(1074));
    assert_eq!(frame.station_id(), Some(2003));
    assert_eq!(Msm::decode(frame.payload()), Ok(msm));
}

#[test]
fn a_message_without_satellites_is_legal() {
    let empty = Msm::empty(header(Constellation::Glonass, MsmLevel::Msm7));
    let frame = empty.encode().unwrap();
    assert_eq!(frame.payload().len(), 22, "169 bits");
    assert_eq!(Msm::decode(frame.payload()), Ok(empty));
}

#[test]
fn trailing_bytes_are_tolerated_and_missing_ones_are_not() {
    let msm = small();
    let frame = msm.encode().unwrap();
    let longer = [frame.payload(), &[0xFF; 9]].concat();
    assert_eq!(Msm::decode(&longer), Ok(msm));
    for end in 0..frame.payload().len() {
        let cut = frame.payload().get(..end).unwrap();
        assert!(Msm::decode(cut).is_err(), "cut at {end}");
    }
    let cut = frame.payload().get(..30).unwrap();
    // 169 bits of header, 6 of cell mask, twice 18 of satellites, 48 of one cell.
    assert_eq!(Msm::decode(cut), Err(Corrupt::Short { announced_bits: 259, payload_bits: 240 }));
}

#[test]
fn more_than_64_cells_are_corrupt_and_refused() {
    let mut msm = small();
    msm.cells.clear();
    msm.signal_mask = u32::MAX;
    assert!(msm.encode().is_ok(), "exactly 64 cells");
    msm.satellites.insert(1, MsmSatellite { id: 9, ..MsmSatellite::default() });
    let refused = Unencodable::TooManyCells { satellites: 3, signals: 32 };
    assert_eq!(msm.encode(), Err(refused));
    let mut bytes = vec![0_u8; 200];
    bytes.splice(..2, [0x43, 0x50]); // 1077
    bytes.splice(10..22, [0xFF; 12]);
    let error = Msm::decode(&bytes).unwrap_err();
    assert!(matches!(error, Corrupt::TooManyCells { .. }), "{error}");
}

#[test]
fn values_out_of_range_are_refused_not_wrapped() {
    #[track_caller]
    fn check(field: &str, change: impl FnOnce(&mut Msm)) {
        let mut msm = small();
        msm.header.level = MsmLevel::Msm5;
        change(&mut msm);
        match msm.encode() {
            Err(Unencodable::OutOfRange { field: found, .. }) => assert_eq!(found, field),
            other => panic!("{field}: {other:?}"),
        }
    }
    check("DF003", |msm| msm.header.station_id = 4096);
    check("DF397", |msm| msm.satellites[0].range_ms = Some(255));
    check("DF398", |msm| msm.satellites[0].range_mod = 1024);
    check("DF399", |msm| msm.satellites[0].range_rate = Some(-8192));
    check("DF400", |msm| msm.cells[0].fine_range = Some(16_384));
    check("DF400", |msm| msm.cells[0].fine_range = Some(-16_384));
    check("DF401", |msm| msm.cells[0].fine_phase = Some(-2_097_153));
    check("DF402", |msm| msm.cells[0].lock_time = Some(16));
    check("DF403", |msm| msm.cells[0].cn0 = Some(64));
    check("DF403", |msm| msm.cells[0].cn0 = Some(0));
    check("DF404", |msm| msm.cells[0].fine_rate = Some(i16::MIN));
}

#[test]
fn disorder_is_refused() {
    let mut msm = small();
    msm.satellites.swap(0, 1);
    assert_eq!(msm.encode(), Err(Unencodable::SatelliteOrder { id: 1 }));
    for (satellite, signal_id) in [(0, 5), (0, 2), (0, 3), (2, 32), (0, 0), (0, 33)] {
        let mut msm = small();
        msm.cells.push(MsmCell { satellite, signal_id, ..MsmCell::default() });
        assert_eq!(msm.encode(), Err(Unencodable::CellOrder { satellite, signal_id }));
    }
}

fn signed(field: Option<Field>) -> impl Strategy<Value = Option<i32>> {
    let Some(field) = field else { return Just(None).boxed() };
    let limit = field.invalid().abs() - 1;
    proptest::option::of(-limit..=limit).boxed()
}

fn unsigned(field: Option<Field>, lowest: u16) -> impl Strategy<Value = Option<u16>> {
    match field {
        Some(field) => (lowest..1 << field.bits).prop_map(Some).boxed(),
        None => Just(None).boxed(),
    }
}

fn satellite(id: u8, layout: Layout) -> impl Strategy<Value = MsmSatellite> {
    let range_ms =
        if layout.range_ms { proptest::option::of(0..=254_u8).boxed() } else { Just(None).boxed() };
    let extended = unsigned(layout.rates.then_some(Field { name: "", bits: 4 }), 0);
    let rate = signed(layout.rates.then_some(DF399));
    (range_ms, extended, 0..1024_u16, rate).prop_map(
        move |(range_ms, extended, range_mod, rate)| MsmSatellite {
            id,
            range_ms,
            extended: extended.map(|value| value.try_into().unwrap()),
            range_mod,
            range_rate: rate.map(|value| value.try_into().unwrap()),
        },
    )
}

fn cell(satellite: u8, signal_id: u8, layout: Layout) -> impl Strategy<Value = MsmCell> {
    (
        signed(layout.range),
        signed(layout.phase),
        unsigned(layout.lock_time, 0),
        any::<bool>(),
        unsigned(layout.cn0, 0),
        signed(layout.rates.then_some(DF404)),
    )
        .prop_map(move |(fine_range, fine_phase, lock_time, half, cn0, rate)| MsmCell {
            satellite,
            signal_id,
            fine_range,
            fine_phase,
            lock_time,
            half_cycle: half && layout.phase.is_some(),
            cn0: cn0.filter(|&value| value != 0),
            fine_rate: rate.map(|value| value.try_into().unwrap()),
        })
}

fn any_header() -> impl Strategy<Value = MsmHeader> {
    (
        0..7_usize,
        0..7_usize,
        (0..4096_u16, 0..1_u32 << 30, any::<bool>(), 0..8_u8, 0..128_u8),
        (0..4_u8, 0..4_u8, any::<bool>(), 0..8_u8),
    )
        .prop_map(|(system, level, first, second)| MsmHeader {
            constellation: Constellation::ALL[system],
            level: MsmLevel::ALL[level],
            station_id: first.0,
            epoch_time: first.1,
            more_follow: first.2,
            issue_of_data: first.3,
            reserved: first.4,
            clock_steering: second.0,
            external_clock: second.1,
            divergence_free_smoothing: second.2,
            smoothing_interval: second.3,
        })
}

fn any_msm() -> impl Strategy<Value = Msm> {
    let satellite_ids = proptest::collection::btree_set(1..=64_u8, 0..=16);
    let signal_ids = proptest::collection::btree_set(1..=32_u8, 0..=4);
    (any_header(), satellite_ids, signal_ids, any::<u64>()).prop_flat_map(
        |(header, satellite_ids, signal_ids, kept)| {
            let layout = Layout::of(header.level);
            let satellites: Vec<_> =
                satellite_ids.iter().map(|&id| satellite(id, layout)).collect();
            let places = (0..).take(satellite_ids.len());
            let cells: Vec<_> = places
                .flat_map(|place| signal_ids.iter().map(move |&id| (place, id)))
                .enumerate()
                .filter(|(bit, _)| kept >> bit & 1 == 1)
                .map(|(_, (place, id))| cell(place, id, layout))
                .collect();
            let signal_mask = signal_ids.iter().map(|id| 1 << (32 - id)).sum();
            (Just(header), satellites, cells).prop_map(move |(header, satellites, cells)| Msm {
                header,
                satellites,
                signal_mask,
                cells,
            })
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(msm in any_msm()) {
        let frame = msm.encode().unwrap();
        prop_assert_eq!(Msm::decode(frame.payload()), Ok(msm));
    }

    #[test]
    fn any_bytes_are_read_without_panic(
        number in 1071..=1137_u16,
        mut bytes in proptest::collection::vec(any::<u8>(), 2..300),
        sparse in any::<bool>(),
    ) {
        bytes[0] = (number >> 4).try_into().unwrap();
        bytes[1] = u8::try_from((number & 0xF) << 4).unwrap() | bytes[1] & 0xF;
        if sparse {
            // Random masks nearly always span too many cells, so most of them are emptied here.
            bytes.iter_mut().skip(10).take(11).for_each(|byte| *byte &= 0x11);
        }
        if let Ok(msm) = Msm::decode(&bytes) {
            let again = msm.encode().unwrap();
            prop_assert_eq!(Msm::decode(again.payload()), Ok(msm));
        }
    }
}
