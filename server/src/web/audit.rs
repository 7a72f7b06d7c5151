//! Who did what: the deeds that are written down, and how they are told.

use serde::Serialize;
use tianshu_gnss::time::gps::GpsTime;
use utoipa::ToSchema;

use crate::web::moment::Epoch;

/// Something that somebody did, or was not let do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deed<'a> {
    /// When.
    pub at: GpsTime,
    /// Under which name.
    pub who: &'a str,
    /// From which address.
    pub peer: &'a str,
    /// What.
    pub what: What,
    /// To what.
    pub object: &'a str,
    /// Whether it was done.
    pub is_done: bool,
    /// Particulars.
    pub detail: &'a str,
}

/// What is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A login.
    Login,
    /// A logout.
    Logout,
    /// A login that failed.
    LoginFailed,
    /// An alarm was taken on.
    AlarmAcknowledged,
    /// An account was made.
    AccountMade,
    /// An account was changed.
    AccountChanged,
    /// An account was removed.
    AccountRemoved,
    /// An account got a new password.
    PasswordChanged,
    /// A second factor was set.
    SecondFactorSet,
    /// A second factor was removed.
    SecondFactorRemoved,
    /// A file of the archive was downloaded.
    Download,
    /// Virtual RINEX was asked for.
    VirtualRinexAsked,
}

impl What {
    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Logout => "logout",
            Self::LoginFailed => "login_failed",
            Self::AlarmAcknowledged => "alarm_acknowledged",
            Self::AccountMade => "account_made",
            Self::AccountChanged => "account_changed",
            Self::AccountRemoved => "account_removed",
            Self::PasswordChanged => "password_changed",
            Self::SecondFactorSet => "second_factor_set",
            Self::SecondFactorRemoved => "second_factor_removed",
            Self::Download => "download",
            Self::VirtualRinexAsked => "virtual_rinex_asked",
        }
    }
}

/// A deed as the API tells it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditEntry {
    /// Its number; they grow by one.
    pub number: i64,
    /// When.
    pub at: Epoch,
    /// Under which name.
    pub who: String,
    /// From which address.
    pub peer: String,
    /// What: `login`, `account_changed`, …
    pub what: String,
    /// To what.
    pub object: String,
    /// `ok` or `refused`.
    pub outcome: String,
    /// Particulars.
    pub detail: String,
}
