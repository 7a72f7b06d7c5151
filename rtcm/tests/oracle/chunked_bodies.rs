//! NTRIP bodies as a real caster sent them, plain and chunked: once the chunks are taken apart by our NTRIP
//! client, both hold the same frames.

use std::fs;

use tianshu_ntrip::chunked::ChunkDecoder;
use tianshu_ntrip::findings::Findings;

use crate::files::{frames, recording};

/// One recording per form of the body; the chunked one is cut off within its last chunk.
const PLAIN: &str = "ntrip_encode_none.bin";
const CHUNKED: &str = "ntrip_encode_chunked.bin";

/// So much a socket gives at once, or a slow link: the result must not depend on it.
const PIECES: [usize; 3] = [1, 1448, usize::MAX];

#[test]
fn chunked_bodies_hold_the_frames_of_plain_ones() {
    let test = "chunked_bodies_hold_the_frames_of_plain_ones";
    let Some(folder) = recording(test, "pygnssutils") else { return };
    let read = |name: &str| fs::read(folder.join(name)).expect("a recording can be read");
    let frames_of = |stream: &[u8]| -> Vec<Vec<u8>> {
        frames(stream).iter().map(|(_, frame)| frame.as_bytes().to_vec()).collect()
    };
    let plain = frames_of(&read(PLAIN));
    let chunked = read(CHUNKED);
    for piece in PIECES {
        let mut decoder = ChunkDecoder::new();
        let mut findings = Findings::default();
        let pieces = chunked.chunks(piece.min(chunked.len()));
        let body: Vec<u8> = pieces.flat_map(|bytes| decoder.push(bytes, &mut findings)).collect();
        let noise = body.len() - frames_of(&body).iter().map(Vec::len).sum::<usize>();
        assert_eq!(noise, 0, "a chunked body is nothing but frames");
        assert_eq!(frames_of(&body), plain, "in pieces of {piece} bytes");
    }
    println!("{test}: {} frames equal, in {} chunkings", plain.len(), PIECES.len());
}
