//! GGA sentences of the field, and that what is written is read again.

use proptest::prelude::*;

use super::*;

/// Five decimals of a minute are 1e-5/60 degrees; half of that is the rounding.
const TOLERANCE_DEG: f64 = 1e-7;

/// Completes a sentence with its checksum.
fn summed(body: &str) -> String {
    format!("${body}*{:02X}", checksum(body))
}

#[track_caller]
fn check_place(body: &str, expected: Option<(f64, f64, f64)>) {
    let gga = Gga::parse(&summed(body)).unwrap();
    let found = gga.position().map(|p| (p.latitude_deg(), p.longitude_deg(), p.height_m));
    match (found, expected) {
        (Some(found), Some(expected)) => {
            assert!((found.0 - expected.0).abs() < TOLERANCE_DEG, "{found:?} {expected:?}");
            assert!((found.1 - expected.1).abs() < TOLERANCE_DEG, "{found:?} {expected:?}");
            assert!((found.2 - expected.2).abs() < 1e-6, "{found:?} {expected:?}");
        }
        (found, expected) => assert_eq!(found, expected, "{body}"),
    }
}

#[test]
fn positions_are_read_from_every_talker() {
    let munich = Some((48.0 + 7.038 / 60.0, 11.0 + 31.0 / 60.0, 545.4 + 46.9));
    check_place("GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,", munich);
    check_place("GNGGA,123519.00,4807.038,N,01131.000,E,4,08,0.9,545.4,M,46.9,M,1.0,0031", munich);
    check_place("GBGGA,,4807.038,n,01131.000,e,5,,,545.4,M,46.9,M", munich);
    let south_west = Some((-(33.0 + 30.0 / 60.0), -(0.5 / 60.0), 0.0));
    check_place("GPGGA,123519,3330.0,S,00000.5,W,1,08,,,,,,,", south_west);
    check_place("GPGGA,123519,4807.038,N,01131.000,E,1", Some((48.1173, 11.0 + 31.0 / 60.0, 0.0)));
}

#[test]
fn without_a_fix_there_is_no_position() {
    // Note 28: quality 0 or empty fields mean "no data yet", not a fault.
    check_place("GPGGA,,,,,,0,,,,,,,,", None);
    check_place("GPGGA,123519,4807.038,N,01131.000,E,0,00,99.9,,M,,M,,", None);
    check_place("GPGGA,123519,,,,,1,00,99.9,,M,,M,,", None);
}

#[track_caller]
fn check_fault(sentence: &str, expected: GgaFault) {
    assert_eq!(Gga::parse(sentence), Err(expected), "{sentence}");
}

#[test]
fn bad_sentences_are_refused_by_name() {
    check_fault("$GPGGA,123519*00", GgaFault::BadChecksum { said: 0, counted: 0x77 });
    check_fault("$GPGGA,123519", GgaFault::NoChecksum);
    check_fault("GPGGA,123519*00", GgaFault::Unreadable("beginning"));
    check_fault("$GPGGA,123519*+1", GgaFault::Unreadable("checksum"));
    check_fault(&summed("GPGGA,123519,9107.0,N,01131.0,E,1"), GgaFault::Unreadable("latitude"));
    check_fault(&summed("GPGGA,123519,4861.0,N,01131.0,E,1"), GgaFault::Unreadable("latitude"));
    check_fault(&summed("GPGGA,123519,48,X,01131.0,E,1"), GgaFault::Unreadable("latitude"));
    check_fault(&summed("GPGGA,123519,4807.0,N,18131.0,E,1"), GgaFault::Unreadable("longitude"));
    check_fault(&summed("GPGGA,256199,4807.0,N,01131.0,E,1"), GgaFault::Unreadable("time"));
    check_fault(&summed("GPGGA,,,,,,nan"), GgaFault::Unreadable("quality"));
    check_fault(&summed("GPGGA,,,,,,1,,,inf"), GgaFault::Unreadable("altitude"));
    check_fault(&summed("GPRMC,,,,,,1"), GgaFault::Unreadable("name"));
}

#[test]
fn what_we_send_upstream_reads_as_expected() {
    let position = Geodetic::from_degrees(48.1173, -11.5, 592.3);
    let gga = Gga::at(position, Some(Duration::from_secs(45_319)));
    let body = "GPGGA,123519.00,4807.03800,N,01130.00000,W,1,12,1.0,592.300,M,0.000,M,,";
    assert_eq!(gga.to_string(), summed(body));
}

#[test]
fn an_angle_never_shows_sixty_minutes() {
    assert_eq!(angle(10.999_999_999_9, 2, ["N", "S"]), "1100.00000,N");
    assert_eq!(angle(-180.0, 3, ["E", "W"]), "18000.00000,W");
}

prop_compose! {
    fn any_gga()(
        milliseconds in prop::option::of(0..86_400_000_u64),
        place in prop::option::of((-90.0..=90.0, -180.0..=180.0)),
        (quality, satellites) in (1..9_u8, prop::option::of(0..99_u8)),
        hdop in prop::option::of(0.0..99.0),
        altitude_m in prop::option::of(-500.0..9000.0),
        separation_m in prop::option::of(-110.0..90.0),
        correction_age_s in prop::option::of(0.0..99.0),
        station_id in prop::option::of(0..4096_u16),
    ) -> Gga {
        Gga {
            talker: ['G', 'N'],
            utc_of_day: milliseconds.map(Duration::from_millis),
            place: place.map(|(latitude_deg, longitude_deg)| Place { latitude_deg, longitude_deg }),
            quality, satellites, hdop, altitude_m, separation_m, correction_age_s, station_id,
        }
    }
}

proptest! {
    #[test]
    fn what_is_printed_is_read_again(gga in any_gga()) {
        let printed = gga.to_string();
        let read = Gga::parse(&printed).unwrap();
        // Printing rounds once; from then on nothing changes any more.
        prop_assert_eq!(read.to_string(), printed);
        prop_assert_eq!(read.utc_of_day, gga.utc_of_day);
        prop_assert_eq!(read.station_id, gga.station_id);
        if let (Some(read), Some(written)) = (read.place, gga.place) {
            prop_assert!((read.latitude_deg - written.latitude_deg).abs() < TOLERANCE_DEG);
            prop_assert!((read.longitude_deg - written.longitude_deg).abs() < TOLERANCE_DEG);
        }
    }

    #[test]
    fn any_text_is_survived(text in "\\PC{0,90}") {
        let _ = Gga::parse(&text);
        let _ = Gga::parse(&summed(&text));
        let _ = Gga::parse(&summed(&format!("GPGGA,{text}")));
    }
}
