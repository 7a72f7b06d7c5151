//! Our reference rover beside RTKLIB's `rnx2rtkp` on real baselines: fix rate, common fixes, and distance from known coordinates.
//!
//! `cargo test -p tianshu-positioning --test real_baselines -- --nocapture` prints all figures.

#![expect(clippy::print_stdout, reason = "figures and skipped tests are told by name")]

mod baseline;

use baseline::data::{folder, store};
use baseline::judge::{Case, Limits, compare};
use baseline::receiver::{observations, reference_point};

#[test]
fn wettzell_1_6_m_four_systems() {
    let Some(dir) = folder("wettzell_1_6_m_four_systems", "baseline-wettzell") else { return };
    let navigation = ["ESBC00DNK_R_20201770000_01D_MN.rnx", "ESBC00DNK_R_20201770000_01D_RN.rnx"];
    run(&Case {
        name: "wettzell",
        rover: dir.join("WTZZ00DEU_R_20201770000_01D_30S_MO_120epoch.rnx"),
        base: dir.join("WTZR00DEU_R_20201770000_01D_30S_MO_120epoch.rnx"),
        navigation: navigation.map(|name| dir.join(name)).to_vec(),
        systems: "GREC",
        estimate_atmosphere: false,
        // IGS20 SINEX of the two markers differs by some 3 mm from the headers; what counts here is the baseline.
        limits: Limits { fix_rate_min: 0.99, ..Limits::SHORT },
    });
}

#[test]
fn fujisawa_5_km_at_1_hz() {
    let Some(dir) = folder("fujisawa_5_km_at_1_hz", "baseline-fujisawa") else { return };
    run(&Case {
        name: "fujisawa",
        rover: dir.join("SEPT078M1.21O"),
        base: dir.join("3034078M1.21O"),
        navigation: vec![dir.join("SEPT078M.21P"), dir.join("30340780.21q")],
        systems: "GEJ",
        estimate_atmosphere: false,
        limits: Limits { fix_rate_min: 0.95, ..Limits::SHORT },
    });
}

#[test]
fn hawaii_20_km_a_day_of_gps() {
    let Some(dir) = folder("hawaii_20_km_a_day_of_gps", "baseline-hawaii") else { return };
    run(&Case {
        name: "hawaii",
        rover: dir.join("ainp3020.12o"),
        base: dir.join("ahup3020.12o"),
        navigation: vec![dir.join("ainp3020.12n")],
        systems: "G",
        estimate_atmosphere: true,
        // 463 m of height between the ends, in the tropics: both solvers estimate the water vapour between them, each in its own
        // way, and each epoch's height is uncertain by some 3 cm. Every fix is held against the common median instead.
        limits: Limits {
            median_m: 0.015,
            fix_rate_min: 0.9,
            within_1_cm_min: 0.4,
            ..Limits::DEFAULT
        },
    });
}

#[test]
fn netherlands_35_km_gps_and_glonass() {
    let Some(dir) = folder("netherlands_35_km_gps_and_glonass", "network-nl5") else { return };
    run(&Case {
        name: "ZEGV to DELF",
        rover: dir.join("delf0010.21d"),
        base: dir.join("zegv0010.21d"),
        navigation: vec![
            dir.join("AMEL00NLD_R_20210010000_01D_MN.rnx"),
            dir.join("CBW100NLD_R_20210010000_01D_MN.rnx"),
        ],
        systems: "GR",
        estimate_atmosphere: true,
        limits: Limits::DEFAULT,
    });
}

#[test]
fn netherlands_48_km_gps_and_glonass() {
    let Some(dir) = folder("netherlands_48_km_gps_and_glonass", "network-nl5") else { return };
    run(&Case {
        name: "WSRA to ROVN",
        rover: dir.join("rovn0010.21d"),
        base: dir.join("wsra0010.21d"),
        navigation: vec![
            dir.join("AMEL00NLD_R_20210010000_01D_MN.rnx"),
            dir.join("CBW100NLD_R_20210010000_01D_MN.rnx"),
        ],
        systems: "GR",
        estimate_atmosphere: true,
        limits: Limits::DEFAULT,
    });
}

fn run(case: &Case) {
    let (_, rover) = observations(&case.rover);
    let (base_header, base) = observations(&case.base);
    let ephemerides = store(&case.navigation);
    println!(
        "{}: rover {} epochs, base {} epochs, {} ephemerides",
        case.name,
        rover.len(),
        base.len(),
        ephemerides.iter().count()
    );
    compare(case, reference_point(&base_header), &rover, &base, &ephemerides);
}
