//! An MSM of ours in the words of pyrtcm: every attribute by its name, in the standard's scale.

use tianshu_gnss::constellation::Constellation;
use tianshu_rtcm::msm::fields::Layout;
use tianshu_rtcm::msm::header::MsmLevel;
use tianshu_rtcm::msm::message::{Msm, MsmCell};
use tianshu_rtcm::msm::signal_ids::{satellite_of_id, signal_of_id};

/// Our answer for a satellite or signal ID that is reserved.
const NOT_KNOWN: &str = "reserved";

/// What we expect pyrtcm to say: a number with the step of its field, or a text.
#[derive(Debug)]
pub(crate) enum Expected {
    /// A value, and half of the resolution of its field.
    Number(f64, f64),
    /// A text, such as a signal code.
    Text(String),
}

/// Every attribute that pyrtcm gives to this MSM, in its order.
pub(crate) fn expected(msm: &Msm) -> Vec<(String, Expected)> {
    let mut list = List(Vec::new());
    header(&mut list, msm);
    satellites(&mut list, msm);
    cells(&mut list, msm);
    list.0
}

/// The masks of an MSM, made again from its satellites and cells.
pub(crate) struct Masks {
    /// DF394.
    pub(crate) satellites: u64,
    /// DF396.
    pub(crate) cells: u64,
}

/// The masks of an MSM.
pub(crate) fn masks(msm: &Msm) -> Masks {
    let satellites = msm.satellites.iter().fold(0_u64, |mask, s| mask | 1 << (64 - s.id));
    Masks { satellites, cells: cell_mask(msm) }
}

struct List(Vec<(String, Expected)>);

impl List {
    fn integer(&mut self, name: impl Into<String>, value: impl Into<i128>) {
        self.scaled(name, value.into(), 1.0);
    }

    #[expect(clippy::cast_precision_loss, reason = "pyrtcm's numbers are compared as f64 too")]
    fn scaled(&mut self, name: impl Into<String>, value: i128, step: f64) {
        self.0.push((name.into(), Expected::Number(value as f64 * step, step / 2.0)));
    }

    fn text(&mut self, name: String, text: impl Into<String>) {
        self.0.push((name, Expected::Text(text.into())));
    }
}

fn header(list: &mut List, msm: &Msm) {
    let header = &msm.header;
    list.integer("DF002", header.message_number());
    list.integer("DF003", header.station_id);
    match header.constellation {
        Constellation::Glonass => {
            list.integer("DF416", header.glonass_day());
            list.integer("DF034", header.glonass_time_of_day_ms());
        }
        Constellation::Galileo => list.integer("DF248", header.epoch_time),
        Constellation::Qzss => list.integer("DF428", header.epoch_time),
        Constellation::BeiDou => list.integer("DF427", header.epoch_time),
        Constellation::Navic => list.integer("DF546", header.epoch_time),
        Constellation::Gps | Constellation::Sbas => list.integer("DF004", header.epoch_time),
    }
    list.integer("DF393", header.more_follow);
    list.integer("DF409", header.issue_of_data);
    list.integer("DF001_7", header.reserved);
    list.integer("DF411", header.clock_steering);
    list.integer("DF412", header.external_clock);
    list.integer("DF417", header.divergence_free_smoothing);
    list.integer("DF418", header.smoothing_interval);
    let masks = masks(msm);
    list.integer("DF394", masks.satellites);
    list.integer("NSat", msm.satellites.len() as u64);
    list.integer("DF395", msm.signal_mask);
    list.integer("NSig", msm.signal_mask.count_ones());
    list.integer("DF396", masks.cells);
    list.integer("NCell", msm.cells.len() as u64);
}

/// DF396, made again from the cells.
fn cell_mask(msm: &Msm) -> u64 {
    let signals = msm.signal_mask.count_ones();
    let places = msm.satellites.len() as u64 * u64::from(signals);
    msm.cells.iter().fold(0, |mask, cell| {
        let before = u64::from(msm.signal_mask) >> (33 - u64::from(cell.signal_id));
        let place = u64::from(cell.satellite) * u64::from(signals) + u64::from(before.count_ones());
        mask | 1 << (places - 1 - place)
    })
}

