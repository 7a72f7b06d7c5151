//! Who flies where: nominal orbits of GPS, Galileo, BeiDou, QZSS and GLONASS.

use tianshu_gnss::constants::{
    BEIDOU_EARTH_RATE, BEIDOU_MU, GALILEO_EARTH_RATE, GALILEO_MU, GPS_EARTH_RATE, GPS_MU,
};
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::satellite::Satellite;

use crate::random::{Key, Stream};
use crate::sky::orbit::Elements;

/// GLONASS frequency channels by slot, 1 to 24 (constellation status of the IAC, glonass-iac.ru, as of 2024).
const GLONASS_CHANNELS: [i8; 24] =
    [1, -4, 5, 6, 1, -4, 5, 6, -2, -7, 0, -1, -2, -7, 0, -1, 4, -3, 3, 2, 4, -3, 3, 2];

/// Satellites over one meridian: number, inclination in degrees, and the longitude where they cross the equator.
type Synchronous = &'static [(u8, f64, f64)];

/// BeiDou satellites that stand still or draw a figure of eight over China (positions as of CSNO's service reports).
const BEIDOU_SYNCHRONOUS: Synchronous = &[
    (1, 1.6, 140.0),
    (2, 1.2, 84.0),
    (3, 1.8, 110.5),
    (4, 0.9, 160.0),
    (5, 1.4, 58.75),
    (6, 55.0, 117.0),
    (7, 52.5, 116.0),
    (8, 58.0, 118.5),
    (9, 54.5, 94.0),
    (10, 52.0, 96.5),
    (13, 55.8, 95.0),
    (16, 55.2, 112.0),
    (38, 55.0, 110.5),
    (39, 55.0, 113.0),
    (40, 55.0, 111.0),
    (59, 1.0, 140.0),
    (60, 1.1, 80.0),
    (61, 0.8, 110.5),
];

/// BDS-2 medium orbits and the planes and slots of BDS-3's 24 (BDS-SIS-ICD-B1C-1.0, section 3.1, for the latter).
const BEIDOU_MEDIUM: [u8; 27] = [
    19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46,
    11, 12, 14,
];

/// QZSS: number, inclination in degrees, longitude of the centre, eccentricity (IS-QZSS-PNT, section 3.1).
const QZSS: [(u8, f64, f64, f64); 4] = [
    (1, 41.0, 136.0, 0.075),
    (2, 41.0, 134.0, 0.075),
    (3, 0.06, 127.0, 0.0003),
    (4, 41.5, 135.0, 0.075),
];

/// A satellite, its nominal orbit at the reference time and, for GLONASS, its frequency channel.
#[derive(Clone, Debug)]
pub struct Member {
    /// Who.
    pub satellite: Satellite,
    /// Orbit at the sky's reference time.
    pub elements: Elements,
    /// Frequency channel of a GLONASS satellite.
    pub glonass_channel: Option<i8>,
}

/// A Walker constellation `t/p/f` with a semi-major axis and an inclination.
struct Walker {
    total: u32,
    planes: u32,
    phasing: f64,
    semi_major_m: f64,
    inclination_deg: f64,
    eccentricity_max: f64,
}

/// All satellites of one system, placed by the seed within the tolerances of their slots.
pub fn members(system: Constellation, key: Key) -> Vec<Member> {
    let key = key.of("orbit");
    match system {
        Constellation::Gps => gps(key),
        Constellation::Galileo => galileo(key),
        Constellation::BeiDou => beidou(key),
        Constellation::Qzss => qzss(key),
        Constellation::Glonass => glonass(key),
        Constellation::Sbas | Constellation::Navic => Vec::new(),
    }
}

/// 31 satellites in six planes (IS-GPS-200 serves up to 32; GPS SPS Performance Standard 2020, section 3.2).
fn gps(key: Key) -> Vec<Member> {
    let walker = Walker {
        total: 30,
        planes: 6,
        phasing: 1.7,
        semi_major_m: 26_559_710.0,
        inclination_deg: 55.0,
        eccentricity_max: 0.018,
    };
    let mut members: Vec<Member> = (0..walker.total)
        .map(|slot| walker_member(Constellation::Gps, number(slot + 1), &walker, slot, key, 4.5))
        .collect();
    let spare = walker_member(Constellation::Gps, 31, &walker, 3, key.of("spare"), 35.0);
    members.push(spare);
    members
}

/// 24/3/1 at 29 600 km and two spares (Galileo OS SDD 1.3, section 1.4).
fn galileo(key: Key) -> Vec<Member> {
    let walker = Walker {
        total: 24,
        planes: 3,
        phasing: 1.0,
        semi_major_m: 29_599_801.0,
        inclination_deg: 56.0,
        eccentricity_max: 0.0006,
    };
    let nominal =
        (0..24).map(|s| walker_member(Constellation::Galileo, number(s + 1), &walker, s, key, 0.5));
    let spares = [(25, 4), (26, 13)]
        .map(|(n, s)| walker_member(Constellation::Galileo, n, &walker, s, key.of("spare"), 12.0));
    nominal.chain(spares).collect()
}

fn beidou(key: Key) -> Vec<Member> {
    let walker = Walker {
        total: 24,
        planes: 3,
        phasing: 1.0,
        semi_major_m: 27_906_100.0,
        inclination_deg: 55.0,
        eccentricity_max: 0.001,
    };
    let medium = BEIDOU_MEDIUM.iter().zip(0..).map(|(&n, slot)| {
        let jitter_deg = if slot < 24 { 0.5 } else { 25.0 };
        walker_member(Constellation::BeiDou, n, &walker, slot % 24, key, jitter_deg)
    });
    let synchronous = BEIDOU_SYNCHRONOUS
        .iter()
        .map(|&(n, i, lon)| synchronous(Constellation::BeiDou, n, i, lon, 0.002, key));
    medium.chain(synchronous).collect()
}

