//! The same files out of a real ClickHouse engine as out of the archive's own files: exported, and virtual.

#[path = "../../../../../station-monitor/tests/clickhouse/engine.rs"]
mod engine;

use std::time::Duration;

use tianshu_rinex::write::WrittenVersion;
use tianshu_station_monitor::archive::clickhouse::deliver::Deliverer;
use tianshu_station_monitor::archive::clickhouse::schema::Retention;
use tianshu_station_monitor::archive::span::Span;

use self::engine::Engine;
use super::*;

/// Long enough for the engine on a busy machine.
const PATIENT: Duration = Duration::from_mins(2);

#[test]
fn clickhouse_gives_the_files_that_the_archives_own_files_give() {
    let name = "clickhouse_gives_the_files_that_the_archives_own_files_give";
    let setting = Setting::new();
    let folder = setting.folder.path();
    let Some(engine) = Engine::start(name, &folder.join("engine")) else { return };
    let database = Engine::config(engine.port, PATIENT);
    let deliverer = Deliverer::new(&database).unwrap();
    deliverer.migrate(&database, Retention::default()).unwrap();
    setting.archived().keep(&folder.join("beside"), Some(&database), |_| ()).unwrap();
    assert!(!folder.join("beside/observations").exists(), "the database alone has them");

    let [own, its] = ["kept", "beside"].map(|kept| {
        let left_out = std::slice::from_ref(&setting.left_out);
        let text = setting.archived().config(kept, left_out);
        let with = format!("[archive]\nclickhouse = \"{}\"\n", database.url);
        let text = if kept == "beside" { text.replace("[archive]\n", &with) } else { text };
        from_text(&text, folder).expect("a good configuration")
    });
    assert!(own.archive.as_ref().is_some_and(|archive| archive.database.is_none()));
    assert!(its.archive.as_ref().is_some_and(|archive| archive.database.is_some()));

    let [own_text, its_text] = [&own, &its].map(|config| exported_text(&setting, config));
    assert_eq!(own_text.matches("\n> ").count() as u64, EPOCHS);
    assert_eq!(its_text, own_text, "what a station measured");

    let [own_made, its_made] = [(&own, "own"), (&its, "its")].map(|(config, out)| {
        let ground = Ground::of(config).unwrap();
        let go_on = &mut |_: &_| ControlFlow::Continue(());
        make(&ground, &setting.request(), &folder.join(out), go_on).unwrap()
    });
    let [own_text, its_text] = [&own_made, &its_made].map(|made| body(&made.rinex));
    assert_eq!(own_text.matches("\n> ").count() as u64, EPOCHS);
    assert_eq!(its_text, own_text, "what a receiver would have measured");
    assert_eq!(its_made.report.stations, own_made.report.stations);
}

/// What the station that was left out measured in the span.
fn exported_text(setting: &Setting, config: &Config) -> String {
    let request = setting.request();
    let order = rinex::Order {
        span: Span { from: request.from, until: request.until },
        interval: None,
        version: WrittenVersion::V305,
        packing: Packing { compact: false, gzip: false },
        made: request.until.into(),
    };
    let mut out = Vec::new();
    let archive = config.archive.as_ref().unwrap();
    rinex::observations(config, archive, &setting.left_out, &order, &mut out, &mut |_, _| ())
        .unwrap();
    String::from_utf8(out).unwrap()
}

/// A file behind its header, which tells when it was made.
fn body(file: &std::path::Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    text.split_once("END OF HEADER").unwrap().1.to_owned()
}
