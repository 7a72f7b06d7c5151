//! Whatever a peer sends to the caster's port, in any pieces.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tianshu_ntrip::server::session::{Chunking, ServerEvent, ServerSession};

fuzz_target!(|pieces: Vec<Vec<u8>>| {
    let mut session = ServerSession::new();
    for piece in &pieces {
        for event in session.on_bytes(piece) {
            if let ServerEvent::Request(_) = event {
                session.accept(Chunking::WhenSpoken);
            }
        }
    }
});
