//! Who may download files: the accounts of the configuration that are named as their readers, or everybody.

use tianshu_caster::access::NoRandomness;
use tianshu_caster::access::keyed::{Keyed, KeyedPassword};
use tianshu_ntrip::credentials::{Credentials, Secret};
use tianshu_station_monitor::web::files::rights::{Rights, Verdict};

/// Readers, with their passwords kept and compared as the caster keeps those of the configuration.
pub(crate) struct Readers {
    passwords: Keyed,
    accounts: Vec<(String, KeyedPassword)>,
}

impl Readers {
    /// Rights of those accounts.
    pub(crate) fn new(accounts: &[(String, Secret)]) -> Result<Self, NoRandomness> {
        let passwords = Keyed::new()?;
        let kept = accounts.iter().map(|(name, password)| (name.clone(), passwords.keep(password)));
        Ok(Self { accounts: kept.collect(), passwords })
    }
}

impl Rights for Readers {
    fn judge(&self, authorization: Option<&str>, _path: &str) -> Verdict {
        let told = authorization.and_then(|value| Credentials::from_header(value).ok());
        let Some(told) = told else { return Verdict::NeedsAccount };
        let kept = self.accounts.iter().find(|(name, _)| name == told.user()).map(|(_, kept)| kept);
        let is_right = self.passwords.is_right(told.password(), kept);
        if is_right { Verdict::Allowed } else { Verdict::NeedsAccount }
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
