//! `tianshu network`, judged from outside: files, report, determinism, kind refusals, and RTKLIB's rover on a virtual station.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up has failed")]
#![expect(clippy::print_stdout, reason = "the figures are what a reader of the log wants")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value as Json;

/// A folder that goes away with this.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tianshu-{test}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|why| panic!("{name}: {why}"))
    }

    fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
    }

    /// Copies what lies in one folder into another.
    fn copy(&self, from: &str, to: &str) {
        fs::create_dir_all(self.path(to)).unwrap();
        for name in names(&self.path(from)) {
            fs::copy(self.path(from).join(&name), self.path(to).join(&name)).unwrap();
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that stays behind harms nobody.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn names(folder: &Path) -> Vec<String> {
    let all = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        all.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn tianshu(folder: &Folder, arguments: &str) -> Output {
    let program = env!("CARGO_BIN_EXE_tianshu");
    Command::new(program).args(arguments.split(' ')).current_dir(&folder.0).output().unwrap()
}

#[track_caller]
fn good(folder: &Folder, arguments: &str) -> (String, String) {
    let output = tianshu(folder, arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments}: {told}");
    (String::from_utf8_lossy(&output.stdout).into_owned(), told)
}

/// Where a header puts its marker, as text and as metres.
fn position(text: &str) -> (String, [f64; 3]) {
    let line = text.lines().find(|line| line.ends_with("APPROX POSITION XYZ")).unwrap();
    let number = |i: usize| line[14 * i..14 * (i + 1)].trim().parse().unwrap();
    (line[..42].to_owned(), [number(0), number(1), number(2)])
}

/// The names of the stations that were simulated.
fn stations(folder: &Folder) -> Vec<String> {
    let all = names(&folder.path("world")).into_iter();
    let stations = all.filter_map(|name| name.strip_suffix(".rnx").map(str::to_owned));
    stations.filter(|name| !name.starts_with("ROV") && name != "nav").collect()
}

/// The same world in another form: one station's hours in two files, one gzipped, coordinates in a table.
fn in_another_form(folder: &Folder, stations: &[String]) {
    folder.copy("world", "other");
    let [split, packed] = [&stations[0], &stations[1]].map(|name| format!("other/{name}.rnx"));
    let text = folder.read(&split);
    let middle = text.match_indices("\n> ").nth(40).unwrap().0 + 1;
    let head = text.find("\n> ").unwrap() + 1;
    fs::remove_file(folder.path(&split)).unwrap();
    // By name the second half comes first.
    folder.write("other/b_first.rnx", &text[..middle]);
    folder.write("other/a_second.rnx", &(text[..head].to_owned() + &text[middle..]));
    let packing = Command::new("gzip").arg(folder.path(&packed)).status();
    if !packing.is_ok_and(|status| status.success()) {
        println!("SKIPPED a gzipped station: gzip not found");
    }
    let row = |name: &String| {
        let (_, [x, y, z]) = position(&folder.read(&format!("world/{name}.rnx")));
        format!("{},{x:.4},{y:.4},{z:.4}", name.to_lowercase())
    };
    let rows: Vec<String> = stations.iter().map(row).collect();
    let table = format!("# The world's own coordinates\nname,x,y,z\n{}\n", rows.join("\n"));
    folder.write("coordinates.csv", &table);
}

fn report(folder: &Folder, out: &str) -> Json {
    let mut report: Json =
        serde_json::from_str(&folder.read(&format!("{out}/report.json"))).unwrap();
    let cost = report.as_object_mut().unwrap().remove("cpu_ms_per_epoch").unwrap();
    assert!(cost["p50"].as_f64().unwrap() > 0.0, "{cost}");
    report
}

#[test]
fn a_network_is_solved_the_same_way_every_time() {
    let folder = Folder::new("network");
    let world =
        "simulate --stations 9 --rovers 2 --seconds 480 --interval 5 --seed 1 --rinex world";
    good(&folder, world);
    let stations = stations(&folder);
    assert_eq!(stations.len(), 9);
    let left_out = "LIUZHOU";
    let command = |obs: &str, out: &str| {
        format!(
            "network --obs {obs} --nav world/nav.rnx --exclude {} --at-rinex world/ROV2.rnx --at 24,108.9,150 \
             --at-rinex world/ROV1.rnx --out {out}",
            left_out.to_lowercase()
        )
    };
    let (summary, told) = good(&folder, &command("world", "out"));
    assert!(told.contains("ROV1.rnx: passed over") && told.contains("100 %"), "{told}");
    assert!(
        summary.contains("8 stations, 96 epochs of 5 s") && summary.contains("VRS_3"),
        "{summary}"
    );
    let files = ["EXCLUDED_liuzhou.csv", "VRS_1.rnx", "VRS_2.rnx", "VRS_3.rnx", "report.json"];
    assert_eq!(names(&folder.path("out")), files);
    check_header(&folder);
    check_report(&report(&folder, "out"));
    check_comparison(&folder.read("out/EXCLUDED_liuzhou.csv"));

    good(&folder, &command("world", "again"));
    in_another_form(&folder, &stations);
    good(&folder, &(command("other", "third") + " --stations coordinates.csv"));
    for file in &files[..4] {
        let first = folder.read(&format!("out/{file}"));
        assert!(first == folder.read(&format!("again/{file}")), "{file} differs");
        assert!(first == folder.read(&format!("third/{file}")), "{file} differs in another form");
    }
    assert_eq!(report(&folder, "out"), report(&folder, "again"));
    rtklib_fixes(&folder);
}

fn check_header(folder: &Folder) {
    let first = folder.read("out/VRS_1.rnx");
    let head = first.split("END OF HEADER").next().unwrap();
    assert!(head.starts_with("     3.05           OBSERVATION DATA    M"), "{head}");
    for line in ["VRS_1 ", "ADVNULLANTENNA  NONE", "     5.000"] {
        assert!(head.contains(line), "{line:?} is not in {head}");
    }
    let none = "        0.0000        0.0000        0.0000                  ANTENNA: DELTA H/E/N";
    assert!(head.contains(none), "{head}");
    assert_eq!(position(&first).0, position(&folder.read("world/ROV2.rnx")).0);
    assert_eq!(
        position(&folder.read("out/VRS_3.rnx")).0,
        position(&folder.read("world/ROV1.rnx")).0
    );
    // What occurs has columns; the rate is that of the virtual station's own way.
    assert!(head.contains(" L1C") && head.contains(" D1C"), "{head}");
    assert!(first.matches("\n> ").count() > 60, "few epochs");
}

fn check_report(report: &Json) {
    assert_eq!(report["schema"], "tianshu-network-1");
    assert_eq!((report["epochs"].as_u64(), report["interval_s"].as_f64()), (Some(96), Some(5.0)));
    assert_eq!(report["stations"].as_array().unwrap().len(), 8);
    assert_eq!(report["resolved"].as_array().unwrap().len(), 8);
    let last = &report["resolved"][7];
    let ratio = last["ratio"].as_f64().unwrap();
    assert!((0.5..=1.0).contains(&ratio), "{last}");
    assert!(last["by_group"]["gps"]["ambiguities"].as_u64().unwrap() > 0, "{last}");
    assert!(report["initialisation_s"]["all"]["50"].as_f64().unwrap() < 400.0);
    assert!(report["initialisation_s"]["gps"].get("99").is_some());
    assert!(report["closures"]["failed_epochs"].is_u64());
    assert!(report["leave_one_out_ionosphere_rms_m"].as_f64().unwrap() < 0.05);
    assert!(report["geometry_rms_m"].as_f64().unwrap() < 0.05);
    assert!(report["satellite_epochs"]["told"].as_u64().unwrap() > 100);
    assert!(report["sigma"]["factor_mean"].as_f64().unwrap() > 0.0);
    let station = &report["stations"][0];
    assert!(station["epochs"] == 96 && station["not_believed"].is_array(), "{station}");
    assert!(report["virtual_stations"][0]["satellite_epochs"]["withheld"].is_object());
    let excluded = &report["excluded"][0];
    assert_eq!(excluded["name"], "liuzhou");
    assert!(excluded["epochs_compared"].as_u64().unwrap() > 60, "{excluded}");
    assert!(excluded["phase_rms_m"].as_f64().unwrap() < 0.04, "{excluded}");
    assert!(excluded["sigma"]["within_3"].is_number(), "{excluded}");
}

fn check_comparison(text: &str) {
    let mut lines = text.lines();
    let titles: Vec<&str> = lines.next().unwrap().split(',').collect();
    assert_eq!((titles.len(), titles[2], titles[7]), (16, "satellite", "first_residual_m"));
    let mut count = 0;
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells.len(), titles.len(), "{line}");
        assert!(cells[7].parse::<f64>().unwrap().abs() < 0.2, "{line}");
        count += 1;
    }
    assert!(count > 500, "{count} lines");
}

/// RTKLIB, kinematic and forward only, fixes the rover on the virtual station that was made at its place.
fn rtklib_fixes(folder: &Folder) {
    let test = "rtklib_fixes_on_a_virtual_station";
    if Command::new("rnx2rtkp").arg("-?").output().is_err() {
        println!("SKIPPED {test}: rnx2rtkp (Debian package rtklib) not found");
        return;
    }
    // GPS and Galileo.
    let options = "pos1-posmode=kinematic\npos1-soltype=forward\npos1-frequency=l1+2\npos1-navsys=9\npos1-elmask=10\n\
        pos1-ionoopt=off\npos1-tropopt=saas\npos2-armode=continuous\npos2-arthres=3\nant2-postype=rinexhead\n\
        out-solformat=xyz\n";
    folder.write("rtklib.conf", options);
    let output = Command::new("rnx2rtkp")
        .args(["-k", "rtklib.conf", "world/ROV2.rnx", "out/VRS_1.rnx", "world/nav.rnx"])
        .current_dir(&folder.0)
        .output()
        .unwrap();
    let (_, truth) = position(&folder.read("world/ROV2.rnx"));
    let text = String::from_utf8_lossy(&output.stdout);
    let solutions = text.lines().filter(|line| !line.starts_with('%')).map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let off = |i: usize| columns[2 + i].parse::<f64>().unwrap() - truth[i];
        let off_m = (0..3).map(|i| off(i) * off(i)).sum::<f64>().sqrt();
        (columns[5] == "1", off_m)
    });
    let all: Vec<(bool, f64)> = solutions.collect();
    // The network itself needs minutes: the second half counts.
    let late = &all[all.len() / 2..];
    let fixed: Vec<f64> =
        late.iter().filter(|(fixed, _)| *fixed).map(|(_, off_m)| *off_m).collect();
    let rms_m = (fixed.iter().map(|m| m * m).sum::<f64>() / fixed.len().max(1) as f64).sqrt();
    let share = 100.0 * fixed.len() as f64 / late.len().max(1) as f64;
    println!(
        "{test}: {} epochs, {share:.1} % of the second half fixed, rms of those in space {:.1} mm",
        all.len(),
        1e3 * rms_m
    );
    assert!(all.len() >= 40, "{} epochs", all.len());
    assert!(share >= 80.0, "{share} % fixed");
    assert!(rms_m <= 0.06, "{rms_m} m off");
}

