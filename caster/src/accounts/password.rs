//! Passwords as Argon2id hashes: made, read, verified, each with its own salt.

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::phc;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use ring::rand::{SecureRandom, SystemRandom};
use tianshu_ntrip::credentials::Secret;

/// Memory of a new hash, KiB: the OWASP Password Storage Cheat Sheet's 19 MiB with two passes and one lane.
pub const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over that memory; see [`MEMORY_KIB`].
pub const PASSES: u32 = 2;
/// Lanes; see [`MEMORY_KIB`].
pub const LANES: u32 = 1;

/// The most memory that a hash from elsewhere may ask for, KiB: each thread that verifies needs as much.
pub const MEMORY_KIB_MAX: u32 = 64 * 1024;
/// The most passes that a hash from elsewhere may ask for. With [`MEMORY_KIB_MAX`] a verification stays below a second.
pub const PASSES_MAX: u32 = 10;
/// The most lanes that a hash from elsewhere may ask for.
pub const LANES_MAX: u32 = 4;

/// The longest password, bytes. Heads of requests are bounded already; this bounds what is typed at a prompt.
pub const PASSWORD_BYTES_MAX: usize = 256;

/// Letters of generated passwords: small letters and digits without l, o, 0 and 1, which are mistaken for each other.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Letters in a generated password: 20 of 32 different ones are 100 bits.
const GENERATED_LETTERS: usize = 20;

/// An Argon2id hash in the PHC string format, which names its own parameters and salt.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PasswordHash(Arc<str>);

/// Why there is no hash.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    /// An empty password.
    #[error("the password is empty")]
    Empty,
    /// A password that is too long.
    #[error("the password is longer than {PASSWORD_BYTES_MAX} bytes")]
    TooLong,
    /// A password that no line can carry.
    #[error("the password holds control characters")]
    Control,
    /// A text that is no hash of ours. It is not repeated, as it may be a password in the wrong column.
    #[error("this is no Argon2id hash in the PHC format, as in $argon2id$v=19$m=19456,t=2,p=1$...")]
    NotAHash,
    /// A hash that would cost too much to verify.
    #[error(
        "the hash asks for more than {MEMORY_KIB_MAX} KiB, {PASSES_MAX} passes or {LANES_MAX} lanes"
    )]
    TooCostly,
    /// The system gives no random numbers.
    #[error("the system gives no random numbers for the salt")]
    NoRandomness,
}

impl PasswordHash {
    /// Hashes a password: some 30 ms, and 19 MiB while it lasts.
    pub fn of(password: &Secret) -> Result<Self, PasswordFault> {
        let text = password.reveal();
        if text.is_empty() {
            return Err(PasswordFault::Empty);
        }
        if text.len() > PASSWORD_BYTES_MAX {
            return Err(PasswordFault::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(PasswordFault::Control);
        }
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None);
        Self::with(text, params.map_err(|_| PasswordFault::TooCostly)?)
    }

    fn with(text: &str, params: Params) -> Result<Self, PasswordFault> {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        // The only fault that is left is the salt's.
        let hash =
            argon2.hash_password(text.as_bytes()).map_err(|_| PasswordFault::NoRandomness)?;
        Ok(Self(hash.to_string().into()))
    }

    /// Reads a hash. It must be Argon2id, and not cost more than the bounds of this file.
    pub fn read(text: &str) -> Result<Self, PasswordFault> {
        let hash = phc::PasswordHash::new(text).map_err(|_| PasswordFault::NotAHash)?;
        let whole = hash.algorithm.as_str() == "argon2id"
            && hash.salt.is_some()
            && hash.hash.is_some()
            && hash.version.is_none_or(|version| version == 19);
        let params = Params::try_from(&hash).map_err(|_| PasswordFault::NotAHash)?;
        if !whole {
            return Err(PasswordFault::NotAHash);
        }
        if params.m_cost() > MEMORY_KIB_MAX
            || params.t_cost() > PASSES_MAX
            || params.p_cost() > LANES_MAX
        {
            return Err(PasswordFault::TooCostly);
        }
        Ok(Self(text.into()))
    }

    /// Whether it is of that password. As slow as the hash's parameters; never call it where others wait.
    pub fn is_of(&self, password: &Secret) -> bool {
        let verify = |hash: &phc::PasswordHash| {
            Argon2::default().verify_password(password.reveal().as_bytes(), hash).is_ok()
        };
        phc::PasswordHash::new(&self.0).is_ok_and(|hash| verify(&hash))
    }

    /// The PHC string, for a store or an export.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A hash that costs next to nothing, for tests.
    #[cfg(test)]
    pub(crate) fn of_weak_work(password: &str) -> Self {
        Self::with(password, Params::new(Params::MIN_M_COST, 1, 1, None).unwrap()).unwrap()
    }
}

/// Shows stars: a hash in a log is a password to be tried at leisure.
impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A password nobody guesses, of letters that are read out without doubt.
pub fn generate() -> Result<Secret, PasswordFault> {
    let random = SystemRandom::new();
    let mut bytes = [0; GENERATED_LETTERS];
    random.fill(&mut bytes).map_err(|_| PasswordFault::NoRandomness)?;
    // 32 entries divide 256, so each is as likely as any other.
    let letter = |byte: &u8| LETTERS.get(usize::from(byte % 32)).copied().map_or('9', char::from);
    Ok(Secret::new(bytes.iter().map(letter).collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_of_its_password_and_no_other() {
        let secret = Secret::new("correct horse");
        let one = PasswordHash::of(&secret).unwrap();
        let other = PasswordHash::of(&secret).unwrap();
        assert!(one.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", one.as_str());
        assert_ne!(one, other, "each has its own salt");
        assert!(one.is_of(&secret) && other.is_of(&secret));
        assert!(!one.is_of(&Secret::new("correct horse ")));
        assert_eq!(PasswordHash::read(one.as_str()), Ok(one.clone()));
        assert_eq!(format!("{one:?}"), "***");
    }

    #[test]
    fn what_is_no_hash_of_ours_is_refused() {
        for text in [
            "",
            "secret",
            "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ",
            "$argon2i$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "$pbkdf2-sha256$i=1$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert_eq!(PasswordHash::read(text), Err(PasswordFault::NotAHash), "{text}");
        }
        let costly = "$argon2id$v=19$m=4194304,t=2,p=1$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        assert_eq!(PasswordHash::read(costly), Err(PasswordFault::TooCostly));
    }

    #[test]
    fn passwords_that_cannot_be_used_are_refused() {
        let fault = |text: &str| PasswordHash::of(&Secret::new(text)).unwrap_err();
        assert_eq!(fault(""), PasswordFault::Empty);
        assert_eq!(fault("a\tb"), PasswordFault::Control);
        assert_eq!(fault(&"x".repeat(257)), PasswordFault::TooLong);
    }

    #[test]
    fn generated_passwords_differ_and_are_typable() {
        let one = generate().unwrap();
        assert_eq!(one.reveal().len(), GENERATED_LETTERS);
        assert!(one.reveal().bytes().all(|b| LETTERS.contains(&b)));
        assert!(one != generate().unwrap());
    }
}
