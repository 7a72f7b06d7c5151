//! Which signal each place of the signal mask (DF395) stands for, and which satellite each place of the
//! satellite mask (DF394).

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::satellite::{GLONASS_SLOT_MAX, Satellite};
use tianshu_gnss::signal::Signal;

/// A column of a signal table: RINEX codes of signal IDs 1 to 32; empty where reserved.
type Codes = [&'static str; 32];

// The signal tables of RTCM 10403.3 in their own order: four rows of eight IDs each.

/// GPS, table 3.5-91.
#[rustfmt::skip]
const GPS: Codes = [
    "",   "1C", "1P", "1W", "",   "",   "",   "2C",
    "2P", "2W", "",   "",   "",   "",   "2S", "2L",
    "2X", "",   "",   "",   "",   "5I", "5Q", "5X",
    "",   "",   "",   "",   "",   "1S", "1L", "1X",
];

/// GLONASS, table 3.5-96. The CDMA signals have no ID yet.
#[rustfmt::skip]
const GLONASS: Codes = [
    "",   "1C", "1P", "",   "",   "",   "",   "2C",
    "2P", "",   "",   "",   "",   "",   "",   "",
    "",   "",   "",   "",   "",   "",   "",   "",
    "",   "",   "",   "",   "",   "",   "",   "",
];

/// Galileo, table 3.5-99.
#[rustfmt::skip]
const GALILEO: Codes = [
    "",   "1C", "1A", "1B", "1X", "1Z", "",   "6C",
    "6A", "6B", "6X", "6Z", "",   "7I", "7Q", "7X",
    "",   "8I", "8Q", "8X", "",   "5I", "5Q", "5X",
    "",   "",   "",   "",   "",   "",   "",   "",
];

/// SBAS, table 3.5-102.
#[rustfmt::skip]
const SBAS: Codes = [
    "",   "1C", "",   "",   "",   "",   "",   "",
    "",   "",   "",   "",   "",   "",   "",   "",
    "",   "",   "",   "",   "",   "5I", "5Q", "5X",
    "",   "",   "",   "",   "",   "",   "",   "",
];

/// QZSS, table 3.5-105.
#[rustfmt::skip]
const QZSS: Codes = [
    "",   "1C", "",   "",   "",   "",   "",   "",
    "6S", "6L", "6X", "",   "",   "",   "2S", "2L",
    "2X", "",   "",   "",   "",   "5I", "5Q", "5X",
    "",   "",   "",   "",   "",   "1S", "1L", "1X",
];

/// BeiDou, table 3.5-108, with B2a, B2b and B1C as in amendment 2.
#[rustfmt::skip]
const BEIDOU: Codes = [
    "",   "2I", "2Q", "2X", "",   "",   "",   "6I",
    "6Q", "6X", "",   "",   "",   "7I", "7Q", "7X",
    "",   "",   "",   "",   "",   "5D", "5P", "5X",
    "7D", "7P", "7Z", "",   "",   "1D", "1P", "1X",
];

/// NavIC, table 3.5-108.3 of amendment 1.
#[rustfmt::skip]
const NAVIC: Codes = [
    "",   "",   "",   "",   "",   "",   "",   "9A",
    "",   "",   "",   "",   "",   "",   "",   "",
    "",   "",   "",   "",   "",   "5A", "",   "",
    "",   "",   "",   "",   "",   "",   "",   "",
];

/// The place of each signal in the signal mask, by system, band digit and attribute letter; 0 where there is none. It is looked up for every
/// observation that is sent.
#[expect(
    clippy::indexing_slicing,
    reason = "it is made while the program is built, which an index outside of it would end"
)]
static IDS: [[[u8; 26]; 10]; Constellation::ALL.len()] = {
    let mut ids = [[[0; 26]; 10]; Constellation::ALL.len()];
    let mut system = 0;
    while system < Constellation::ALL.len() {
        let codes = codes(Constellation::ALL[system]);
        let mut id: u8 = 1;
        while id <= 32 {
            if let [band, attribute] = *codes[id as usize - 1].as_bytes() {
                let of_system = &mut ids[Constellation::ALL[system] as usize];
                of_system[(band - b'0') as usize][(attribute - b'A') as usize] = id;
            }
            id += 1;
        }
        system += 1;
    }
    ids
};

