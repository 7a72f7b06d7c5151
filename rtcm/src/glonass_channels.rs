//! GLONASS frequency channels, learned from whatever message tells them: without its channel, a GLONASS
//! phase has no wavelength.

use tianshu_gnss::satellite::GLONASS_SLOT_MAX;

/// As many as there are slots.
const SLOTS: usize = GLONASS_SLOT_MAX as usize;

/// The channel of each slot that has told one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GlonassChannels([Option<i8>; SLOTS]);

impl GlonassChannels {
    /// Nothing known yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes the channel of a slot, 1 to 24; the newest word counts. Channels outside of -7 to +6 (what
    /// DF040 and DF419 can say of FDMA satellites of today) are no news.
    pub fn learn(&mut self, slot: u8, channel: i8) {
        if let Some(known) = place(slot).and_then(|place| self.0.get_mut(place))
            && (-7..=6).contains(&channel)
        {
            *known = Some(channel);
        }
    }

    /// The channel of a slot, if it was told.
    pub fn get(&self, slot: u8) -> Option<i8> {
        place(slot).and_then(|place| self.0.get(place).copied().flatten())
    }
}

fn place(slot: u8) -> Option<usize> {
    usize::from(slot).checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_word_counts_and_nonsense_does_not() {
        let mut channels = GlonassChannels::new();
        assert_eq!(channels.get(1), None);
        channels.learn(1, 1);
        channels.learn(1, -7);
        channels.learn(1, 8);
        channels.learn(0, 3);
        channels.learn(28, 3);
        assert_eq!(channels.get(1), Some(-7));
        assert_eq!((channels.get(0), channels.get(28)), (None, None));
    }
}
