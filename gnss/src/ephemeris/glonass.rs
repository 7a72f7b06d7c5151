//! GLONASS ephemerides: position, velocity and luni-solar acceleration at a reference time.

use crate::satellite::Satellite;
use crate::time::gps::{GpsTime, Interval};
use crate::time::scales::GlonassTime;

/// A GLONASS ephemeris (GLONASS ICD edition 5.1, section 4.4), in PZ-90 and SI units.
#[derive(Clone, Debug, PartialEq)]
pub struct GlonassEphemeris {
    /// Whose it is.
    pub satellite: Satellite,
    /// Frequency channel, -7 to +13.
    pub channel: i8,
    /// The moment `t_b` at which position and velocity hold.
    pub reference_time: GpsTime,
    /// The moment `t_k` of the frame within the day, told by 1020; none where the source does not tell.
    pub frame_time: Option<GpsTime>,
    /// Position at `t_b`, m.
    pub position_m: [f64; 3],
    /// Velocity at `t_b`, m/s.
    pub velocity_m_s: [f64; 3],
    /// Luni-solar acceleration at `t_b`, m/s².
    pub acceleration_m_s2: [f64; 3],
    /// Clock offset `-τ_n` is subtracted: the broadcast `τ_n`, s (system time minus satellite time).
    pub tau_n_s: f64,
    /// Relative frequency offset `γ_n`.
    pub gamma_n: f64,
    /// Delay between G2 and G1, `Δτ_n`, s; none where the source does not tell.
    pub delta_tau_n_s: Option<f64>,
    /// Age of the immediate data `E_n`, days (5 bits).
    pub age_days: u8,
    /// Health: the three bits `B_n` as they are; the first set means unhealthy.
    pub health_bn: u8,
    /// Accuracy index `F_T`, where told (GLONASS-M).
    pub ft: Option<u8>,
    /// What else the satellite's frame told, where the source passes it on (message 1020 does).
    pub frame: Option<GlonassFrame>,
}

/// The words of a GLONASS frame that neither orbit nor clock need, kept so that it can be sent again
/// unchanged (GLONASS ICD edition 5.1, section 4.4 and 4.5).
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "they are the frame's own one-bit words")]
pub struct GlonassFrame {
    /// Health `C_n` of this satellite in the almanac: set means healthy.
    pub almanac_health: bool,
    /// Whether `C_n` is told at all.
    pub almanac_health_told: bool,
    /// `t_k` as broadcast: hours (5 bits), minutes (6 bits), half minutes (1 bit), Moscow time.
    pub tk: u16,
    /// `P1`, the interval between adjacent `t_b` (2 bits).
    pub p1: u8,
    /// `P2`, whether `t_b` is odd.
    pub p2: bool,
    /// `P3`, whether five satellites have their almanac in this frame.
    pub p3: bool,
    /// `P`, how the satellite uses `τ_c` and `τ_GPS` (2 bits).
    pub p: u8,
    /// `l_n` of the third string: set means unhealthy.
    pub ln_third: bool,
    /// `P4`, whether the ephemeris was updated.
    pub p4: bool,
    /// `N_T`, the day within the four years (11 bits), 0 if not told.
    pub day_nt: u16,
    /// `M`, the generation of the satellite: 0 GLONASS, 1 GLONASS-M (2 bits).
    pub generation: u8,
    /// Whether the words of the fifth string that follow are told.
    pub additional_told: bool,
    /// `N^A`, the day within the four years to which `τ_c` belongs (11 bits).
    pub day_na: u16,
    /// `τ_c`, GLONASS time against UTC(SU), s.
    pub tau_c_s: f64,
    /// `N_4`, the number of the four years since 1996 (5 bits).
    pub n4: u8,
    /// `τ_GPS`, GPS time against GLONASS time, s.
    pub tau_gps_s: f64,
    /// `l_n` of the fifth string: set means unhealthy.
    pub ln_fifth: bool,
    /// The reserved bits at the end of message 1020 (7 bits).
    pub reserved: u8,
}

/// The step of `t_b` on the air (GLONASS ICD edition 5.1, table 4.5).
const QUARTER_HOUR: Interval = Interval::from_seconds(900);

impl GlonassEphemeris {
    /// `t_b` as the message counts it: quarter hours of the GLONASS day, 0 to 95.
    pub fn quarter_hour_of_day(&self) -> u16 {
        let time_of_day = GlonassTime::from(self.reference_time).time_of_day;
        u16::try_from(time_of_day.nanos() / QUARTER_HOUR.nanos()).unwrap_or(0)
    }
}
