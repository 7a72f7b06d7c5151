//! The air between satellites and receivers: what it does to a signal, anywhere and at any time.

pub mod field;
pub mod ionosphere;
pub mod niell;
pub mod troposphere;

use tianshu_gnss::time::gps::GpsTime;

use crate::air::ionosphere::{Ionosphere, IonosphereSettings};
use crate::air::troposphere::{Troposphere, TroposphereSettings};
use crate::random::Key;

/// The whole atmosphere of a world.
#[derive(Clone, Debug)]
pub struct Air {
    /// The dispersive part.
    pub ionosphere: Ionosphere,
    /// The part that delays every carrier alike.
    pub troposphere: Troposphere,
}

impl Air {
    /// The air of a world that starts at `start`.
    pub fn new(
        start: GpsTime,
        ionosphere: IonosphereSettings,
        troposphere: TroposphereSettings,
        key: Key,
    ) -> Self {
        Self {
            ionosphere: Ionosphere::new(start, ionosphere, key.of("ionosphere")),
            troposphere: Troposphere::new(start, troposphere, key.of("troposphere")),
        }
    }
}