/// The signal of a place in the signal mask, 1 to 32; `None` where the standard reserves the place.
pub fn signal_of_id(constellation: Constellation, id: u8) -> Option<Signal> {
    let place = usize::from(id).checked_sub(1)?;
    Signal::from_code(constellation, codes(constellation).get(place)?)
}

/// The place of a signal in the signal mask, 1 to 32; `None` where MSM has no place for it.
pub fn id_of_signal(signal: Signal) -> Option<u8> {
    let place = |letter: char, first: u8| u8::try_from(letter).ok()?.checked_sub(first);
    let band = usize::from(place(signal.band(), b'0')?);
    let attribute = usize::from(place(signal.attribute(), b'A')?);
    let of_system = IDS.get(signal.constellation() as usize)?;
    let id = *of_system.get(band)?.get(attribute)?;
    (id > 0).then_some(id)
}

/// The satellite of a place in the satellite mask, 1 to 64; `None` where the standard reserves the place.
pub fn satellite_of_id(constellation: Constellation, id: u8) -> Option<Satellite> {
    if !(1..=last_satellite_id(constellation)).contains(&id) {
        return None;
    }
    Satellite::new(constellation, id + id_offset(constellation))
}

/// The place of a satellite in the satellite mask, 1 to 64; `None` where MSM has no place for it.
pub fn id_of_satellite(satellite: Satellite) -> Option<u8> {
    let constellation = satellite.constellation();
    let id = satellite.number().checked_sub(id_offset(constellation))?;
    (1..=last_satellite_id(constellation)).contains(&id).then_some(id)
}

const fn codes(constellation: Constellation) -> &'static Codes {
    match constellation {
        Constellation::Gps => &GPS,
        Constellation::Glonass => &GLONASS,
        Constellation::Galileo => &GALILEO,
        Constellation::Sbas => &SBAS,
        Constellation::Qzss => &QZSS,
        Constellation::BeiDou => &BEIDOU,
        Constellation::Navic => &NAVIC,
    }
}

/// The last satellite ID that is not reserved (RTCM 10403.3, tables 3.5-90, 3.5-95, 3.5-98, 3.5-101,
/// 3.5-104, 3.5-107 and 3.5-108.2). Galileo's 51 and 52 were GIOVE-A and GIOVE-B, which are no more.
/// GLONASS goes on behind the table's 24, since receivers do.
const fn last_satellite_id(constellation: Constellation) -> u8 {
    match constellation {
        Constellation::Gps | Constellation::BeiDou => 63,
        Constellation::Glonass => GLONASS_SLOT_MAX,
        Constellation::Galileo => 50,
        Constellation::Sbas => 39,
        Constellation::Qzss => 10,
        Constellation::Navic => 14,
    }
}

/// SBAS counts from PRN 120, whose RINEX number is 20; all others count as RINEX does.
const fn id_offset(constellation: Constellation) -> u8 {
    match constellation {
        Constellation::Sbas => 19,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_tables_is_a_signal_and_comes_back() {
        let mut signals = 0;
        for constellation in Constellation::ALL {
            for (id, code) in (1..=32).zip(codes(constellation)) {
                let signal = signal_of_id(constellation, id);
                assert_eq!(signal.map(|signal| signal.to_string()).unwrap_or_default(), *code);
                if let Some(signal) = signal {
                    assert_eq!(id_of_signal(signal), Some(id));
                    signals += 1;
                }
            }
            assert_eq!(signal_of_id(constellation, 0), None);
            assert_eq!(signal_of_id(constellation, 33), None);
        }
        // 15 + 4 + 19 + 4 + 13 + 18 + 2, counted in the tables.
        assert_eq!(signals, 75);
    }

    #[test]
    fn satellites_come_back() {
        for constellation in Constellation::ALL {
            for id in 1..=64 {
                if let Some(satellite) = satellite_of_id(constellation, id) {
                    assert_eq!(id_of_satellite(satellite), Some(id));
                }
            }
        }
        let name = |constellation, id| satellite_of_id(constellation, id).map(|s| s.to_string());
        assert_eq!(name(Constellation::Sbas, 1).as_deref(), Some("S20"));
        assert_eq!(name(Constellation::Qzss, 2).as_deref(), Some("J02"));
        assert_eq!(name(Constellation::Gps, 64), None);
        assert_eq!(name(Constellation::Gps, 0), None);
    }
}
