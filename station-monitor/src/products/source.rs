//! Where the files' contents come from: the archive, by two narrow doors.

use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::GpsTime;

use crate::products::kind::Span;

/// The archive could not be read; the same file may be tried again later.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the archive cannot be read: {0}")]
pub struct SourceError(pub String);

/// Epochs in the order of time.
pub type Epochs<'a> = Box<dyn Iterator<Item = Result<ObsEpoch, SourceError>> + 'a>;

/// Where observations are kept.
pub trait ObservationSource: Sync {
    /// The epochs of a station in a span of time, in order. A file asks twice: once for what its header says, once for
    /// the epochs; what comes between is told apart and makes the file be tried again.
    fn epochs(&self, station: &StationName, span: Span) -> Result<Epochs<'_>, SourceError>;

    /// What is known of the multipath of each signal over a span, m, by its RINEX code such as `G1C`; empty if nothing.
    fn multipath_m(&self, station: &StationName, span: Span) -> Vec<(String, f64)> {
        let _ = (station, span);
        Vec::new()
    }

    /// The code-phase biases of GLONASS signals that the station's stream told (message 1230), m; empty if none.
    fn glonass_biases_m(&self, station: &StationName, span: Span) -> Vec<(Signal, f64)> {
        let _ = (station, span);
        Vec::new()
    }
}

/// An ephemeris as a station heard it.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// What was heard.
    pub ephemeris: Ephemeris,
    /// By whom.
    pub station: StationName,
    /// When it came.
    pub at: GpsTime,
}

/// Where ephemerides are kept.
pub trait EphemerisSource: Sync {
    /// What the stations heard in a span of time, in the order in which it came.
    fn ephemerides(&self, span: Span) -> Result<Vec<Heard>, SourceError>;
}
