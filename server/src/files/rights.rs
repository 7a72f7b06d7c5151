//! Who may download files: accounts of the configuration that are named as readers, researchers among the stored accounts, or everybody.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use tianshu_caster::access::gate::Recogniser;
use tianshu_caster::access::keyed::{Keyed, KeyedPassword};
use tianshu_caster::access::{Denial, NoRandomness};
use tianshu_caster::accounts::account::{Account, AccountRole};
use tianshu_caster::accounts::area::Spot;
use tianshu_gnss::coords::Geodetic;
use tianshu_ntrip::credentials::{Credentials, Secret};
use tianshu_station_monitor::products::identity::NineId;
use tianshu_station_monitor::web::files::rights::{Asking, Judgement, Rights, Scope, Verdict};

/// Readers. Passwords of the configuration are kept and compared as the caster keeps them; nobody is heard who guesses, there or here.
pub(crate) struct Readers {
    passwords: Keyed,
    accounts: Vec<(String, KeyedPassword)>,
    recogniser: Recogniser,
    /// Whether researchers among the stored accounts may read.
    has_researchers: bool,
    /// Where the stations are, for accounts with an area.
    places: BTreeMap<NineId, Geodetic>,
}

impl Readers {
    /// Rights of those accounts of the configuration, and of the store's researchers if they may.
    pub(crate) fn new(
        accounts: &[(String, Secret)],
        has_researchers: bool,
        recogniser: Recogniser,
        places: BTreeMap<NineId, Geodetic>,
    ) -> Result<Self, NoRandomness> {
        let passwords = Keyed::new()?;
        let kept = accounts.iter().map(|(name, password)| (name.clone(), passwords.keep(password)));
        let accounts = kept.collect();
        Ok(Self { passwords, accounts, recogniser, has_researchers, places })
    }

    async fn verdict(&self, asking: Asking<'_>) -> Verdict {
        let told = asking.authorization.and_then(|value| Credentials::from_header(value).ok());
        let Some(told) = told else { return Verdict::NeedsAccount };
        let from = asking.from.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let kept = self.accounts.iter().find(|(name, _)| name == told.user()).map(|(_, kept)| kept);
        if kept.is_none() && self.has_researchers {
            return match self.recogniser.recognise(&told, from).await {
                Ok((_, account)) => self.of_account(&account),
                Err(denial) => denied(denial),
            };
        }
        if !self.recogniser.is_heard(&Arc::from(told.user()), from) {
            return Verdict::LockedOut;
        }
        let is_right = self.passwords.is_right(told.password(), kept);
        self.recogniser.on_password(&told, from, is_right);
        if is_right { Verdict::Allowed(Scope::ALL) } else { Verdict::NeedsAccount }
    }

    /// Researchers alone: what the other roles may do takes a second factor, and this door has none. They have the page.
    fn of_account(&self, account: &Account) -> Verdict {
        if account.role != AccountRole::Researcher {
            return Verdict::Forbidden;
        }
        let Some(area) = &account.area else { return Verdict::Allowed(Scope::ALL) };
        let spot = |place: &Geodetic| Spot {
            latitude_deg: place.latitude_deg(),
            longitude_deg: place.longitude_deg(),
        };
        let within = self.places.iter().filter(|(_, place)| area.contains(spot(place)));
        Verdict::Allowed(Scope::of(within.map(|(id, _)| *id).collect()))
    }
}

fn denied(denial: Denial) -> Verdict {
    match denial {
        Denial::LockedOut => Verdict::LockedOut,
        Denial::Busy | Denial::AccountsUnreachable => Verdict::Unsure,
        _ => Verdict::NeedsAccount,
    }
}

impl Rights for Readers {
    fn judge<'a>(&'a self, asking: Asking<'a>) -> Judgement<'a> {
        Box::pin(self.verdict(asking))
    }
}

#[cfg(test)]
mod tests {
    use tianshu_caster::access::gate::Guard;
    use tianshu_caster::accounts::account::AccountName;
    use tianshu_caster::accounts::follow::{Accounts, posix_now};
    use tianshu_caster::accounts::password::PasswordHash;
    use tianshu_caster::accounts::store::{Existing, Missing, StorePlace};
    use tianshu_caster::clock::Clock;

