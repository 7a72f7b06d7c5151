//! `[[mountpoint]]`: what rovers may ask for, and where its bytes come from.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use tianshu_caster::config::{
    MountConfig, MountKind, NearestPolicy, NetworkMount, NetworkProduct, UploadCredentials,
    VirtualMount,
};
use tianshu_caster::profile::Observations;
use tianshu_gnss::station::StationName;
use tianshu_ntrip::mountpoint::Mountpoint;
use tianshu_rtcm::msm::header::MsmLevel;

use crate::config::complaint::Complaints;
use crate::config::document::unnamed;
use crate::config::profile;
use crate::config::secret;
use crate::config::section::{Found, Section};
use crate::config::station::{Heard, Station};

/// A mountpoint's name as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MountName(pub Mountpoint);

impl FromStr for MountName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = "1 to 100 visible ASCII characters without ';', '/' and '?'";
        Mountpoint::new(text)
            .map(Self)
            .ok_or_else(|| format!("{text:?} cannot name a mountpoint: {wanted} were expected"))
    }
}

/// A mountpoint as understood, with the places of the stations it names.
pub(crate) struct Mount {
    /// What the caster is told.
    pub config: MountConfig,
    /// Whether its kind, and the station that this needs, could be read; what stands in for them says nothing.
    is_understood: bool,
    stations_at: Vec<(StationName, Range<usize>)>,
}

