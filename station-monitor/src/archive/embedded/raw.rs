//! Raw frames of a station and an hour, as they were received: any product can be made again of them.
//!
//! ```text
//! 8 bytes  "TSRAW001"
//! frames   i64 arrival in ns of GPS time, u16 length, the frame from its preamble to its CRC     little-endian
//! ```

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use bytes::Bytes;
use tianshu_gnss::time::gps::GpsTime;

/// What a file begins with.
const MAGIC: &[u8; 8] = b"TSRAW001";
/// Read at once.
const READ_BYTES: usize = 1 << 18;

/// A frame, and when it arrived by the clock of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawFrame {
    /// When it arrived.
    pub arrived: GpsTime,
    /// The frame.
    pub frame: Bytes,
}

/// Writes frames.
pub(super) fn write(frames: &[RawFrame], out: &mut impl Write) -> io::Result<()> {
    out.write_all(MAGIC)?;
    for RawFrame { arrived, frame } in frames {
        let length = u16::try_from(frame.len()).map_err(io::Error::other)?;
        out.write_all(&arrived.nanos().to_le_bytes())?;
        out.write_all(&length.to_le_bytes())?;
        out.write_all(frame)?;
    }
    Ok(())
}

/// Reads all frames of a file. An hour of a station is some ten megabytes.
pub(super) fn read(path: &Path) -> io::Result<Vec<RawFrame>> {
    let file = File::open(path)?;
    let mut left = file.metadata()?.len();
    let mut file = BufReader::with_capacity(READ_BYTES, file);
    let mut magic = [0; 8];
    file.read_exact(&mut magic)?;
    if magic != *MAGIC {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "no file of raw frames"));
    }
    left = left.saturating_sub(8);
    let mut frames = Vec::new();
    while left > 0 {
        let (mut stamp, mut length) = ([0; 8], [0; 2]);
        file.read_exact(&mut stamp)?;
        file.read_exact(&mut length)?;
        let length = u16::from_le_bytes(length);
        let mut frame = vec![0; usize::from(length)];
        file.read_exact(&mut frame)?;
        left = left.saturating_sub(10 + u64::from(length));
        let arrived = GpsTime::from_nanos(i64::from_le_bytes(stamp));
        frames.push(RawFrame { arrived, frame: frame.into() });
    }
    Ok(frames)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::sample;

    #[test]
    fn frames_come_back_and_a_cut_file_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.raw");
        let frames: Vec<_> = (0..5)
            .map(|n| RawFrame { arrived: sample::time(n), frame: vec![0xd3; 9].into() })
            .collect();
        let mut bytes = Vec::new();
        write(&frames, &mut bytes).unwrap();
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(read(&path).unwrap(), frames);
        std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert!(read(&path).is_err());
        std::fs::write(&path, b"TSRAW002").unwrap();
        assert!(read(&path).is_err());
    }
}
