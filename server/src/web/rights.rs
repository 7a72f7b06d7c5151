//! Who may do what: roles of accounts, and the rights that each has.

use serde::Serialize;
use tianshu_caster::accounts::account::AccountRole;
use utoipa::ToSchema;

/// Something that a session may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Right {
    /// Read of stations, with their places.
    Stations,
    /// Read of all rovers.
    Rovers,
    /// Read of the network's solution.
    Network,
    /// Read alarms.
    Alarms,
    /// Take alarms on.
    Acknowledge,
    /// Read accounts.
    Accounts,
    /// Make, change and remove accounts.
    ChangeAccounts,
    /// Read the archive and its files.
    Archive,
    /// Read the audit log.
    Audit,
    /// Read of the account's own rovers.
    OwnRovers,
}

impl Right {
    /// Whether it changes anything: who has such a right needs a second factor to use it.
    pub(crate) fn changes(self) -> bool {
        matches!(self, Self::Acknowledge | Self::ChangeAccounts)
    }
}

/// The rights of a role. Nobody both makes accounts and runs the network, and who reads the audit log changes nothing that stands in it.
pub(crate) fn rights_of(role: AccountRole) -> &'static [Right] {
    use Right::{
        Accounts, Acknowledge, Alarms, Archive, Audit, ChangeAccounts, Network, OwnRovers, Rovers,
        Stations,
    };
    match role {
        AccountRole::Rover => &[OwnRovers],
        AccountRole::Operator => {
            &[Stations, Rovers, Network, Alarms, Acknowledge, Archive, OwnRovers]
        }
        AccountRole::AccountManager => &[Rovers, Accounts, ChangeAccounts, OwnRovers],
        AccountRole::Auditor => {
            &[Stations, Rovers, Network, Alarms, Accounts, Archive, Audit, OwnRovers]
        }
        AccountRole::Researcher => &[Stations, Archive, OwnRovers],
    }
}

/// Whether a role can change anything.
pub(crate) fn can_change(role: AccountRole) -> bool {
    rights_of(role).iter().any(|right| right.changes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_watches_over_the_others_changes_nothing() {
        assert!(!can_change(AccountRole::Auditor));
        assert!(can_change(AccountRole::Operator) && can_change(AccountRole::AccountManager));
        let has = |role, right| rights_of(role).contains(&right);
        assert!(!has(AccountRole::Operator, Right::ChangeAccounts));
        assert!(!has(AccountRole::AccountManager, Right::Audit));
    }

    #[test]
    fn a_rover_s_account_sees_no_station() {
        assert_eq!(rights_of(AccountRole::Rover), [Right::OwnRovers]);
    }
}
