//! Where a new password comes from: a terminal, a pipe, or chance.

use std::io::{BufRead, IsTerminal};

use anyhow::{Context, bail};
use tianshu_caster::accounts::password::generate;
use tianshu_ntrip::credentials::Secret;

use crate::cli::user::PasswordOptions;

/// A password, and whether its owner has yet to be told it.
pub(crate) struct NewPassword {
    /// The password.
    pub secret: Secret,
    /// Whether nobody knows it yet.
    pub is_generated: bool,
}

/// Asks for a password, twice at a terminal; else the first line of standard input is one.
pub(crate) fn obtain(options: &PasswordOptions) -> anyhow::Result<NewPassword> {
    if options.generate {
        return Ok(NewPassword { secret: generate()?, is_generated: true });
    }
    let input = std::io::stdin();
    let text = if input.is_terminal() {
        let first = rpassword::prompt_password("Password: ").context("no password was read")?;
        let second = rpassword::prompt_password("Again: ").context("no password was read")?;
        if first != second {
            bail!("the two passwords differ");
        }
        first
    } else {
        let mut line = String::new();
        input.lock().read_line(&mut line).context("no password was read")?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    };
    Ok(NewPassword { secret: Secret::new(text), is_generated: false })
}
