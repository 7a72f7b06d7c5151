//! What files say of a station: who it is, where, with what, and whose.

use tianshu_gnss::coords::{Ecef, EcefDelta, Enu, GRS80};
use tianshu_gnss::station::{Antenna, Receiver, StationName};
use tianshu_gnss::time::gps::GpsTime;

use crate::products::identity::NineId;

/// A station, as its operator knows it. Headers and site logs are made of the same record, so that they agree.
#[derive(Clone, Debug, PartialEq)]
pub struct StationRecord {
    /// The network's name for it.
    pub station: StationName,
    /// Its nine-character identifier, which is also its marker's name in headers.
    pub id: NineId,
    /// Marker number (IERS DOMES), where there is one.
    pub domes: Option<String>,
    /// What the site is called.
    pub site_name: String,
    /// City or town; empty if not told.
    pub city: String,
    /// Province; empty if not told.
    pub province: String,
    /// Tectonic plate, in the words of the site log; empty if not told.
    pub plate: String,
    /// The monument and its marker, in the words of the site log; empty if not told.
    pub monument: String,
    /// Where the antenna reference point is.
    pub reference_point: Ecef,
    /// When the marker was set; none if not told.
    pub installed: Option<GpsTime>,
    /// Its receivers, oldest first; at least one.
    pub receivers: Vec<ReceiverRecord>,
    /// Its antennas, oldest first; at least one.
    pub antennas: Vec<AntennaRecord>,
    /// Whose it is.
    pub agency: Agency,
}

/// A receiver and since when it has been there.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceiverRecord {
    /// Its IGS name (rcvr_ant.tab), firmware and serial number.
    pub receiver: Receiver,
    /// The systems it tracks, as the site log writes them: `GPS+GLO+GAL+BDS+QZSS`.
    pub systems: String,
    /// Below this elevation it does not track, degrees.
    pub cutoff_deg: f64,
    /// Since when.
    pub installed: GpsTime,
}

/// An antenna and since when it has been there.
#[derive(Clone, Debug, PartialEq)]
pub struct AntennaRecord {
    /// Its IGS name with the radome, in twenty columns, and its serial number.
    pub antenna: Antenna,
    /// The reference point of its drawing in antenna.gra, such as `BAM`.
    pub reference_point: String,
    /// From the marker to the reference point.
    pub delta: Enu,
    /// Against true north, clockwise, degrees.
    pub alignment_deg: f64,
    /// Since when.
    pub installed: GpsTime,
}

/// Who runs a station, and whom to ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agency {
    /// Its name.
    pub name: String,
    /// Its abbreviation, of at most ten characters.
    pub abbreviation: String,
    /// Postal address.
    pub address: String,
    /// The person to ask, or an office.
    pub contact: String,
    /// Telephone.
    pub telephone: String,
    /// Electronic mail.
    pub email: String,
    /// A page about the network.
    pub web: String,
}

impl StationRecord {
    /// The receiver that measured at a moment; before the first, the first.
    pub fn receiver_at(&self, t: GpsTime) -> Option<&ReceiverRecord> {
        in_force(&self.receivers, t, |r| r.installed)
    }

    /// The antenna that measured at a moment; before the first, the first.
    pub fn antenna_at(&self, t: GpsTime) -> Option<&AntennaRecord> {
        in_force(&self.antennas, t, |a| a.installed)
    }

    /// Where the marker is: below the reference point of the antenna that is there now.
    pub fn marker(&self) -> Ecef {
        let delta = self.antennas.last().map_or(NOWHERE, |antenna| antenna.delta);
        marker_below(self.reference_point, delta)
    }
}

/// Where the marker is below an antenna reference point that is so far from it.
pub fn marker_below(reference_point: Ecef, delta: Enu) -> Ecef {
    let [x, y, z] = delta.to_ecef(reference_point.to_geodetic(GRS80)).xyz();
    reference_point + EcefDelta::new(-x, -y, -z)
}

