//! Any file that is offered as RINEX, plain, compressed or packed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tianshu_rinex::navigation::reader::NavReader;
use tianshu_rinex::observation::reader::ObsReader;
use tianshu_rinex::unpack::unpacked;

fuzz_target!(|file: &[u8]| {
    let Ok(text) = unpacked(file) else { return };
    if let Ok(reader) = ObsReader::new(&text) {
        reader.count();
    }
    if let Ok(reader) = NavReader::new(&text) {
        reader.count();
    }
});
