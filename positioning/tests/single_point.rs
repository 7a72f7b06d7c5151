//! Single points of real receivers against their known coordinates.

#![expect(clippy::print_stdout, reason = "figures and skipped tests are told by name")]

#[path = "baseline/data.rs"]
mod data;

use std::path::Path;

use data::{folder, store, text};
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::coords::{Ecef, GRS80};
use tianshu_gnss::ephemeris::store::EphemerisStore;
use tianshu_positioning::spp::{self, Ionosphere, SppConfig};
use tianshu_rinex::navigation::reader::NavReader;
use tianshu_rinex::observation::reader::ObsReader;

/// What single points by broadcast ephemerides are good for, horizontal and up, m, rms (GPS SPS Performance Standard 2020, section 3.8: 95 %
/// below 8 m and 13 m at the worst site, without the receiver's own errors).
const LIMITS_M: [f64; 2] = [3.0, 5.0];
/// The same where the file has no coefficients of the ionosphere and mean ones stand in, at 19° north in a year of many sunspots.
const LIMITS_WITHOUT_COEFFICIENTS_M: [f64; 2] = [5.0, 8.0];

struct Seen {
    solved: usize,
    epochs: usize,
    horizontal_rms_m: f64,
    up_rms_m: f64,
}

fn single_points(
    file: &Path,
    known: Option<Ecef>,
    ephemerides: &EphemerisStore,
    ionosphere: Ionosphere,
) -> Seen {
    let text = text(file);
    let reader = ObsReader::new(&text).expect("an observation file");
    let header = reader.header().clone();
    let marker = known.or(header.approx_position).expect("the header tells a position");
    let place = marker.to_geodetic(GRS80);
    let antenna: Ecef = marker + header.antenna_delta.expect("told").to_ecef(place);
    let config = SppConfig { ionosphere, ..SppConfig::default() };
    let (mut epochs, mut solved, mut squares) = (0, 0, [0.0, 0.0]);
    for read in reader.step_by(4) {
        epochs += 1;
        // From nothing: the Earth's centre.
        let Ok(point) = spp::solve(&config, &read.epoch, ephemerides, None) else { continue };
        let off = (point.position - antenna).to_enu(place);
        solved += 1;
        squares[0] += off.horizontal_m().powi(2);
        squares[1] += off.up_m.powi(2);
    }
    let [horizontal_rms_m, up_rms_m] =
        squares.map(|sum: f64| (sum / f64::from(solved.max(1))).sqrt());
    let solved = usize::try_from(solved).expect("a day's epochs");
    Seen { solved, epochs, horizontal_rms_m, up_rms_m }
}

#[track_caller]
fn check(folder_name: &str, file: &str, known: Option<Ecef>, navigation: &[&str]) {
    let Some(dir) = folder("single_points_are_as_good_as_published", folder_name) else { return };
    let paths: Vec<_> = navigation.iter().map(|name| dir.join(name)).collect();
    let ephemerides = store(&paths);
    let model = paths.iter().find_map(|path| {
        let text = text(path);
        let header = NavReader::new(&text).ok()?.header().clone();
        header.klobuchar.get(&Constellation::Gps).copied()
    });
    let klobuchar = match SppConfig::default().ionosphere {
        Ionosphere::Klobuchar(mean) => Ionosphere::Klobuchar(model.unwrap_or(mean)),
        Ionosphere::Free => Ionosphere::Free,
    };
    for ionosphere in [klobuchar, Ionosphere::Free] {
        let seen = single_points(&dir.join(file), known, &ephemerides, ionosphere);
        let kind = if ionosphere == Ionosphere::Free { "free" } else { "Klobuchar" };
        println!(
            "{file} {kind}: {} of {} epochs, horizontal {:.2} m, up {:.2} m (rms)",
            seen.solved, seen.epochs, seen.horizontal_rms_m, seen.up_rms_m
        );
        assert!(
            seen.solved * 100 >= seen.epochs * 99,
            "{file}: {} of {}",
            seen.solved,
            seen.epochs
        );
        let has_model = model.is_some() || ionosphere == Ionosphere::Free;
        let limits = if has_model { LIMITS_M } else { LIMITS_WITHOUT_COEFFICIENTS_M };
        assert!(seen.horizontal_rms_m < limits[0] && seen.up_rms_m < limits[1], "{file} {kind}");
    }
}

#[test]
fn single_points_are_as_good_as_published() {
    let wettzell = ["ESBC00DNK_R_20201770000_01D_MN.rnx", "ESBC00DNK_R_20201770000_01D_RN.rnx"];
    // The headers are off by a metre; the markers by IGS20 SINEX (as in wtzr_wtzz_multignss_static_rtklib_oracle.json there).
    let wtzr = Some(Ecef::new(4_075_580.311_1, 931_854.054_3, 4_801_568.280_8));
    let wtzz = Some(Ecef::new(4_075_579.191_3, 931_853.369_6, 4_801_569.189_7));
    let of = |name: &str| format!("{name}00DEU_R_20201770000_01D_30S_MO_120epoch.rnx");
    check("baseline-wettzell", &of("WTZR"), wtzr, &wettzell);
    check("baseline-wettzell", &of("WTZZ"), wtzz, &wettzell);
    check("baseline-hawaii", "ahup3020.12o", None, &["ainp3020.12n"]);
    check("baseline-fujisawa", "SEPT078M1.21O", None, &["SEPT078M.21P", "30340780.21q"]);
    let netherlands = ["AMEL00NLD_R_20210010000_01D_MN.rnx", "CBW100NLD_R_20210010000_01D_MN.rnx"];
    check("network-nl5", "delf0010.21d", None, &netherlands);
    check("network-nl5", "zegv0010.21d", None, &netherlands);
}
