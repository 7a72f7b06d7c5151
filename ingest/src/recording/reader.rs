//! Reading recordings: push bytes, take records. Damage and a torn tail are findings, not errors.

use crate::recording::format::{HEAD_BYTES, Head, HeadFault, Next, Record, next};

/// What was found in a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A record.
    Record(Record),
    /// So many bytes that are no record.
    Damage {
        /// How many.
        bytes: usize,
    },
    /// The recording ends within a record: it was being written when the machine stopped.
    TornTail {
        /// How many bytes of the record are there.
        bytes: usize,
    },
}

/// Takes a recording apart, in any chunking. Between calls it holds less than one record.
#[derive(Clone, Debug, Default)]
pub struct RecordReader {
    pending: Vec<u8>,
    start: usize,
    damage: usize,
    head: Option<Head>,
    ended: bool,
}

impl RecordReader {
    /// A reader before the first byte.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes. Follow with [`Self::next_found`] until it gives `None`.
    pub fn push(&mut self, chunk: &[u8]) {
        self.pending.drain(..self.start);
        self.start = 0;
        self.pending.extend_from_slice(chunk);
    }

    /// Says that no more bytes will come.
    pub fn finish(&mut self) {
        self.ended = true;
    }

    /// Whether [`Self::finish`] was called.
    pub fn has_finished(&self) -> bool {
        self.ended
    }

    /// The head, once it was read.
    pub fn head(&self) -> Option<Head> {
        self.head
    }

    /// The next finding; `None` when more bytes are needed, or at the end. After an error nothing can be read.
    pub fn next_found(&mut self) -> Result<Option<Found>, HeadFault> {
        if self.head.is_none() {
            let Some(head) = self.rest().first_chunk::<HEAD_BYTES>() else {
                let torn = self.ended && !self.rest().is_empty();
                return if torn { Err(HeadFault::NotARecording) } else { Ok(None) };
            };
            self.head = Some(Head::decode(head)?);
            self.start += HEAD_BYTES;
        }
        Ok(self.next_record())
    }

    fn next_record(&mut self) -> Option<Found> {
        loop {
            if self.rest().is_empty() {
                return if self.ended { self.take_damage() } else { None };
            }
            match next(self.rest()) {
                Next::Damage(bytes) => {
                    self.damage += bytes;
                    self.start += bytes;
                }
                Next::Record(record, bytes) => {
                    // Damage is told before the record behind it, which is then read again.
                    if let Some(damage) = self.take_damage() {
                        return Some(damage);
                    }
                    self.start += bytes;
                    return Some(Found::Record(record));
                }
                Next::Incomplete if self.ended => return Some(self.torn()),
                Next::Incomplete => return None,
            }
        }
    }

    /// What seems to be a torn record at the end may be damage with records behind it.
    fn torn(&mut self) -> Found {
        let bytes = self.rest().len();
        for skip in 1..bytes {
            let Some(behind) = self.rest().get(skip..) else { break };
            if matches!(next(behind), Next::Record(..)) {
                self.start += skip;
                self.damage += skip;
                return self.take_damage().unwrap_or(Found::Damage { bytes: skip });
            }
        }
        self.start += bytes;
        let bytes = bytes + std::mem::take(&mut self.damage);
        Found::TornTail { bytes }
    }

    fn take_damage(&mut self) -> Option<Found> {
        let bytes = std::mem::take(&mut self.damage);
        (bytes > 0).then_some(Found::Damage { bytes })
    }

    fn rest(&self) -> &[u8] {
        self.pending.get(self.start..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
