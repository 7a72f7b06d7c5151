//! Uploads: joins the caster, where stations push, with ingest, which reads them.

use tianshu_caster::upload::{UploadLink, UploadRefusal, UploadSink};
use tianshu_gnss::event::DownReason;
use tianshu_gnss::station::StationName;
use tianshu_ingest::upload::{self, Intake};

/// Hands the caster's uploads to ingest.
pub(crate) struct Uploads {
    intake: Intake,
}

impl Uploads {
    /// Uploads that go into that intake.
    pub(crate) fn new(intake: Intake) -> Self {
        Self { intake }
    }
}

impl UploadSink for Uploads {
    fn open(&self, station: &StationName) -> Result<Box<dyn UploadLink>, UploadRefusal> {
        Ok(Box::new(Pushed(Some(self.intake.open(station)))))
    }
}

/// One upload; nothing is in it once it is closed.
struct Pushed(Option<upload::UploadLink>);

impl UploadLink for Pushed {
    fn bytes(&mut self, bytes: &[u8]) -> Result<(), UploadRefusal> {
        match &mut self.0 {
            Some(link) => link.push(bytes).map_err(|why| UploadRefusal(why.to_string())),
            None => Err(UploadRefusal("the upload is closed".to_owned())),
        }
    }

    fn close(&mut self, reason: DownReason) {
        if let Some(link) = self.0.take() {
            link.close(reason);
        }
    }
}