fn qzss(key: Key) -> Vec<Member> {
    QZSS.iter().map(|&(n, i, lon, e)| synchronous(Constellation::Qzss, n, i, lon, e, key)).collect()
}

/// 24/3/1 at 25 508 km (GLONASS ICD edition 5.1, section 3.1).
fn glonass(key: Key) -> Vec<Member> {
    let walker = Walker {
        total: 24,
        planes: 3,
        phasing: 1.0,
        semi_major_m: 25_508_000.0,
        inclination_deg: 64.8,
        eccentricity_max: 0.002,
    };
    (0..24)
        .zip(GLONASS_CHANNELS)
        .map(|(slot, channel)| Member {
            glonass_channel: Some(channel),
            ..walker_member(Constellation::Glonass, number(slot + 1), &walker, slot, key, 0.8)
        })
        .collect()
}

fn walker_member(
    system: Constellation,
    n: u8,
    walker: &Walker,
    slot: u32,
    key: Key,
    jitter_deg: f64,
) -> Member {
    let mut random = key.at(u64::from(system.letter())).at(u64::from(n)).stream();
    let per_plane = walker.total / walker.planes;
    let (plane, place) = (slot / per_plane, slot % per_plane);
    let node_deg =
        f64::from(plane) * 360.0 / f64::from(walker.planes) + 17.0 + random.between(-1.0, 1.0);
    let place_deg = f64::from(place) * 360.0 / f64::from(per_plane)
        + f64::from(plane) * walker.phasing * 360.0 / f64::from(walker.total)
        + random.between(-jitter_deg, jitter_deg);
    let perigee_rad = random.between(0.0, std::f64::consts::TAU);
    let mut elements = Elements {
        semi_major_m: walker.semi_major_m,
        eccentricity: random.between(0.0001, walker.eccentricity_max),
        inclination_rad: (walker.inclination_deg + random.between(-0.8, 0.8)).to_radians(),
        // Turned by a system-dependent angle, so that the systems' planes do not coincide.
        node_rad: (node_deg + 23.0 * f64::from(system as u8)).to_radians(),
        perigee_rad,
        mean_anomaly_rad: place_deg.to_radians() - perigee_rad,
        mean_motion_offset_rad_s: random.between(3.5e-9, 5.5e-9),
        // Secular drift of the node by the Earth's oblateness, of this size for all medium orbits.
        node_rate_rad_s: random.between(-8.5e-9, -7.0e-9),
        inclination_rate_rad_s: random.between(-1e-10, 1e-10),
        harmonics: harmonics(&mut random),
        ..Elements::unperturbed(mu(system), earth_rate(system))
    };
    elements.round_to_message();
    Member { satellite: satellite(system, n), elements, glonass_channel: None }
}

/// An orbit as fast as the Earth turns, crossing the equator northward at that longitude.
fn synchronous(
    system: Constellation,
    n: u8,
    inclination_deg: f64,
    crossing_deg: f64,
    eccentricity: f64,
    key: Key,
) -> Member {
    let mut random = key.at(u64::from(system.letter())).at(u64::from(n)).stream();
    let (mu, earth_rate) = (mu(system), earth_rate(system));
    let mean_anomaly_rad = random.between(0.0, std::f64::consts::TAU);
    let perigee_rad = 1.5 * std::f64::consts::PI;
    let mut elements = Elements {
        semi_major_m: (mu / (earth_rate * earth_rate)).cbrt(),
        eccentricity,
        inclination_rad: inclination_deg.to_radians(),
        // At the crossing the argument of latitude is zero; until then node and satellite turn alike.
        node_rad: crossing_deg.to_radians() - perigee_rad - mean_anomaly_rad,
        perigee_rad,
        mean_anomaly_rad,
        ..Elements::unperturbed(mu, earth_rate)
    };
    elements.round_to_message();
    elements.mean_motion_offset_rad_s = earth_rate - elements.keplerian_motion_rad_s();
    Member { satellite: satellite(system, n), elements, glonass_channel: None }
}

/// Harmonic corrections of usual sizes (radians, and metres for the radius): cuc, cus, crc, crs, cic, cis.
fn harmonics(random: &mut Stream) -> [f64; 6] {
    [5e-6, 8e-6, 200.0, 90.0, 1.5e-7, 1.5e-7].map(|size| random.between(-size, size))
}

fn mu(system: Constellation) -> f64 {
    match system {
        Constellation::Galileo => GALILEO_MU,
        Constellation::BeiDou => BEIDOU_MU,
        _ => GPS_MU,
    }
}

fn earth_rate(system: Constellation) -> f64 {
    match system {
        Constellation::Galileo => GALILEO_EARTH_RATE,
        Constellation::BeiDou => BEIDOU_EARTH_RATE,
        _ => GPS_EARTH_RATE,
    }
}

fn number(n: u32) -> u8 {
    u8::try_from(n).expect("slots are numbered below 32")
}

fn satellite(system: Constellation, n: u8) -> Satellite {
    Satellite::new(system, n).expect("numbers of this file's tables are within 1 to 99")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_system_has_its_satellites_once() {
        for (system, count) in [
            (Constellation::Gps, 31),
            (Constellation::Galileo, 26),
            (Constellation::BeiDou, 45),
            (Constellation::Qzss, 4),
            (Constellation::Glonass, 24),
        ] {
            let mut who: Vec<_> =
                members(system, Key::root(1)).iter().map(|m| m.satellite).collect();
            assert_eq!(who.len(), count, "{system}");
            who.sort();
            who.dedup();
            assert_eq!(who.len(), count, "{system} has a satellite twice");
        }
    }
}
