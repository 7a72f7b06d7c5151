//! Monitor rovers: a station that judges the service by our own engine and by RTKLIB's.

use std::fmt::Write;

use crate::accounts::folder_with;
use crate::browser::{Browser, page_of};
use crate::program::{eventually, is_installed};
use crate::service::Service;
use crate::station::simulated;

/// A base, and 9 km away a station that judges it. Degrees north and east.
const STATIONS: [(&str, f64, f64); 2] = [("BASE", 23.0, 108.0), ("JUDGE", 23.08, 108.0)];
/// Without the network's ionosphere nine kilometres are solved to a metre in any case, and to centimetres soon.
const ERROR_MAX_MM: f64 = 1_000.0;

#[test]
fn a_station_judges_the_service_by_two_engines_side_by_side() {
    let has_rtklib = is_installed("a monitor rover by RTKLIB", "rtkrcv");
    let tables = "[caster]\nlisten = [\"127.0.0.1:0\"]\n[accounts]\nsqlite = \"accounts.db\"\n\
                  [web]\nlisten = \"127.0.0.1:0\"\nfolder = \"web\"\nsecond_factor = false\n";
    let accounts: [&[&str]; 2] = [&["ope", "--role", "operator"], &["judge"]];
    let folder = folder_with(tables, &accounts);
    let (_world, ports) = simulated(folder.path(), &STATIONS, &[]);
    let mut config = tables.to_owned();
    for ((name, north, east), port) in STATIONS.iter().zip(&ports) {
        write!(
            config,
            "[[station]]\nname = \"{name}\"\nlink = \"tcp\"\naddress = \"{port}\"\nposition = [{north}, {east}, 100.0]\n"
        )
        .unwrap();
    }
    write!(
        config,
        "[[mountpoint]]\nname = \"OUT\"\nkind = \"station\"\nstation = \"BASE\"\n\
         [[monitor_rover]]\nstation = \"JUDGE\"\nmountpoint = \"OUT\"\nuser = \"judge\"\npassword = \"secret\"\nrtklib = {has_rtklib}\n"
    )
    .unwrap();
    let service = Service::start_with(folder, &config, &[]);
    let operator = Browser::logged_in(page_of(&service.program.out()), "ope", "secret");
    let wanted = if has_rtklib { 2 } else { 1 };
    let engines = eventually("every engine has a result that is no single point", || {
        let told = operator.get("/api/v1/monitor-rovers").json();
        let rover = told["items"].as_array()?.first()?;
        assert_eq!(
            (rover["name"].as_str(), rover["mountpoint"].as_str()),
            (Some("JUDGE"), Some("OUT"))
        );
        let engines = rover["engines"].as_array()?.clone();
        let differential = engines.iter().filter(|e| e["quality"] != 1);
        (differential.count() == wanted).then_some(engines)
    });
    for engine in &engines {
        println!("{engine}");
        for component in ["east_mm", "north_mm", "up_mm"] {
            let error_mm = engine[component].as_f64().unwrap();
            assert!(error_mm.abs() < ERROR_MAX_MM, "{engine}");
        }
    }
    let series = operator.get("/api/v1/monitor-rovers/JUDGE/series?hours=1").json();
    assert!(!series["east_mm"].as_array().unwrap().is_empty(), "{series}");
    assert_eq!(operator.get("/api/v1/monitor-rovers/NOBODY/series").status, 404);
}
