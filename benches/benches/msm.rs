//! MSM7 in and out, as raw integers; beside it the same frame through rtcm-rs.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rtcm_rs::{MessageBuilder, MessageFrame};
use tianshu_benches::synthetic::{SHAPES, msm7_frame};
use tianshu_rtcm::bits::BitWriter;
use tianshu_rtcm::frame::FrameDecoder;
use tianshu_rtcm::msm::message::Msm;

fn decode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("msm7_decode");
    for (satellites, signals) in SHAPES {
        let shape = format!("{satellites}x{signals}");
        let frame = msm7_frame(satellites, signals);
        group.throughput(Throughput::Elements(1));
        group.bench_with_input(BenchmarkId::new("payload", &shape), &frame, |bencher, frame| {
            let mut msm = Msm::default();
            bencher.iter(|| msm.read(black_box(frame.payload())).expect("the frame is sound"));
        });
        // From the bytes of the stream, checksum included: what a station link does.
        group.bench_with_input(BenchmarkId::new("stream", &shape), &frame, |bencher, frame| {
            let mut decoder = FrameDecoder::new();
            let mut msm = Msm::default();
            bencher.iter(|| {
                decoder.push(black_box(frame.as_bytes()));
                while let Some(found) = decoder.next_found() {
                    let tianshu_rtcm::frame::Found::Frame(frame) = found else { continue };
                    msm.read(frame.payload()).expect("the frame is sound");
                }
            });
        });
        group.bench_with_input(BenchmarkId::new("rtcm-rs", &shape), &frame, |bencher, frame| {
            bencher.iter(|| {
                let frame = MessageFrame::new(black_box(frame.as_bytes()));
                frame.expect("the checksum is right").get_message()
            });
        });
    }
    group.finish();
}

fn encode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("msm7_encode");
    for (satellites, signals) in SHAPES {
        let shape = format!("{satellites}x{signals}");
        let frame = msm7_frame(satellites, signals);
        let msm = Msm::decode(frame.payload()).expect("the frame is sound");
        let theirs =
            MessageFrame::new(frame.as_bytes()).expect("the checksum is right").get_message();
        let mut builder = MessageBuilder::new();
        let written = builder.build_message(&theirs).expect("rtcm-rs writes what it read");
        assert_eq!(written, frame.as_bytes(), "both write the same frame");
        group.throughput(Throughput::Elements(1));
        group.bench_with_input(BenchmarkId::new("payload", &shape), &msm, |bencher, msm| {
            bencher.iter(|| {
                let mut writer = BitWriter::new();
                black_box(msm).write(&mut writer).expect("every value is within its field");
                writer
            });
        });
        group.bench_with_input(BenchmarkId::new("frame", &shape), &msm, |bencher, msm| {
            bencher.iter(|| black_box(msm).encode().expect("every value is within its field"));
        });
        group.bench_with_input(BenchmarkId::new("rtcm-rs", &shape), &theirs, |bencher, theirs| {
            bencher.iter(|| builder.build_message(black_box(theirs)).map(<[u8]>::len));
        });
    }
    group.finish();
}

criterion_group!(benches, decode, encode);
criterion_main!(benches);
