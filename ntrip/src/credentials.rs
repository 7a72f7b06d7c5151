//! Basic authentication: a user and a secret that never shows itself.

use std::fmt;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::head::text_of;

/// Small devices write base64 without its padding; refusing them would look like a wrong password.
const LENIENT_BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A password. `Debug` shows stars, so that no log can contain it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a password.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The password itself, for comparing it or sending it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A user's name and password, as Basic authentication carries them (RFC 7617).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    user: String,
    password: Secret,
}

/// Why an `Authorization` header could not be used. Nothing of the header is repeated: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizationFault {
    /// Digest, Bearer or another scheme.
    #[error("the authorization scheme is not Basic")]
    NotBasic,
    /// The text after `Basic` is no base64.
    #[error("the text after Basic is not base64")]
    NotBase64,
    /// There is no colon between user and password.
    #[error("there is no colon between user and password")]
    NoColon,
}

impl Credentials {
    /// A user and a password; `None` if the user's name holds a colon, which Basic authentication cannot carry.
    pub fn new(user: &str, password: &str) -> Option<Self> {
        (!user.contains(':'))
            .then(|| Self { user: user.to_owned(), password: Secret::new(password) })
    }

    /// The name.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The password.
    pub fn password(&self) -> &Secret {
        &self.password
    }

    /// Reads the value of an `Authorization` header. The first colon ends the user's name; a password may hold more.
    pub fn from_header(value: &str) -> Result<Self, AuthorizationFault> {
        let (scheme, code) = value.trim().split_once(' ').ok_or(AuthorizationFault::NotBasic)?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return Err(AuthorizationFault::NotBasic);
        }
        let bytes =
            LENIENT_BASE64.decode(code.trim()).map_err(|_| AuthorizationFault::NotBase64)?;
        Self::from_pair(&text_of(&bytes)).ok_or(AuthorizationFault::NoColon)
    }

    /// Reads `user:password`, the form some devices write as the password of a SOURCE line.
    pub fn from_pair(text: &str) -> Option<Self> {
        let (user, password) = text.split_once(':')?;
        Self::new(user, password)
    }

    /// The value of an `Authorization` header.
    pub fn to_header(&self) -> String {
        let code = LENIENT_BASE64.encode(format!("{}:{}", self.user, self.password.reveal()));
        format!("Basic {code}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(header: &str, expected: Result<(&str, &str), AuthorizationFault>) {
        let found = Credentials::from_header(header);
        let found = found.as_ref().map(|c| (c.user(), c.password().reveal())).map_err(|e| *e);
        assert_eq!(found, expected, "{header:?}");
    }

    #[test]
    fn basic_is_read_in_the_forms_of_the_field() {
        check("Basic dTpw", Ok(("u", "p")));
        check("basic  dTpw ", Ok(("u", "p")));
        check("Basic dTpwOnE=", Ok(("u", "p:q"))); // a colon in the password
        check("Basic dTpwOnE", Ok(("u", "p:q"))); // padding left away
        check("Basic dTo=", Ok(("u", ""))); // an empty password
        check("Basic dTr8", Ok(("u", "ü"))); // Latin-1, as old devices send it
        check("Basic !!!", Err(AuthorizationFault::NotBase64));
        check("Basic dXA=", Err(AuthorizationFault::NoColon));
        check("Digest username=\"u\"", Err(AuthorizationFault::NotBasic));
        check("dTpw", Err(AuthorizationFault::NotBasic));
    }

    #[test]
    fn a_password_never_shows_in_debug_output() {
        let credentials = Credentials::new("user", "hunter2").unwrap();
        let shown = format!("{credentials:?}");
        assert!(shown.contains("user") && !shown.contains("hunter2"), "{shown}");
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_again(user in "[^:]{0,20}", password in ".{0,20}") {
            let written = Credentials::new(&user, &password).unwrap();
            prop_assert_eq!(Credentials::from_header(&written.to_header()), Ok(written));
        }
    }
}
