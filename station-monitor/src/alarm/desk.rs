//! The alarm desk: what is true of the stations in, messages out.

use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::uptime::Uptime;

use crate::alarm::group::{Grouper, Message};
use crate::alarm::machine::{Alarm, Machine};
use crate::alarm::rules::{Rules, Whole};
use crate::quality::status::StationStatus;

/// Rules, alarms and groups together.
#[derive(Clone, Debug, Default)]
pub struct Desk {
    rules: Rules,
    machine: Machine,
    grouper: Grouper,
}

impl Desk {
    /// Takes what is true now, and gives the messages that are due. To be called once a second or so.
    pub fn step(
        &mut self,
        now: Uptime,
        time: GpsTime,
        stations: &[StationStatus],
        whole: Whole,
    ) -> Vec<Message> {
        let wrong = self.rules.judge(stations, whole);
        let changes = self.machine.step(now, time, wrong);
        self.grouper.step(now, changes)
    }

    /// Somebody takes an alarm on; whether there is such an alarm.
    pub fn acknowledge(&mut self, id: u64, by: &str, at: GpsTime) -> bool {
        self.machine.acknowledge(id, by, at)
    }

    /// The alarms that are on.
    pub fn raised(&self) -> impl Iterator<Item = &Alarm> {
        self.machine.raised()
    }

    /// The last alarms that are over, the newest last.
    pub fn over(&self) -> impl DoubleEndedIterator<Item = &Alarm> {
        self.machine.over()
    }
}
