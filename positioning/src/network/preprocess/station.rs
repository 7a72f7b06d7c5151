//! A station's place as the tide moves it, with what is computed once for it.

use std::sync::Arc;

use tianshu_gnss::antenna::AntennaCalibration;
use tianshu_gnss::coords::{Ecef, GRS80, Geodetic};
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::model::tide::solid_earth_tide;
use crate::model::troposphere::{MappingFunction, RELATIVE_HUMIDITY, ZenithDelay, zenith_delay};
use crate::network::preprocess::StationSetup;

/// The tide is computed anew after this time: it moves a place by at most 0.1 mm meanwhile.
const TIDE_STEP: Interval = Interval::from_seconds(60);

/// A station's place, with and without the tide.
#[derive(Clone, Debug)]
pub(super) struct Site {
    setup: StationSetup,
    geodetic: Geodetic,
    zenith: ZenithDelay,
    moved: Ecef,
    mapping: MappingFunction,
    moved_for: Option<GpsTime>,
}

impl Site {
    pub(super) fn new(setup: StationSetup) -> Self {
        let geodetic = setup.place.to_geodetic(GRS80);
        let zenith = zenith_delay(geodetic, RELATIVE_HUMIDITY);
        let mapping = MappingFunction::of(geodetic, GpsTime::from_nanos(0));
        Self { moved: setup.place, mapping, moved_for: None, geodetic, zenith, setup }
    }

    /// Moves the place to where the tide has it at that time.
    pub(super) fn move_by_tide(&mut self, time: GpsTime) {
        let step = time.rounded_to(TIDE_STEP);
        if self.moved_for != Some(step) {
            self.moved = self.setup.place + solid_earth_tide(self.setup.place, step);
            self.mapping = MappingFunction::of(self.geodetic, step);
            self.moved_for = Some(step);
        }
    }

    /// Where the tide has it.
    pub(super) fn place(&self) -> Ecef {
        self.moved
    }

    pub(super) fn geodetic(&self) -> Geodetic {
        self.geodetic
    }

    /// How slant delays grow from the zenith's.
    pub(super) fn mapping(&self) -> &MappingFunction {
        &self.mapping
    }

    /// The modelled zenith delay.
    pub(super) fn zenith(&self) -> ZenithDelay {
        self.zenith
    }

    pub(super) fn antenna(&self) -> Option<&Arc<AntennaCalibration>> {
        self.setup.antenna.as_ref()
    }
}
