//! The stations' antenna calibrations, by the names in the headers.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use tianshu_gnss::antenna::AntennaCalibration;
use tianshu_gnss::station::Antenna;
use tianshu_rinex::antex::reader::AntexReader;
use tianshu_rinex::unpack::unpacked;

/// The calibrations of an ANTEX file that somebody may need.
#[derive(Clone, Debug, Default)]
pub(crate) struct Antennas {
    /// By name; of one name those of single antennas before the type's.
    by_name: BTreeMap<String, Vec<Arc<AntennaCalibration>>>,
}

/// What was found for an antenna.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Match {
    /// The calibration of its type and radome, or its own.
    Exact(Arc<AntennaCalibration>),
    /// That of its type without a radome.
    WithoutRadome(Arc<AntennaCalibration>),
    /// Nothing.
    None,
}

/// The antenna whose phase centre is its reference point (rcvr_ant.tab); it needs no calibration.
pub(crate) const NULL_ANTENNA: &str = "ADVNULLANTENNA";

impl Antennas {
    /// Reads the calibrations of these antennas from a file.
    pub(crate) fn from_file(path: &Path, wanted: &[Antenna]) -> anyhow::Result<Self> {
        let shown = path.display();
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {shown}"))?;
        let text = unpacked(&bytes).with_context(|| shown.to_string())?;
        let reader = AntexReader::new(&text).with_context(|| format!("--antex {shown}"))?;
        let mut by_name: BTreeMap<String, Vec<Arc<AntennaCalibration>>> = BTreeMap::new();
        for calibration in reader {
            let kept = by_name.entry(calibration.name.clone()).or_default();
            if wanted.iter().any(|a| calibration.name.starts_with(type_of(a).as_str())) {
                kept.push(Arc::new(calibration));
            }
        }
        by_name.retain(|_, kept| !kept.is_empty());
        Ok(Self { by_name })
    }

    /// The calibration for an antenna.
    pub(crate) fn of(&self, antenna: &Antenna) -> Match {
        let (kind, radome) = (type_of(antenna), radome_of(antenna));
        if let Some(exact) = self.find(&format!("{kind}{radome}"), antenna) {
            return Match::Exact(exact);
        }
        let bare = self.find(&format!("{kind}NONE"), antenna);
        bare.map_or(Match::None, Match::WithoutRadome)
    }

    fn find(&self, name: &str, antenna: &Antenna) -> Option<Arc<AntennaCalibration>> {
        let all = self.by_name.get(name)?;
        let own = all.iter().find(|c| c.serial.is_some() && c.serial == antenna.serial);
        own.or_else(|| all.iter().find(|c| c.serial.is_none())).cloned()
    }
}

/// The type in its sixteen columns.
fn type_of(antenna: &Antenna) -> String {
    let text: String = antenna.descriptor.chars().take(16).collect();
    format!("{:<16}", text.trim_end())
}

/// The radome behind it; NONE where none is told.
fn radome_of(antenna: &Antenna) -> String {
    let radome: String = antenna.descriptor.chars().skip(16).take(4).collect();
    let radome = radome.trim();
    if radome.is_empty() { "NONE".to_owned() } else { radome.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calibrated(name: &str, serial: Option<&str>) -> Arc<AntennaCalibration> {
        let serial = serial.map(str::to_owned);
        Arc::new(AntennaCalibration { name: name.to_owned(), serial, carriers: Vec::new() })
    }

    #[test]
    fn the_radome_is_asked_for_before_it_is_left_out() {
        let names = ["TRM29659.00     UNAV", "TRM29659.00     NONE", "LEIAR25.R4      NONE"];
        let mut by_name: BTreeMap<_, _> =
            names.iter().map(|n| ((*n).to_owned(), vec![calibrated(n, None)])).collect();
        by_name.insert(
            "AOAD/M_T        DUTD".to_owned(),
            vec![calibrated("AOAD/M_T        DUTD", Some("273"))],
        );
        let all = Antennas { by_name };
        let of = |descriptor: &str, serial: &str| {
            let serial = Some(serial.to_owned());
            all.of(&Antenna { descriptor: descriptor.to_owned(), setup_id: 0, serial })
        };
        assert_eq!(of("TRM29659.00     UNAV", "1"), Match::Exact(calibrated(names[0], None)));
        assert_eq!(of("TRM29659.00", "1"), Match::Exact(calibrated(names[1], None)));
        assert_eq!(
            of("LEIAR25.R4      LEIT", "1"),
            Match::WithoutRadome(calibrated(names[2], None))
        );
        assert_eq!(of("LEIAR25", "1"), Match::None);
        let own = calibrated("AOAD/M_T        DUTD", Some("273"));
        assert_eq!(of("AOAD/M_T        DUTD", "273"), Match::Exact(own));
        assert_eq!(of("AOAD/M_T        DUTD", "9"), Match::None);
    }
}