/// The reference point on the marker itself.
const NOWHERE: Enu = Enu { east_m: 0.0, north_m: 0.0, up_m: 0.0 };

fn in_force<T>(all: &[T], t: GpsTime, installed: impl Fn(&T) -> GpsTime) -> Option<&T> {
    all.iter().rev().find(|entry| installed(entry) <= t).or(all.first())
}

#[cfg(test)]
pub(crate) mod tests {
    use tianshu_gnss::coords::Geodetic;
    use tianshu_gnss::time::utc::Utc;

    use super::*;

    fn day(text: &str) -> GpsTime {
        text.parse::<Utc>().expect("a date").into()
    }

    /// A station that got a new receiver and a higher antenna.
    pub(crate) fn record() -> StationRecord {
        let receiver = |serial: &str, installed: &str| ReceiverRecord {
            receiver: Receiver {
                descriptor: "TRIMBLE ALLOY".to_owned(),
                firmware: "6.20".to_owned(),
                serial: serial.to_owned(),
            },
            systems: "GPS+GLO+GAL+BDS+QZSS".to_owned(),
            cutoff_deg: 0.0,
            installed: day(installed),
        };
        let antenna = |serial: &str, up_m: f64, installed: &str| AntennaRecord {
            antenna: Antenna {
                descriptor: "TRM59800.00     SCIS".to_owned(),
                setup_id: 0,
                serial: Some(serial.to_owned()),
            },
            reference_point: "BAM".to_owned(),
            delta: Enu { east_m: 0.001, north_m: -0.002, up_m },
            alignment_deg: 0.0,
            installed: day(installed),
        };
        StationRecord {
            station: "NANNING".parse().expect("a name"),
            id: "NANN00CHN".parse().expect("an identifier"),
            domes: Some("21602M001".to_owned()),
            site_name: "Nanning".to_owned(),
            city: "Nanning".to_owned(),
            province: "Guangxi".to_owned(),
            plate: "EURASIAN".to_owned(),
            monument: "PILLAR".to_owned(),
            reference_point: Geodetic::from_degrees(22.82, 108.32, 80.0).to_ecef(GRS80),
            installed: Some(day("2019-05-01")),
            receivers: vec![receiver("R-1", "2019-05-01"), receiver("R-2", "2026-03-01")],
            antennas: vec![antenna("A-1", 0.0083, "2019-05-01"), antenna("A-2", 0.1, "2024-01-01")],
            agency: Agency {
                name: "Surveying Institute of Guangxi & friends".to_owned(),
                abbreviation: "SIGX".to_owned(),
                address: "Nanning, Guangxi".to_owned(),
                contact: "Network desk".to_owned(),
                telephone: "+86 771 0000000".to_owned(),
                email: "cors@example.cn".to_owned(),
                web: "https://cors.example.cn".to_owned(),
            },
        }
    }

    #[test]
    fn equipment_is_that_of_the_time() {
        let record = record();
        let serial = |at: &str| record.receiver_at(day(at)).map(|r| r.receiver.serial.clone());
        assert_eq!(serial("2026-02-28").as_deref(), Some("R-1"));
        assert_eq!(serial("2026-03-01").as_deref(), Some("R-2"));
        assert_eq!(serial("2000-01-01").as_deref(), Some("R-1"));
        let up = |at: &str| record.antenna_at(day(at)).map(|a| a.delta.up_m);
        assert_eq!((up("2020-01-01"), up("2024-01-02")), (Some(0.0083), Some(0.1)));
    }

    #[test]
    fn the_marker_is_below_the_reference_point() {
        let record = record();
        let back = (record.reference_point - record.marker())
            .to_enu(record.reference_point.to_geodetic(GRS80));
        assert!((back.up_m - 0.1).abs() < 1e-9 && (back.north_m + 0.002).abs() < 1e-9, "{back:?}");
    }
}
