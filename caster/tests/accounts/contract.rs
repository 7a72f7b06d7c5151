//! One body for both stores.

use std::collections::BTreeSet;

use tempfile::TempDir;
use tianshu_caster::accounts::account::{
    Account, AccountName, AccountRole, BadAccount, SessionLimit, Validity, WhenFull,
};
use tianshu_caster::accounts::password::PasswordHash;
use tianshu_caster::accounts::store::{
    AccountStore, Existing, Missing, Position, StoreError, StorePlace,
};
use tianshu_ntrip::credentials::Secret;
use tianshu_ntrip::mountpoint::Mountpoint;

use crate::postgres_cluster::Cluster;

/// An Argon2id hash with the least work, so that the tests are about stores: of the password `secret`.
const HASH: &str =
    "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A claim about a store, and its name.
type Claim = (&'static str, fn(&StorePlace));

/// Every claim about a store.
const CLAIMS: [Claim; 8] = [
    ("an_empty_store_has_nothing", an_empty_store_has_nothing),
    ("every_field_is_kept", every_field_is_kept),
    ("changes_are_told_once", changes_are_told_once),
    ("all_or_nothing_is_saved", all_or_nothing_is_saved),
    ("what_does_not_exist_is_told", what_does_not_exist_is_told),
    ("nonsense_is_not_kept", nonsense_is_not_kept),
    ("another_store_is_read_anew", another_store_is_read_anew),
    ("two_at_once_lose_nothing", two_at_once_lose_nothing),
];

#[test]
fn sqlite_keeps_the_contract() {
    for (name, claim) in CLAIMS {
        let folder = TempDir::new().unwrap();
        claim(&StorePlace::Sqlite(folder.path().join("accounts.db")));
        println!("sqlite_keeps_the_contract: {name}");
    }
}

#[test]
fn postgresql_keeps_the_contract() {
    let test = "postgresql_keeps_the_contract";
    let Some(cluster) = Cluster::start(test) else { return };
    for (name, claim) in CLAIMS {
        claim(&StorePlace::Postgres { url: Secret::new(cluster.database()), password: None });
        println!("{test}: {name}");
    }
}

#[test]
fn a_postgresql_that_stops_is_unreachable_and_comes_back() {
    let test = "a_postgresql_that_stops_is_unreachable_and_comes_back";
    let Some(cluster) = Cluster::start(test) else { return };
    let place = StorePlace::Postgres { url: Secret::new(cluster.database()), password: None };
    let mut store = made(&place);
    store.save(&[account("anna")], Existing::Refuse).unwrap();
    cluster.pause();
    assert!(matches!(store.position(), Err(StoreError::Unreachable(_))));
    assert!(matches!(place.open(Missing::Fault), Err(StoreError::Unreachable(_))));
    cluster.resume();
    assert_eq!(names(place.open(Missing::Fault).unwrap().as_mut(), None), ["anna"]);
    println!("{test}: stopped and started");
}

fn account(name: &str) -> Account {
    Account::rover(name.parse().unwrap(), PasswordHash::read(HASH).unwrap(), 1_700_000_000)
}

fn name(text: &str) -> AccountName {
    text.parse().unwrap()
}

fn made(place: &StorePlace) -> Box<dyn AccountStore> {
    place.open(Missing::Make).unwrap()
}

fn names(store: &mut dyn AccountStore, seen: Option<&Position>) -> Vec<String> {
    let changes = store.changes_since(seen).unwrap();
    changes.accounts.iter().map(|account| account.name.to_string()).collect()
}

fn an_empty_store_has_nothing(place: &StorePlace) {
    assert!(matches!(place.open(Missing::Fault), Err(StoreError::Missing)));
    let mut store = made(place);
    let changes = store.changes_since(None).unwrap();
    assert!(changes.accounts.is_empty() && changes.removed.is_empty() && changes.is_everything);
    assert_eq!(changes.position, store.position().unwrap());
    // Opened again, by whoever only reads, it is the same store.
    assert_eq!(place.open(Missing::Fault).unwrap().position().unwrap(), changes.position);
}

fn every_field_is_kept(place: &StorePlace) {
    let mut store = made(place);
    let mountpoints: BTreeSet<_> = ["VRS", "NEAREST"].map(|m| Mountpoint::new(m).unwrap()).into();
    let full = Account {
        organisation: "测绘院 \"quoted\"; 'DROP TABLE account'".to_owned(),
        role: AccountRole::AccountManager,
        enabled: false,
        validity: Validity { from: Some(-5), until: Some(4_102_444_800) },
        sessions: Some(SessionLimit { max: 3, when_full: WhenFull::DropOldest }),
        mountpoints: Some(mountpoints),
        area: Some("box 20.5 104.4 26.4 112.1; polygon 0 0 0 1.25 1 0".parse().unwrap()),
        note: "a note".to_owned(),
        changed: 1_800_000_000,
        ..account("full")
    };
    let none = Account { mountpoints: Some(BTreeSet::new()), ..account("of no mountpoint") };
    let all = vec![full, none, account("plain")];
    store.save(&all, Existing::Refuse).unwrap();
    assert_eq!(store.changes_since(None).unwrap().accounts, all);
}

fn changes_are_told_once(place: &StorePlace) {
    let (mut store, mut reader) = (made(place), made(place));
    store.save(&[account("anna"), account("bert")], Existing::Refuse).unwrap();
    let first = reader.changes_since(None).unwrap();
    assert!(first.is_everything && first.accounts.len() == 2);
    assert_eq!(names(reader.as_mut(), Some(&first.position)), Vec::<String>::new());
    store.change(&name("bert"), 2_000_000_000, &mut |account| account.enabled = false).unwrap();
    let second = reader.changes_since(Some(&first.position)).unwrap();
    assert_ne!(second.position, first.position);
    assert!(!second.is_everything);
    let expected = Account { enabled: false, changed: 2_000_000_000, ..account("bert") };
    assert_eq!(second.accounts, [expected]);
    store.remove(&name("anna")).unwrap();
    let third = reader.changes_since(Some(&second.position)).unwrap();
    assert_eq!((third.accounts.len(), third.removed), (0, vec!["anna".to_owned()]));
    // Who slept through all of it gets what is left.
    let slept = reader.changes_since(Some(&first.position)).unwrap();
    assert_eq!((slept.accounts.len(), slept.removed), (1, vec!["anna".to_owned()]));
    // One who comes again is not gone.
    store.save(&[account("anna")], Existing::Refuse).unwrap();
    let again = reader.changes_since(Some(&second.position)).unwrap();
    assert_eq!((again.accounts.len(), again.removed.len()), (1, 0));
}

fn all_or_nothing_is_saved(place: &StorePlace) {
    let mut store = made(place);
    store.save(&[account("anna")], Existing::Refuse).unwrap();
    let before = store.position().unwrap();
    let error = store.save(&[account("bert"), account("anna")], Existing::Refuse).unwrap_err();
    assert!(matches!(error, StoreError::Exists(name) if name == "anna"));
    assert_eq!(store.position().unwrap(), before, "nothing changed");
    assert_eq!(names(store.as_mut(), None), ["anna"]);
    let newer = Account {
        note: "newer".to_owned(),
        created: 1_900_000_000,
        changed: 1_900_000_000,
        ..account("anna")
    };
    store.save(&[account("bert"), newer.clone()], Existing::Replace).unwrap();
    let kept = store.changes_since(None).unwrap().accounts;
    assert_eq!(kept[0], Account { created: 1_700_000_000, ..newer }, "it was made before");
    assert_eq!(kept.len(), 2);
}

fn what_does_not_exist_is_told(place: &StorePlace) {
    let mut store = made(place);
    let before = store.position().unwrap();
    let error = store.change(&name("nobody"), 1, &mut |_| {}).unwrap_err();
    assert!(matches!(error, StoreError::Unknown(name) if name == "nobody"));
    let error = store.remove(&name("nobody")).unwrap_err();
    assert!(matches!(error, StoreError::Unknown(_)));
    assert_eq!(store.position().unwrap(), before);
}

fn nonsense_is_not_kept(place: &StorePlace) {
    let mut store = made(place);
    let validity = Validity { from: Some(5), until: Some(4) };
    let bad = Account { validity, ..account("anna") };
    let is_bad = |error: &StoreError| matches!(error, StoreError::Bad { source: BadAccount::Validity, name } if name == "anna");
    assert!(is_bad(&store.save(&[bad], Existing::Refuse).unwrap_err()));
    store.save(&[account("anna")], Existing::Refuse).unwrap();
    let changed = store.change(&name("anna"), 1, &mut |account| account.validity = validity);
    assert!(is_bad(&changed.unwrap_err()));
    assert_eq!(store.changes_since(None).unwrap().accounts, [account("anna")]);
}

fn another_store_is_read_anew(place: &StorePlace) {
    let mut store = made(place);
    store.save(&[account("anna")], Existing::Refuse).unwrap();
    let here = store.position().unwrap();
    let other = Position { store: "another".to_owned(), ..here.clone() };
    let older = Position { revision: here.revision + 1, ..here };
    for seen in [other, older] {
        let changes = store.changes_since(Some(&seen)).unwrap();
        assert!(changes.is_everything && changes.accounts.len() == 1, "{seen:?}");
    }
}

/// Two programs change the same account and others at the same time; each change is there, and each moved the revision.
fn two_at_once_lose_nothing(place: &StorePlace) {
    let mut store = made(place);
    let shared = Account {
        sessions: Some(SessionLimit { max: 1, when_full: WhenFull::RefuseNew }),
        ..account("shared")
    };
    store.save(&[shared], Existing::Refuse).unwrap();
    let before = store.position().unwrap().revision;
    std::thread::scope(|scope| {
        for worker in 0..2 {
            scope.spawn(move || {
                let mut store = made(place);
                for round in 0..10 {
                    let one_more = &mut |account: &mut Account| {
                        if let Some(limit) = &mut account.sessions {
                            limit.max += 1;
                        }
                    };
                    store.change(&name("shared"), 1, one_more).unwrap();
                    let own = account(&format!("own-{worker}-{round}"));
                    store.save(&[own], Existing::Refuse).unwrap();
                }
            });
        }
    });
    let changes = store.changes_since(None).unwrap();
    assert_eq!(changes.position.revision, before + 40);
    assert_eq!(changes.accounts.len(), 21);
    let shared = changes.accounts.iter().find(|a| a.name.as_str() == "shared").unwrap();
    assert_eq!(shared.sessions.unwrap().max, 21);
}