impl Mount {
    /// Its name.
    pub(crate) fn name(&self) -> &Mountpoint {
        &self.config.mountpoint
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Station,
    Nearest,
    Vrs,
    Network(NetworkProduct),
    Upload,
}

/// The kinds of mountpoints, as they are written.
const KINDS: [(&str, Kind); 6] = [
    ("station", Kind::Station),
    ("nearest", Kind::Nearest),
    ("vrs", Kind::Vrs),
    ("mac", Kind::Network(NetworkProduct::Mac)),
    ("fkp", Kind::Network(NetworkProduct::Fkp)),
    ("upload", Kind::Upload),
];

/// Reads one table.
pub(crate) fn read(mut section: Section<'_>, folder: &Path) -> Mount {
    let name = section.required("name", |s| s.parsed::<MountName>("name"));
    let kind = section.required("kind", |s| s.word("kind", &KINDS));
    let needs_account = section.flag_or("needs_account", true);
    let description = section.text_or("description", "");
    let understood = match kind {
        Some(Kind::Station) => station(&mut section),
        Some(Kind::Nearest) => Some(nearest(&mut section)),
        Some(Kind::Vrs) => Some(vrs(&mut section)),
        Some(Kind::Network(product)) => Some(network(&mut section, product)),
        Some(Kind::Upload) => upload(&mut section, folder),
        None => None,
    };
    let mountpoint = name.map_or_else(|| no_name(&section.place()), |found| found.value.0);
    // What belongs to which kind is unknown without one: complaints about keys would be guesses.
    if kind.is_some() {
        section.close();
    }

    let is_understood = understood.is_some();
    let (kind, stations_at) = understood.unwrap_or_else(|| {
        let policy = NearestPolicy::default();
        (MountKind::Nearest { among: BTreeSet::new(), policy }, Vec::new())
    });
    let config = MountConfig { mountpoint, kind, needs_account, description };
    Mount { config, is_understood, stations_at }
}

fn no_name(at: &Range<usize>) -> Mountpoint {
    Mountpoint::new(&unnamed(at)).expect("letters, digits and hyphens name a mountpoint")
}

type Understood = (MountKind, Vec<(StationName, Range<usize>)>);

fn station(section: &mut Section<'_>) -> Option<Understood> {
    let found = section.required("station", |s| s.parsed::<StationName>("station"))?;
    Some((MountKind::Station { station: found.value.clone() }, vec![(found.value, found.at)]))
}

fn nearest(section: &mut Section<'_>) -> Understood {
    let (among, policy, at) = nearest_base(section);
    (MountKind::Nearest { among, policy }, at)
}

/// A virtual station; where none can be made, the nearest base is chosen by the same keys as in kind nearest.
fn vrs(section: &mut Section<'_>) -> Understood {
    let profile = Arc::new(profile::read(section, Observations::Msm(MsmLevel::Msm4)));
    let (among, policy, at) = nearest_base(section);
    let grid = section.flag_or("grid", false);
    (MountKind::Virtual(VirtualMount { profile, among, policy, grid }), at)
}

/// A master and its network, for receivers that put them together by themselves.
fn network(section: &mut Section<'_>, product: NetworkProduct) -> Understood {
    let profile = Arc::new(profile::read(section, Observations::Legacy));
    let network_id = section.integer_or("network_id", 0..=u64::from(u8::MAX), 0);
    let network_id = u8::try_from(network_id).unwrap_or(u8::MAX);
    let default_m = NearestPolicy::default().margin_m;
    let margin_m = section.number_or("margin_m", 0.0..=1e6, default_m);
    let mount = NetworkMount { product, profile, network_id, margin_m };
    (MountKind::Network(mount), Vec::new())
}

type NearestBase = (BTreeSet<StationName>, NearestPolicy, Vec<(StationName, Range<usize>)>);

fn nearest_base(section: &mut Section<'_>) -> NearestBase {
    let named = section.list::<StationName>("stations").unwrap_or_default();
    let default = NearestPolicy::default();
    let policy = NearestPolicy {
        margin_m: section.number_or("margin_m", 0.0..=1e6, default.margin_m),
        margin_ratio: section.number_or("margin_ratio", 0.0..=10.0, default.margin_ratio),
        dwell_min: section.seconds_or("dwell_min_s", 0.0..=3600.0, default.dwell_min),
        radius_max_m: section.number_or(
            "radius_max_km",
            1.0..=20_000.0,
            default.radius_max_m / 1e3,
        ) * 1e3,
    };
    let among: BTreeSet<_> = named.iter().map(|f| f.value.clone()).collect();
    let at = named.into_iter().map(|f| (f.value, f.at)).collect();
    (among, policy, at)
}

fn upload(section: &mut Section<'_>, folder: &Path) -> Option<Understood> {
    let found = section.required("station", |s| s.parsed::<StationName>("station"));
    let user = section.text_or("user", "");
    let password = secret::required(section, folder);
    let found = found?;
    let credentials = UploadCredentials { user, password };
    let kind = MountKind::Upload { station: found.value.clone(), credentials };
    Some((kind, vec![(found.value, found.at)]))
}

/// Complains about mountpoints that stand on a network where none is solved.
pub(crate) fn check_virtual(mounts: &[Found<Mount>], solve: bool, complaints: &mut Complaints) {
    for mount in mounts.iter().filter(|_| !solve) {
        let kind = match &mount.value.config.kind {
            MountKind::Virtual(_) => "vrs",
            MountKind::Network(of) if of.product == NetworkProduct::Mac => "mac",
            MountKind::Network(_) => "fkp",
            _ => continue,
        };
        let name = mount.value.name();
        let text =
            format!("mountpoint {name} is of kind {kind}: it needs solve = true in [network]");
        complaints.add(&mount.at, text);
    }
}

/// Complains about stations that mountpoints name and nobody defines, and about uploads of stations that
/// are heard in another way.
pub(crate) fn check_references(
    mounts: &[Found<Mount>],
    stations: &[Found<Station>],
    complaints: &mut Complaints,
) {
    for mount in mounts {
        for (name, at) in &mount.value.stations_at {
            let station = stations.iter().find(|s| s.value.name() == name);
            let uploads = matches!(mount.value.config.kind, MountKind::Upload { .. });
            match station.map(|s| s.value.heard) {
                None => complaints.add(at, format!("no [[station]] is called {name}")),
                Some(Some(Heard::ByLink)) if uploads => {
                    let text =
                        format!("station {name} has a link of its own: give it link = \"upload\"");
                    complaints.add(at, text);
                }
                _ => {}
            }
        }
    }
    // A mountpoint that could not be understood may be the one that a station needs.
    if !mounts.iter().all(|mount| mount.value.is_understood) {
        return;
    }
    for station in stations.iter().filter(|s| s.value.heard == Some(Heard::ByUpload)) {
        let pushes = |m: &&Found<Mount>| matches!(&m.value.config.kind, MountKind::Upload { station: by, .. } if by == station.value.name());
        match mounts.iter().filter(pushes).count() {
            1 => {}
            count => {
                let text = format!(
                    "station {} is heard by upload: it needs one [[mountpoint]] of kind \"upload\", and has {count}",
                    station.value.name()
                );
                complaints.add(&station.at, text);
            }
        }
    }
}
