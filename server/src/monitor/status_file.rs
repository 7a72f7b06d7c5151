//! The state of all stations as a file, renewed each second: for pages, scripts, and whoever looks.

use std::fs;
use std::io;
use std::path::PathBuf;

use crate::json::monitor::view;
use crate::monitor::view::MonitorView;

/// The file.
pub(super) struct StatusFile {
    path: PathBuf,
    /// A fault is told once, until it is over.
    fails: bool,
}

impl StatusFile {
    /// A file that is not written yet.
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, fails: false }
    }

    /// Writes it. It is always a whole one: the new one takes the old one's place when it is complete.
    pub(super) fn write(&mut self, of: &MonitorView) {
        let written = self.replace(&view(of).to_string());
        if let Err(error) = &written
            && !self.fails
        {
            tracing::error!("the status file {} cannot be written: {error}", self.path.display());
        }
        self.fails = written.is_err();
    }

    fn replace(&self, text: &str) -> io::Result<()> {
        let mut beside = self.path.clone().into_os_string();
        beside.push(".new");
        fs::write(&beside, text)?;
        fs::rename(&beside, &self.path)
    }
}
