//! A station's place as the tide moves it, with its antenna.

use std::sync::Arc;

use tianshu_gnss::antenna::AntennaCalibration;
use tianshu_gnss::coords::{Ecef, Geodetic};
use tianshu_gnss::time::gps::GpsTime;

use crate::model::place::Place;
use crate::model::troposphere::{MappingFunction, ZenithDelay};
use crate::network::preprocess::StationSetup;

/// A station's place, with and without the tide.
#[derive(Clone, Debug)]
pub(super) struct Site {
    setup: StationSetup,
    place: Place,
}

impl Site {
    pub(super) fn new(setup: StationSetup) -> Self {
        Self { place: Place::new(setup.place), setup }
    }

    /// Moves the place to where the tide has it at that time.
    pub(super) fn move_by_tide(&mut self, time: GpsTime) {
        self.place.move_by_tide(time);
    }

    /// Where the tide has it.
    pub(super) fn place(&self) -> Ecef {
        self.place.moved()
    }

    pub(super) fn geodetic(&self) -> Geodetic {
        self.place.geodetic()
    }

    /// How slant delays grow from the zenith's.
    pub(super) fn mapping(&self) -> &MappingFunction {
        self.place.mapping()
    }

    /// The modelled zenith delay.
    pub(super) fn zenith(&self) -> ZenithDelay {
        self.place.zenith()
    }

    pub(super) fn antenna(&self) -> Option<&Arc<AntennaCalibration>> {
        self.setup.antenna.as_ref()
    }
}
