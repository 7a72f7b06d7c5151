//! The second factor: codes of six digits that change every half minute (RFC 6238), as authenticator programs show them.

use ring::rand::{SecureRandom, SystemRandom};
use totp_rs::{Algorithm, Builder, Secret, Totp};

/// Bytes of a secret: as long as a SHA-1, which RFC 4226, section 4, asks for.
const SECRET_BYTES: usize = 20;
/// Digits of a code.
const DIGITS: u8 = 6;
/// How long a code is shown, s.
const STEP_S: u64 = 30;
/// Codes of so many steps before and after are taken: clocks of phones differ (RFC 6238, section 5.2, recommends one).
const SKEW_STEPS: u16 = 1;

/// The second factor of somebody.
pub(crate) struct SecondFactor(Totp);

/// There is no such factor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoFactor {
    /// The system gave no random numbers.
    #[error("the system gives no random numbers for a secret")]
    NoRandomness,
    /// The secret, or a name, is not to be used.
    #[error("no second factor can be made of that: {0}")]
    Unusable(String),
}

/// A new secret.
pub(crate) fn draw() -> Result<Vec<u8>, NoFactor> {
    let mut secret = vec![0; SECRET_BYTES];
    SystemRandom::new().fill(&mut secret).map_err(|_| NoFactor::NoRandomness)?;
    Ok(secret)
}

impl SecondFactor {
    /// The factor of a secret, under the names that an authenticator shows.
    pub(crate) fn new(secret: Vec<u8>, account: &str, issuer: &str) -> Result<Self, NoFactor> {
        // A colon would end the name in the address that authenticators read.
        let plain = |text: &str| text.replace(':', " ");
        Builder::new()
            // What every authenticator understands; HMAC does not suffer from SHA-1's collisions (RFC 6194, section 3.3).
            .with_algorithm(Algorithm::SHA1)
            .with_digits(DIGITS)
            .with_step_duration(STEP_S)
            .with_skew(SKEW_STEPS)
            .with_secret(secret)
            .with_account_name(plain(account))
            .with_issuer(Some(plain(issuer)))
            .build()
            .map(Self)
            .map_err(|error| NoFactor::Unusable(error.to_string()))
    }

    /// The secret, to be typed in.
    pub(crate) fn base32(&self) -> String {
        Secret::to_base32(self.0.secret())
    }

    /// The address of an authenticator's picture.
    pub(crate) fn uri(&self) -> Result<String, NoFactor> {
        self.0.to_url().map_err(|error| NoFactor::Unusable(error.to_string()))
    }

    /// The time step whose code this is, if it is one of now.
    pub(crate) fn step_of(&self, code: &str, posix_s: u64) -> Option<i64> {
        let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let step = self.0.check(&code, posix_s)?;
        i64::try_from(step).ok()
    }

    /// The code of a moment.
    #[cfg(test)]
    pub(crate) fn code(&self, posix_s: u64) -> String {
        self.0.generate(posix_s).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238, appendix B.
    fn published() -> SecondFactor {
        let secret = b"12345678901234567890".to_vec();
        SecondFactor::new(secret, "wang", "Tianshu: test").expect("a factor")
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, SHA-1, the last six of eight digits.
        for (posix_s, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")]
        {
            assert_eq!(published().code(posix_s), code);
        }
    }

    #[test]
    fn a_code_holds_a_step_before_and_after_and_tells_its_step() {
        let factor = published();
        let step = |posix_s| factor.step_of("287 082", posix_s);
        assert_eq!([step(59), step(31), step(89)], [Some(1); 3]);
        assert_eq!([step(120), step(1_000)], [None; 2]);
        assert_eq!(factor.step_of("", 59), None);
    }

    #[test]
    fn authenticators_are_told_who_and_how() {
        let uri = published().uri().expect("an address");
        assert!(uri.starts_with("otpauth://totp/"), "{uri}");
        assert!(uri.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), "{uri}");
        assert_ne!(draw().expect("a secret"), draw().expect("another"));
    }
}
