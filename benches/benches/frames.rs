//! Finding frames: in a clean stream, behind noise, and in nothing but noise; and the checksum alone.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tianshu_benches::synthetic::{Numbers, half_noise, msm7_frame, noise};
use tianshu_rtcm::frame::{Frame, FrameDecoder, PAYLOAD_BYTES_MAX};

/// A piece of TCP on an Ethernet link: how a station's bytes arrive.
const CHUNK_BYTES: usize = 1448;

/// Longer than every cache of a core, so that memory is part of what is measured.
const STREAM_BYTES: usize = 4 * 1024 * 1024;

fn find(criterion: &mut Criterion) {
    let clean = msm7_frame(10, 3).as_bytes().repeat(STREAM_BYTES / 400);
    let streams = [
        ("frames", clean),
        ("half_noise", half_noise(STREAM_BYTES)),
        ("noise", noise(&mut Numbers::seeded(2), STREAM_BYTES)),
        // The worst that a stranger can send: every byte is a preamble.
        ("preambles", vec![0xD3; STREAM_BYTES]),
    ];
    let mut group = criterion.benchmark_group("find_frames");
    for (name, stream) in &streams {
        group.throughput(Throughput::Bytes(stream.len() as u64));
        group.bench_with_input(BenchmarkId::from_parameter(name), stream, |bencher, stream| {
            bencher.iter(|| {
                let mut decoder = FrameDecoder::new();
                let mut found = 0_u64;
                for chunk in black_box(stream).chunks(CHUNK_BYTES) {
                    decoder.push(chunk);
                    while decoder.next_found().is_some() {
                        found += 1;
                    }
                }
                found
            });
        });
    }
    group.finish();
}

/// A header that claims the longest frame at every third byte: each claim costs a checksum over 1029 bytes.
fn false_headers(criterion: &mut Criterion) {
    let stream = [0xD3, 0x03, 0xFF].repeat(64 * 1024 / 3);
    let mut group = criterion.benchmark_group("find_frames");
    group.throughput(Throughput::Bytes(stream.len() as u64)).sample_size(20);
    group.bench_function("false_headers", |bencher| {
        bencher.iter(|| {
            let mut decoder = FrameDecoder::new();
            for chunk in black_box(&stream).chunks(CHUNK_BYTES) {
                decoder.push(chunk);
                while decoder.next_found().is_some() {}
            }
        });
    });
    group.finish();
}

/// Framing the longest payload: a copy and the checksum.
fn checksum(criterion: &mut Criterion) {
    let payload = noise(&mut Numbers::seeded(3), PAYLOAD_BYTES_MAX);
    let mut group = criterion.benchmark_group("frame_from_payload");
    group.throughput(Throughput::Bytes(payload.len() as u64));
    group.bench_function("1023_bytes", |bencher| {
        bencher.iter(|| Frame::from_payload(black_box(&payload)).expect("it is not too long"));
    });
    group.finish();
}

criterion_group!(benches, find, false_headers, checksum);
criterion_main!(benches);
