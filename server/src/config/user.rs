//! `[[user]]`: rovers' accounts.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use tianshu_caster::config::UserConfig;
use tianshu_ntrip::mountpoint::Mountpoint;

use crate::config::complaint::Complaints;
use crate::config::document::unnamed;
use crate::config::mountpoint::{Mount, MountName};
use crate::config::secret;
use crate::config::section::{Found, Section};

/// A user as understood, with the places of the mountpoints it names.
pub(crate) struct User {
    /// Its name.
    pub name: String,
    /// What the caster is told.
    pub config: UserConfig,
    mountpoints_at: Vec<(Mountpoint, Range<usize>)>,
}

/// Reads one table.
pub(crate) fn read(mut section: Section<'_>, folder: &Path) -> User {
    let name = section.required("name", |s| s.text("name"));
    if let Some(found) = &name
        && (found.value.is_empty() || found.value.contains(':'))
    {
        // Basic authentication separates name and password by the first colon (RFC 7617, section 2).
        section.complain(&found.at, "a user's name is not empty and has no colon");
    }
    let name = name.map_or_else(|| unnamed(&section.place()), |found| found.value.to_owned());
    let password = secret::required(&mut section, folder);
    let mountpoints = section.list::<MountName>("mountpoints");
    section.close();

    let named: Vec<_> =
        mountpoints.iter().flatten().map(|f| (f.value.0.clone(), f.at.clone())).collect();
    let allowed: Option<BTreeSet<_>> =
        mountpoints.map(|list| list.into_iter().map(|f| f.value.0).collect());
    let config = UserConfig { name: name.clone(), password, mountpoints: allowed };
    User { name, config, mountpoints_at: named }
}

/// Complains about mountpoints that users name and nobody defines.
pub(crate) fn check_references(
    users: &[Found<User>],
    mounts: &[Found<Mount>],
    complaints: &mut Complaints,
) {
    for (mountpoint, at) in users.iter().flat_map(|u| &u.value.mountpoints_at) {
        if !mounts.iter().any(|m| m.value.name() == mountpoint) {
            complaints.add(at, format!("no [[mountpoint]] is called {mountpoint}"));
        }
    }
}
