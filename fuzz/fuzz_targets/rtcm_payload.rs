//! Any payload behind a good checksum: read, described, and written again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_rtcm::describe::describe;
use tianshu_rtcm::epoch::EpochAssembler;
use tianshu_rtcm::frame::Frame;
use tianshu_rtcm::glonass_channels::GlonassChannels;
use tianshu_rtcm::message::{Message, decode};
use tianshu_rtcm::msm::observation::partial_epoch;

fuzz_target!(|payload: &[u8]| {
    let Ok(frame) = Frame::from_payload(payload) else { return };
    describe(&frame);
    let near = GpsTime::from_week(2400, Interval::from_seconds(10));
    let mut channels = GlonassChannels::new();
    let mut epochs = EpochAssembler::new();
    match decode(&frame) {
        Ok(Message::Msm(msm)) => {
            let again = msm.encode().expect("what was read can be written");
            let Ok(Message::Msm(read)) = decode(&again) else { panic!("what was written is read") };
            assert_eq!(msm, read);
            if let Some(partial) = partial_epoch(near, &mut channels, &msm) {
                epochs.push(partial);
            }
        }
        Ok(Message::Legacy(legacy)) => {
            if let Some(partial) = legacy.partial_epoch(near, &mut channels) {
                epochs.push(partial);
            }
        }
        Ok(Message::Ephemeris(ephemeris)) => {
            let _ = ephemeris.resolve(near);
        }
        _ => {}
    }
    epochs.expire(near);
});