/// A command that has to fail with that exit code, telling all of this.
#[track_caller]
fn refused(folder: &Folder, arguments: &str, code: i32, parts: &[&str]) {
    let output = tianshu(folder, arguments);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments}: {told}");
    for part in parts {
        assert!(told.contains(part), "{arguments}: {part:?} is not in {told}");
    }
}

#[test]
fn what_cannot_be_is_refused_kindly() {
    let folder = Folder::new("network-refusals");
    good(
        &folder,
        "simulate --stations 4 --rovers 1 --seconds 15 --interval 5 --seed 2 --rinex world",
    );
    let all = stations(&folder);
    let base = "network --nav world/nav.rnx --out out";
    let of = |obs: &str, more: &str| format!("{base} --obs {obs}{more}");
    folder.write("empty/README", "nothing\n");
    refused(
        &folder,
        &of("empty", ""),
        1,
        &["empty holds no observation file", "--obs", "README: passed over"],
    );
    refused(&folder, &of("nowhere", ""), 1, &["cannot read the folder nowhere"]);
    refused(
        &folder,
        &of("world", " --exclude NOBODY"),
        1,
        &["--exclude NOBODY names nobody", &all[0]],
    );
    let two = format!(" --exclude {} --exclude {}", all[0], all[1]);
    refused(&folder, &of("world", &two), 1, &["2 stations besides", "needs 3"]);
    refused(&folder, &of("world", " --at 23,108"), 1, &["--at 23,108 is not degrees north"]);
    refused(&folder, &of("world", " --at 99,108,0"), 1, &["--at 99,108,0 is no place"]);
    refused(&folder, &of("world", " --at-rinex world/nav.rnx"), 1, &["--at-rinex world/nav.rnx"]);
    refused(&folder, &of("world", " --systems GX"), 1, &["no system has the letter X"]);
    refused(&folder, &of("world", " --interval 0"), 1, &["--interval 0 is not between"]);
    refused(
        &folder,
        &of("world", " --antex world/nav.rnx"),
        1,
        &["--antex world/nav.rnx", "ANTEX"],
    );
    folder.write("bad.csv", "name,x,y,z\nA,1,2,3,4\n");
    refused(
        &folder,
        &of("world", " --stations bad.csv"),
        78,
        &["bad.csv:2: this is no coordinate"],
    );
    refused_navigation(&folder, &all);
    refused_stations(&folder, &all);
    assert!(
        !folder.path("out").exists() || names(&folder.path("out")).is_empty(),
        "nothing is left"
    );
}

