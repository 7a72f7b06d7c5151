//! `[[monitor_rover]]`: stations that judge the service, as rovers at known places.

use std::path::Path;

use tianshu_gnss::station::StationName;
use tianshu_ntrip::credentials::Credentials;

use crate::config::complaint::Complaints;
use crate::config::mountpoint::{Mount, MountName};
use crate::config::secret;
use crate::config::section::{Found, Section};
use crate::config::solver::NetworkConfig;
use crate::config::station::Station;
use crate::rover::monitor::MonitorRoverConfig;

/// A table as read.
pub(crate) struct Wished {
    station: Option<Found<StationName>>,
    mountpoint: Option<Found<MountName>>,
    credentials: Option<Credentials>,
    rtklib: bool,
}

/// Reads one table.
pub(crate) fn read(mut section: Section<'_>, folder: &Path) -> Wished {
    let station = section.required("station", |s| s.parsed::<StationName>("station"));
    let mountpoint = section.required("mountpoint", |s| s.parsed::<MountName>("mountpoint"));
    let user = section.text("user");
    let before = section.faults();
    let password = secret::read(&mut section, folder);
    let is_unreadable = section.faults() > before;
    let rtklib = section.flag_or("rtklib", false);
    let credentials = match (&user, &password) {
        (Some(user), Some(password)) => {
            let credentials = Credentials::new(user.value, password.reveal());
            if credentials.is_none() {
                section.complain(&user.at, "a user's name has no colon");
            }
            credentials
        }
        (None, None) => None,
        // A password that cannot be read was complained of.
        _ if is_unreadable => None,
        _ => {
            let at = section.place();
            section.complain(&at, "user and password go together");
            None
        }
    };
    section.close();
    Wished { station, mountpoint, credentials, rtklib }
}

/// The monitor rovers of those stations, mountpoints and network.
pub(crate) fn rovers(
    wished: Vec<Found<Wished>>,
    stations: &[Found<Station>],
    mounts: &[Found<Mount>],
    network: Option<&NetworkConfig>,
    complaints: &mut Complaints,
) -> Vec<MonitorRoverConfig> {
    let mut rovers: Vec<MonitorRoverConfig> = Vec::new();
    for found in wished {
        let Wished { station, mountpoint, credentials, rtklib } = found.value;
        let (Some(station), Some(mountpoint)) = (station, mountpoint) else { continue };
        let known = stations.iter().find(|known| *known.value.name() == station.value);
        let place = known.and_then(|known| known.value.settings.reference_point);
        let Some(place) = place else {
            let text = format!("no [[station]] called {} has a position", station.value);
            complaints.add(&station.at, text);
            continue;
        };
        let takes_part =
            network.is_some_and(|n| n.stations.iter().any(|s| s.name == station.value));
        if takes_part {
            let text = format!(
                "{} takes part in [network]: it would judge what it made itself; leave it out of `stations` there",
                station.value
            );
            complaints.add(&station.at, text);
        }
        if rovers.iter().any(|rover| rover.station == station.value) {
            complaints.add(&station.at, format!("{} is a monitor rover already", station.value));
        }
        if !mounts.iter().any(|mount| *mount.value.name() == mountpoint.value.0) {
            let text = format!("no [[mountpoint]] is called {}", mountpoint.value.0);
            complaints.add(&mountpoint.at, text);
        }
        rovers.push(MonitorRoverConfig {
            station: station.value,
            place,
            mountpoint: mountpoint.value.0,
            credentials,
            rtklib,
        });
    }
    rovers
}
