//! Short titles of message numbers, as operators read them.

use tianshu_gnss::constellation::Constellation;

use crate::msm::header::{MsmLevel, msm_kind};

/// The title of a message number; `unknown` where the standard has none that we know.
#[expect(clippy::too_many_lines, reason = "the standard's list of messages, in its order")]
pub fn name(number: u16) -> &'static str {
    if let Some((constellation, level)) = msm_kind(number) {
        return msm_name(constellation, level);
    }
    match number {
        63 => "BeiDou ephemeris (draft)",
        1001 => "GPS observations L1",
        1002 => "GPS observations L1, extended",
        1003 => "GPS observations L1 and L2",
        1004 => "GPS observations L1 and L2, extended",
        1005 => "antenna reference point",
        1006 => "antenna reference point and height",
        1007 => "antenna descriptor",
        1008 => "antenna descriptor and serial number",
        1009 => "GLONASS observations L1",
        1010 => "GLONASS observations L1, extended",
        1011 => "GLONASS observations L1 and L2",
        1012 => "GLONASS observations L1 and L2, extended",
        1013 => "system parameters",
        1014 => "network auxiliary station",
        1015 => "GPS ionospheric correction differences",
        1016 => "GPS geometric correction differences",
        1017 => "GPS combined correction differences",
        1018 => "reserved for ionospheric correction differences",
        1019 => "GPS ephemeris",
        1020 => "GLONASS ephemeris",
        1021 => "Helmert / abridged Molodenski transformation",
        1022 => "Molodenski-Badekas transformation",
        1023 => "transformation residuals, ellipsoidal grid",
        1024 => "transformation residuals, plane grid",
        1025 => "projection",
        1026 => "projection, Lambert conic conformal (2SP)",
        1027 => "projection, oblique Mercator",
        1029 => "text",
        1030 => "GPS network residuals",
        1031 => "GLONASS network residuals",
        1032 => "physical reference station position",
        1033 => "receiver and antenna descriptors",
        1034 => "GPS network FKP gradients",
        1035 => "GLONASS network FKP gradients",
        1037 => "GLONASS ionospheric correction differences",
        1038 => "GLONASS geometric correction differences",
        1039 => "GLONASS combined correction differences",
        1041 => "NavIC ephemeris",
        1042 => "BeiDou ephemeris",
        1043 => "SBAS ephemeris",
        1044 => "QZSS ephemeris",
        1045 => "Galileo F/NAV ephemeris",
        1046 => "Galileo I/NAV ephemeris",
        1057 => "SSR GPS orbit corrections",
        1058 => "SSR GPS clock corrections",
        1059 => "SSR GPS code biases",
        1060 => "SSR GPS orbit and clock corrections",
        1061 => "SSR GPS user range accuracy",
        1062 => "SSR GPS high-rate clock corrections",
        1063 => "SSR GLONASS orbit corrections",
        1064 => "SSR GLONASS clock corrections",
        1065 => "SSR GLONASS code biases",
        1066 => "SSR GLONASS orbit and clock corrections",
        1067 => "SSR GLONASS user range accuracy",
        1068 => "SSR GLONASS high-rate clock corrections",
        1230 => "GLONASS code-phase biases",
        1240 => "SSR Galileo orbit corrections (draft)",
        1241 => "SSR Galileo clock corrections (draft)",
        1242 => "SSR Galileo code biases (draft)",
        1243 => "SSR Galileo orbit and clock corrections (draft)",
        1244 => "SSR Galileo user range accuracy (draft)",
        1245 => "SSR Galileo high-rate clock corrections (draft)",
        1246 => "SSR QZSS orbit corrections (draft)",
        1247 => "SSR QZSS clock corrections (draft)",
        1248 => "SSR QZSS code biases (draft)",
        1249 => "SSR QZSS orbit and clock corrections (draft)",
        1250 => "SSR QZSS user range accuracy (draft)",
        1251 => "SSR QZSS high-rate clock corrections (draft)",
        1252 => "SSR SBAS orbit corrections (draft)",
        1253 => "SSR SBAS clock corrections (draft)",
        1254 => "SSR SBAS code biases (draft)",
        1255 => "SSR SBAS orbit and clock corrections (draft)",
        1256 => "SSR SBAS user range accuracy (draft)",
        1257 => "SSR SBAS high-rate clock corrections (draft)",
        1258 => "SSR BeiDou orbit corrections (draft)",
        1259 => "SSR BeiDou clock corrections (draft)",
        1260 => "SSR BeiDou code biases (draft)",
        1261 => "SSR BeiDou orbit and clock corrections (draft)",
        1262 => "SSR BeiDou user range accuracy (draft)",
        1263 => "SSR BeiDou high-rate clock corrections (draft)",
        1264 => "SSR ionosphere VTEC (draft)",
        1265 => "SSR GPS phase biases (draft)",
        1266 => "SSR GLONASS phase biases (draft)",
        1267 => "SSR Galileo phase biases (draft)",
        1268 => "SSR QZSS phase biases (draft)",
        1269 => "SSR SBAS phase biases (draft)",
        1270 => "SSR BeiDou phase biases (draft)",
        1300 => "service CRS",
        1301 => "15-parameter Helmert transformation",
        1302 => "RTCM CRS",
        1303 => "BeiDou network residuals",
        1304 => "Galileo network residuals",
        1305 => "QZSS network residuals",
        4073 => "Mitsubishi Electric (Compact SSR)",
        4076 => "IGS SSR",
        4001..=4095 => "proprietary",
        _ => "unknown",
    }
}

/// The titles of the seven levels of one system.
macro_rules! levels {
    ($system:literal) => {
        [
            concat!($system, " MSM1"),
            concat!($system, " MSM2"),
            concat!($system, " MSM3"),
            concat!($system, " MSM4"),
            concat!($system, " MSM5"),
            concat!($system, " MSM6"),
            concat!($system, " MSM7"),
        ]
    };
}

fn msm_name(constellation: Constellation, level: MsmLevel) -> &'static str {
    let names = match constellation {
        Constellation::Gps => levels!("GPS"),
        Constellation::Glonass => levels!("GLONASS"),
        Constellation::Galileo => levels!("Galileo"),
        Constellation::Sbas => levels!("SBAS"),
        Constellation::Qzss => levels!("QZSS"),
        Constellation::BeiDou => levels!("BeiDou"),
        Constellation::Navic => levels!("NavIC"),
    };
    names.get(usize::from(level.digit()).wrapping_sub(1)).copied().unwrap_or("unknown")
}