    use super::*;

    const FROM: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7));

    fn recogniser(accounts: Option<Arc<Accounts>>) -> Recogniser {
        Recogniser::new(accounts, Guard::new(Clock::start(), 1).unwrap())
    }

    async fn judge(readers: &Readers, user: &str, password: &str) -> Verdict {
        let header = Credentials::new(user, password).unwrap().to_header();
        let asking = Asking { authorization: Some(&header), path: "/daily/", from: Some(FROM) };
        readers.judge(asking).await
    }

    #[tokio::test]
    async fn only_the_right_password_of_a_reader_opens() {
        let accounts = [("lin".to_owned(), Secret::new("right"))];
        let readers = Readers::new(&accounts, false, recogniser(None), BTreeMap::new()).unwrap();
        assert_eq!(judge(&readers, "lin", "right").await, Verdict::Allowed(Scope::ALL));
        assert_eq!(judge(&readers, "lin", "wrong").await, Verdict::NeedsAccount);
        assert_eq!(judge(&readers, "lin", "").await, Verdict::NeedsAccount);
        assert_eq!(judge(&readers, "wei", "").await, Verdict::NeedsAccount);
        for authorization in [None, Some("Bearer x")] {
            let asking = Asking { authorization, path: "/", from: Some(FROM) };
            assert_eq!(readers.judge(asking).await, Verdict::NeedsAccount);
        }
    }

    #[tokio::test]
    async fn who_guesses_is_not_heard() {
        let accounts = [("lin".to_owned(), Secret::new("right"))];
        let readers = Readers::new(&accounts, false, recogniser(None), BTreeMap::new()).unwrap();
        let mut verdicts = Vec::new();
        for n in 0..40 {
            verdicts.push(judge(&readers, "lin", &format!("guess {n}")).await);
        }
        assert_eq!(verdicts.first(), Some(&Verdict::NeedsAccount));
        assert_eq!(verdicts.last(), Some(&Verdict::LockedOut));
        assert_eq!(judge(&readers, "lin", "right").await, Verdict::LockedOut);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn researchers_of_the_store_have_what_is_in_their_area() {
        let folder = tempfile::tempdir().unwrap();
        let place = StorePlace::Sqlite(folder.path().join("accounts.db"));
        let hash = PasswordHash::of(&Secret::new("right")).unwrap();
        let account = |name: &str, role, area: Option<&str>| {
            let name = AccountName::new(name).unwrap();
            let mut account = Account::rover(name, hash.clone(), posix_now());
            (account.role, account.area) = (role, area.map(|area| area.parse().unwrap()));
            account
        };
        let accounts = [
            account("lin", AccountRole::Researcher, None),
            account("wei", AccountRole::Researcher, Some("box 22 107 24 109")),
            account("ope", AccountRole::Operator, None),
        ];
        place.open(Missing::Make).unwrap().save(&accounts, Existing::Refuse).unwrap();
        let followed = Accounts::follow(place).unwrap();
        let first = Arc::clone(&followed);
        tokio::task::spawn_blocking(move || {
            first.wait_for_first(std::time::Duration::from_secs(20));
        })
        .await
        .unwrap();
        let id = |text: &str| text.parse::<NineId>().unwrap();
        let places = BTreeMap::from([
            (id("NANN00CHN"), Geodetic::from_degrees(22.8, 108.3, 80.0)),
            (id("GUIL00CHN"), Geodetic::from_degrees(25.3, 110.3, 150.0)),
        ]);
        let readers = Readers::new(&[], true, recogniser(Some(followed)), places).unwrap();
        assert_eq!(judge(&readers, "lin", "right").await, Verdict::Allowed(Scope::ALL));
        let own = Scope::of([id("NANN00CHN")].into());
        assert_eq!(judge(&readers, "wei", "right").await, Verdict::Allowed(own));
        assert_eq!(judge(&readers, "ope", "right").await, Verdict::Forbidden);
        assert_eq!(judge(&readers, "lin", "wrong").await, Verdict::NeedsAccount);
    }
}