fn refused_navigation(folder: &Folder, all: &[String]) {
    let with = |nav: &str| format!("network --obs world --nav {nav} --out out");
    let observations = format!("world/{}.rnx", all[0]);
    refused(folder, &with(&observations), 1, &[&observations, "not navigation data"]);
    refused(folder, &with("none.rnx"), 1, &["cannot read none.rnx"]);
    let text = folder.read("world/nav.rnx");
    let head = text.split_inclusive("END OF HEADER").next().unwrap();
    folder.write("bare.rnx", &format!("{head}\n"));
    refused(folder, &with("bare.rnx"), 1, &["bare.rnx holds no ephemeris"]);
    // Of the day before yesterday, by the week of the records and by their clocks.
    folder.copy("world", "later");
    for name in all {
        let text = folder.read(&format!("later/{name}.rnx"));
        folder
            .write(&format!("later/{name}.rnx"), &text.replace("\n> 2026 03 20", "\n> 2026 03 25"));
    }
    let later = "network --obs later --nav world/nav.rnx --out out";
    refused(folder, later, 1, &["no ephemeris of the navigation files holds", "same day"]);
}

fn refused_stations(folder: &Folder, all: &[String]) {
    let of = |obs: &str| format!("network --obs {obs} --nav world/nav.rnx --out out");
    let name = &all[0];
    let text = folder.read(&format!("world/{name}.rnx"));
    folder.copy("world", "twice");
    folder.write("twice/COPY.rnx", &text);
    refused(
        folder,
        &of("twice"),
        1,
        &[&format!("station {name} is there twice"), "COPY.rnx", "keep one"],
    );
    folder.copy("world", "nowhere-on-earth");
    let place = position(&text).0;
    let zero = format!("{:14.4}", 0.0).repeat(3);
    folder.write(&format!("nowhere-on-earth/{name}.rnx"), &text.replace(&place, &zero));
    refused(
        folder,
        &of("nowhere-on-earth"),
        1,
        &[&format!("{name}.rnx"), "has no coordinates", "--stations"],
    );
    folder.copy("world", "apart");
    for (hour, name) in (2..).zip(all) {
        let text = folder.read(&format!("apart/{name}.rnx"));
        let moved = text.replace("\n> 2026 03 20 02 00", &format!("\n> 2026 03 20 02 {hour:02}"));
        folder.write(&format!("apart/{name}.rnx"), &moved);
    }
    refused(folder, &of("apart"), 1, &["no two stations have an epoch in common"]);
    folder.copy("world", "damaged");
    let gzip = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x0b, 0xf2];
    fs::write(folder.path(&format!("damaged/{name}.rnx")), gzip).unwrap();
    refused(folder, &of("damaged"), 1, &[&format!("{name}.rnx: it is damaged"), "fetch it again"]);
}
