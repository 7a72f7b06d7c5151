//! Passwords that a configuration holds, in memory: under a key of this process, and compared in constant time.

use ring::hmac;
use ring::rand::SystemRandom;
use tianshu_ntrip::credentials::Secret;

use crate::access::NoRandomness;

/// A password under the key of a [`Keyed`].
pub struct KeyedPassword(hmac::Tag);

/// Keeps passwords as HMAC-SHA-256 under a key that is drawn at each load and never leaves this process.
///
/// This protects them in a memory image no better than the configuration file that holds them does; it costs a comparison 2 µs.
pub struct Keyed {
    key: hmac::Key,
    /// What an unknown account is compared with, so that it takes as long as a known one.
    nobody: KeyedPassword,
}

impl Keyed {
    /// Draws a key.
    pub fn new() -> Result<Self, NoRandomness> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        let key = key.map_err(|_| NoRandomness)?;
        let nobody = KeyedPassword(hmac::sign(&key, b""));
        Ok(Self { key, nobody })
    }

    /// A password as it is kept.
    pub fn keep(&self, password: &Secret) -> KeyedPassword {
        KeyedPassword(hmac::sign(&self.key, password.reveal().as_bytes()))
    }

    /// Whether a password is the one that is kept. Of an account that is not known none is, and it takes as long to say so.
    pub fn is_right(&self, password: &Secret, kept: Option<&KeyedPassword>) -> bool {
        let expected = kept.unwrap_or(&self.nobody);
        let matches = hmac::verify(&self.key, password.reveal().as_bytes(), expected.0.as_ref());
        matches.is_ok() && kept.is_some()
    }
}
