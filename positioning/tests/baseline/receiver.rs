//! A receiver's file, read into our types.

use std::path::Path;

use tianshu_gnss::coords::{Ecef, GRS80};
use tianshu_gnss::observation::ObsEpoch;
use tianshu_rinex::observation::header::ObsHeader;
use tianshu_rinex::observation::reader::ObsReader;

use crate::baseline::data::text;

pub(crate) fn observations(path: &Path) -> (ObsHeader, Vec<ObsEpoch>) {
    let text = text(path);
    let mut reader = ObsReader::new(&text).expect("an observation file");
    let epochs: Vec<ObsEpoch> = reader.by_ref().map(|read| read.epoch).collect();
    (reader.header().clone(), epochs)
}

/// The marker's coordinates and the antenna's height of a header, as a place of the antenna reference point.
pub(crate) fn reference_point(header: &ObsHeader) -> Ecef {
    let marker = header.approx_position.expect("the header tells a position");
    let delta = header.antenna_delta.expect("the header tells the antenna's height");
    marker + delta.to_ecef(marker.to_geodetic(GRS80))
}
