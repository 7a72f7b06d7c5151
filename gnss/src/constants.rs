//! Physical constants, each with its source.

/// Speed of light in vacuum, m/s. Exact by the definition of the metre (BIPM, SI brochure 9th ed., 2.3.1).
pub const SPEED_OF_LIGHT: f64 = 299_792_458.0;

/// Earth's gravitational parameter for GPS and QZSS broadcast orbits, m³/s².
///
/// IS-GPS-200, table 20-IV; IS-QZSS-PNT, section 5.5. Galileo, BeiDou and GLONASS use other values.
pub const GPS_MU: f64 = 3.986_005e14;

/// Earth's gravitational parameter for Galileo broadcast orbits, m³/s² (Galileo OS SIS ICD, table 60).
pub const GALILEO_MU: f64 = 3.986_004_418e14;

/// Earth's gravitational parameter of CGCS2000 for BeiDou broadcast orbits, m³/s² (BDS-SIS-ICD-B1I-3.0, section 3.2).
pub const BEIDOU_MU: f64 = 3.986_004_418e14;

/// Earth's gravitational parameter for GLONASS broadcast orbits, m³/s², as the user's equations of motion round it
/// (GLONASS ICD edition 5.1, appendix A.3.1.2). PZ-90's own is 3.986_004_418e14.
pub const GLONASS_MU: f64 = 3.986_004_4e14;

/// Earth's rotation rate for GPS, QZSS and NavIC broadcast orbits, rad/s (IS-GPS-200, table 20-IV).
pub const GPS_EARTH_RATE: f64 = 7.292_115_146_7e-5;

/// Earth's rotation rate for Galileo broadcast orbits, rad/s (Galileo OS SIS ICD, table 60).
pub const GALILEO_EARTH_RATE: f64 = 7.292_115_146_7e-5;

/// Earth's rotation rate of CGCS2000 for BeiDou broadcast orbits, rad/s (BDS-SIS-ICD-B1I-3.0, section 3.2).
pub const BEIDOU_EARTH_RATE: f64 = 7.292_115_0e-5;

/// Earth's rotation rate of PZ-90 for GLONASS orbits, rad/s (GLONASS ICD edition 5.1, table 3.2).
pub const GLONASS_EARTH_RATE: f64 = 7.292_115e-5;

/// Earth's equatorial radius of PZ-90, m (GLONASS ICD edition 5.1, table 3.2).
pub const GLONASS_EARTH_RADIUS: f64 = 6_378_136.0;

/// Second zonal harmonic of the geopotential, `J2`, as the user's equations of motion round it (GLONASS ICD edition 5.1,
/// appendix A.3.1.2). PZ-90's own is 1.082_625_75e-3.
pub const GLONASS_J2: f64 = 1.082_625_7e-3;

/// Pi as the GPS, Galileo and BeiDou interface documents print it for semicircles (IS-GPS-200, section 20.3.3.4.3.2).
#[expect(
    clippy::approx_constant,
    reason = "the interface documents round pi; their values are told with this one"
)]
pub const SEMICIRCLE: f64 = 3.141_592_653_589_8;

const _: () =
    assert!(3.98e14 < GPS_MU && GPS_MU < 3.99e14, "a slipped exponent would still compile");
const _: () =
    assert!(3.98e14 < GALILEO_MU && GALILEO_MU < 3.99e14, "a slipped exponent would still compile");
const _: () = assert!(
    7.29e-5 < GPS_EARTH_RATE && GPS_EARTH_RATE < 7.30e-5,
    "a slipped exponent would still compile"
);
