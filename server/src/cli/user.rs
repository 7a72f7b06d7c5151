//! The options of `tianshu user`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use tianshu_caster::accounts::account::{AccountName, AccountRole, WhenFull};
use tianshu_caster::accounts::area::Area;
use tianshu_gnss::time::utc::Utc;

use crate::config::mountpoint::MountName;

/// Options of `user`.
#[derive(Args, Debug)]
pub(crate) struct UserOptions {
    /// The configuration whose `[accounts]` are meant.
    #[arg(long, value_name = "FILE", global = true, default_value = "tianshu.toml")]
    pub config: PathBuf,
    /// What to do.
    #[command(subcommand)]
    pub command: UserCommand,
}

/// What may be done with accounts.
#[derive(Subcommand, Debug)]
pub(crate) enum UserCommand {
    /// Make an account. Its password is asked for at the terminal, read from the first line of standard input, or generated.
    Add {
        /// Its name.
        name: AccountName,
        /// Where its password comes from.
        #[command(flatten)]
        password: PasswordOptions,
        /// Its values.
        #[command(flatten)]
        values: ValueOptions,
    },
    /// Change values of an account; what is not named stays. Sessions whose terms change end, and may come again.
    Set {
        /// Its name.
        name: AccountName,
        /// Its values.
        #[command(flatten)]
        values: ValueOptions,
    },
    /// Give an account a new password; its sessions end.
    Passwd {
        /// Its name.
        name: AccountName,
        /// Where its password comes from.
        #[command(flatten)]
        password: PasswordOptions,
    },
    /// Let an account not be used any more; its sessions end.
    Disable {
        /// Its name.
        name: AccountName,
    },
    /// Let a disabled account be used again.
    Enable {
        /// Its name.
        name: AccountName,
    },
    /// Remove an account; its sessions end.
    Remove {
        /// Its name.
        name: AccountName,
    },
    /// List the accounts, without anything of their passwords.
    List,
    /// Take accounts from a file that `export` wrote, or of that form (docs/accounts.md): all of them, or none.
    Import {
        /// The file; - for standard input.
        file: PathBuf,
        /// Its form; without it, by the file's name.
        #[arg(long, value_enum)]
        format: Option<Format>,
        /// Accounts that exist already take the values of the file; without it they are a fault.
        #[arg(long)]
        replace: bool,
    },
    /// Write all accounts with the hashes of their passwords. Keep the file as secret as the passwords.
    Export {
        /// The file, which must not exist yet; - for standard output.
        file: PathBuf,
        /// Its form; without it, by the file's name.
        #[arg(long, value_enum)]
        format: Option<Format>,
    },
}

/// Forms of files of accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Comma-separated values with a line of headings.
    Csv,
    /// An array of objects.
    Json,
}

/// Where a password comes from. Never the command line, which every user of the machine can read.
#[derive(Args, Debug)]
pub(crate) struct PasswordOptions {
    /// Draw a password of 100 bits, and print it once.
    #[arg(long)]
    pub generate: bool,
}

/// Values of an account. The word `none` takes a limit away.
#[derive(Args, Debug, Default)]
pub(crate) struct ValueOptions {
    /// Whom it belongs to.
    #[arg(long, value_name = "TEXT")]
    pub organisation: Option<String>,
    /// What it is for: rover; operator, auditor, researcher and account-manager cannot log in at the caster.
    #[arg(long, value_name = "ROLE")]
    pub role: Option<AccountRole>,
    /// Not before this moment, UTC: 2026-04-20, 2026-04-20T08:00:00Z, or none.
    #[arg(long, value_name = "MOMENT")]
    pub valid_from: Option<Limit<Utc>>,
    /// Not from this moment on.
    #[arg(long, value_name = "MOMENT")]
    pub valid_until: Option<Limit<Utc>>,
    /// Sessions at the same time, or none for no limit.
    #[arg(long, value_name = "N")]
    pub sessions: Option<Limit<u32>>,
    /// What one session more does: refuse-new, or drop-oldest.
    #[arg(long, value_name = "POLICY")]
    pub when_full: Option<WhenFull>,
    /// A mountpoint that it may use; several times for several, none for all.
    #[arg(long = "mountpoint", value_name = "NAME")]
    pub mountpoints: Vec<Limit<MountName>>,
    /// Where its rovers may be: "box SOUTH WEST NORTH EAST" or "polygon LAT LON LAT LON ...", several with ; between, or none.
    #[arg(long, value_name = "SHAPES", allow_hyphen_values = true)]
    pub area: Option<Limit<Area>>,
    /// Words for the operators.
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
}

/// A value, or the word `none`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Limit<T>(pub Option<T>);

impl<T: std::str::FromStr> std::str::FromStr for Limit<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, T::Err> {
        if text == "none" { Ok(Self(None)) } else { text.parse().map(|value| Self(Some(value))) }
    }
}
