//! Writing recordings: the events that pass the door, or the plain frames of one station.

use std::io::{self, Write};
use std::time::Duration;

use tianshu_gnss::event::{StationEvent, StationNews};

use crate::recording::format::{BODY_BYTES_MAX, Content, Head, Record};

/// What a recording is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordAs {
    /// Our own format: all stations, with arrival stamps.
    Recording {
        /// The time limit of incomplete epochs of the links that are recorded.
        epoch_wait: Duration,
    },
    /// The frames one after the other, as other programs read them. Only for one station at a time.
    PlainRtcm,
}

/// Writes what passes the door. Writing blocks; give it a thread of its own.
#[derive(Debug)]
pub struct Recorder<W: Write> {
    out: W,
    form: RecordAs,
    records: u64,
}

impl<W: Write> Recorder<W> {
    /// Begins a recording on an empty file (or behind whatever was written to it).
    pub fn begin(mut out: W, form: RecordAs) -> io::Result<Self> {
        if let RecordAs::Recording { epoch_wait } = form {
            out.write_all(&Head { epoch_wait }.encode())?;
        }
        Ok(Self { out, form, records: 0 })
    }

    /// Writes one event. What follows from frames by decoding is not written; it comes again at the replay.
    pub fn write(&mut self, event: &StationEvent) -> io::Result<()> {
        let content = match &event.news {
            StationNews::Up => Content::Up,
            StationNews::Down(reason) => Content::Down(reason.clone()),
            StationNews::Frame(frame) if frame.len() <= BODY_BYTES_MAX => {
                Content::Frame(frame.clone())
            }
            _ => return Ok(()),
        };
        match (self.form, content) {
            (RecordAs::PlainRtcm, Content::Frame(frame)) => self.out.write_all(&frame)?,
            (RecordAs::PlainRtcm, _) => return Ok(()),
            (RecordAs::Recording { .. }, content) => {
                let (station, arrived) = (event.station.clone(), event.arrived);
                self.out.write_all(&Record { station, arrived, content }.encode())?;
            }
        }
        self.records += 1;
        Ok(())
    }

    /// Writes out what is buffered. Call it now and then: what is not written out is lost with the machine.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// How many records (or plain frames) were written.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Ends the recording and gives the file back.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}
