//! Whatever a caster answers, in any pieces.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tianshu_ntrip::client::request::{Caster, Errand, VersionChoice};
use tianshu_ntrip::client::session::ClientSession;
use tianshu_ntrip::mountpoint::Mountpoint;

fuzz_target!(|input: (u8, Vec<Vec<u8>>)| {
    let (choice, pieces) = input;
    let version = match choice % 3 {
        0 => VersionChoice::V1,
        1 => VersionChoice::V2,
        _ => VersionChoice::Auto,
    };
    let caster = Caster { host: "host".to_owned(), port: 2101, version, credentials: None };
    let mountpoint = Mountpoint::new("M").expect("a good name");
    let errand = match choice / 3 % 3 {
        0 => Errand::Pull { mountpoint, gga: None },
        1 => Errand::Push { mountpoint, str_line: None },
        _ => Errand::Table { query: None },
    };
    let mut session = ClientSession::new(caster, errand);
    for piece in &pieces {
        session.on_bytes(piece);
    }
    session.on_end();
});