fn satellites(list: &mut List, msm: &Msm) {
    let layout = Layout::of(msm.header.level);
    let numbered = || (1..).zip(&msm.satellites);
    let constellation = msm.header.constellation;
    for (i, satellite) in numbered() {
        list.text(format!("PRN_{i:02}"), satellite_name(constellation, satellite.id));
    }
    if layout.range_ms {
        for (i, satellite) in numbered() {
            list.integer(format!("DF397_{i:02}"), satellite.range_ms.unwrap_or(255));
        }
    }
    if layout.rates {
        let glonass = constellation == Constellation::Glonass;
        let name = if glonass { "DF419" } else { "ExtSatInfo" };
        for (i, satellite) in numbered() {
            list.integer(format!("{name}_{i:02}"), satellite.extended.unwrap_or(0));
        }
    }
    for (i, satellite) in numbered() {
        list.scaled(format!("DF398_{i:02}"), satellite.range_mod.into(), power_of_two(10));
    }
    if layout.rates {
        for (i, satellite) in numbered() {
            list.integer(format!("DF399_{i:02}"), satellite.range_rate.unwrap_or(-8192));
        }
    }
}

fn cells(list: &mut List, msm: &Msm) {
    let layout = Layout::of(msm.header.level);
    let extended = matches!(msm.header.level, MsmLevel::Msm6 | MsmLevel::Msm7);
    let constellation = msm.header.constellation;
    for (i, cell) in (1..).zip(&msm.cells) {
        let satellite = msm.satellites[usize::from(cell.satellite)].id;
        list.text(format!("CELLPRN_{i:02}"), satellite_name(constellation, satellite));
        list.text(format!("CELLSIG_{i:02}"), signal_name(constellation, cell.signal_id));
    }
    let mut column = |name: &str, step: f64, value: &dyn Fn(&MsmCell) -> i32| {
        for (i, cell) in (1..).zip(&msm.cells) {
            list.scaled(format!("{name}_{i:02}"), value(cell).into(), step);
        }
    };
    let lowest = |bits: u32| -(1_i32 << (bits - 1));
    if layout.range.is_some() {
        let (name, exponent, bits) = if extended { ("DF405", 29, 20) } else { ("DF400", 24, 15) };
        column(name, power_of_two(exponent), &|cell| cell.fine_range.unwrap_or(lowest(bits)));
    }
    if layout.phase.is_some() {
        let (name, exponent, bits) = if extended { ("DF406", 31, 24) } else { ("DF401", 29, 22) };
        column(name, power_of_two(exponent), &|cell| cell.fine_phase.unwrap_or(lowest(bits)));
    }
    if layout.lock_time.is_some() {
        let name = if extended { "DF407" } else { "DF402" };
        column(name, 1.0, &|cell| cell.lock_time.unwrap_or(0).into());
        column("DF420", 1.0, &|cell| cell.half_cycle.into());
    }
    if layout.cn0.is_some() {
        let (name, step) = if extended { ("DF408", power_of_two(4)) } else { ("DF403", 1.0) };
        column(name, step, &|cell| cell.cn0.unwrap_or(0).into());
    }
    if layout.rates {
        column("DF404", 0.0001, &|cell| cell.fine_rate.unwrap_or(-16384).into());
    }
}

/// How pyrtcm calls a satellite of the mask: by its PRN or slot, in three digits.
fn satellite_name(constellation: Constellation, id: u8) -> String {
    let Some(satellite) = satellite_of_id(constellation, id) else { return NOT_KNOWN.to_owned() };
    // RINEX counts SBAS from PRN 100 and QZSS from PRN 192 (RINEX 3.05, section 3.5).
    let prn_offset = match constellation {
        Constellation::Sbas => 100,
        Constellation::Qzss => 192,
        _ => 0,
    };
    format!("{:03}", u16::from(satellite.number()) + prn_offset)
}

/// How pyrtcm calls a signal: by its RINEX code.
fn signal_name(constellation: Constellation, id: u8) -> String {
    signal_of_id(constellation, id)
        .map_or(NOT_KNOWN.to_owned(), |signal| format!("{}{}", signal.band(), signal.attribute()))
}

fn power_of_two(minus: i32) -> f64 {
    2.0_f64.powi(-minus)
}
