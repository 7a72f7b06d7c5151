//! Who may download files: the accounts of the configuration that are named as their readers, or everybody.

use anyhow::anyhow;
use ring::hmac;
use ring::rand::SystemRandom;
use tianshu_ntrip::credentials::{Credentials, Secret};
use tianshu_station_monitor::web::files::rights::{Rights, Verdict};

/// Readers' passwords, kept and compared as the caster keeps those of the configuration: under a key of this process, in constant time.
pub(crate) struct Readers {
    key: hmac::Key,
    accounts: Vec<(String, hmac::Tag)>,
    /// What an unknown account is compared with, so that it takes as long as a known one.
    nobody: hmac::Tag,
}

impl Readers {
    /// Rights of those accounts.
    pub(crate) fn new(accounts: &[(String, Secret)]) -> anyhow::Result<Self> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        let key = key.map_err(|_| anyhow!("this machine gives no random numbers"))?;
        let tag = |password: &Secret| hmac::sign(&key, password.reveal().as_bytes());
        let accounts = accounts.iter().map(|(name, password)| (name.clone(), tag(password)));
        let accounts = accounts.collect();
        let nobody = hmac::sign(&key, b"");
        Ok(Self { key, accounts, nobody })
    }
}

impl Rights for Readers {
    fn judge(&self, authorization: Option<&str>, _path: &str) -> Verdict {
        let told = authorization.and_then(|value| Credentials::from_header(value).ok());
        let Some(told) = told else { return Verdict::NeedsAccount };
        let known = self.accounts.iter().find(|(name, _)| name == told.user());
        let tag = known.map_or(&self.nobody, |(_, tag)| tag);
        let password = told.password().reveal().as_bytes();
        let is_right = hmac::verify(&self.key, password, tag.as_ref()).is_ok();
        if is_right && known.is_some() { Verdict::Allowed } else { Verdict::NeedsAccount }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_of_a_reader_opens() {
        let readers = Readers::new(&[("lin".to_owned(), Secret::new("right"))]).unwrap();
        let judge = |user: &str, password: &str| {
            let header = Credentials::new(user, password).unwrap().to_header();
            readers.judge(Some(&header), "/daily/")
        };
        assert_eq!(judge("lin", "right"), Verdict::Allowed);
        assert_eq!(judge("lin", "wrong"), Verdict::NeedsAccount);
        assert_eq!(judge("lin", ""), Verdict::NeedsAccount);
        assert_eq!(judge("wei", ""), Verdict::NeedsAccount);
        assert_eq!(readers.judge(None, "/"), Verdict::NeedsAccount);
        assert_eq!(readers.judge(Some("Bearer x"), "/"), Verdict::NeedsAccount);
    }
}
