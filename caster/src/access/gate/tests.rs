//! The gate: accounts side by side, each refusal with its reason, and guessing that costs little.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use tianshu_ntrip::credentials::Secret;

use super::*;
use crate::accounts::account::{AccountName, SessionLimit, Validity, WhenFull};
use crate::accounts::directory::Unusable;
use crate::accounts::password::PasswordHash;
use crate::config::{MountConfig, MountKind, Offering, UploadCredentials, UserConfig};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const THERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));

fn mount(name: &str) -> Mountpoint {
    Mountpoint::new(name).unwrap()
}

fn offering() -> Offering {
    let station: tianshu_gnss::station::StationName = "ST01".parse().unwrap();
    let relay = |name: &str, needs_account| MountConfig {
        mountpoint: mount(name),
        kind: MountKind::Station { station: station.clone() },
        needs_account,
        description: String::new(),
    };
    let credentials =
        UploadCredentials { user: "st01".to_owned(), password: Secret::new("pushed") };
    let kind = MountKind::Upload { station: station.clone(), credentials };
    let upload = MountConfig { kind, ..relay("UP", true) };
    let configured = UserConfig {
        name: "configured".to_owned(),
        password: Secret::new("secret"),
        mountpoints: None,
    };
    Offering {
        stations: Vec::new(),
        mountpoints: vec![
            relay("CLOSED", true),
            relay("OTHER", true),
            relay("OPEN", false),
            upload,
        ],
        users: vec![configured],
    }
}

fn account(name: &str) -> Account {
    let hash = PasswordHash::of_weak_work("secret");
    Account::rover(AccountName::new(name).unwrap(), hash, 7)
}

fn gate(accounts: Vec<Account>, is_reached: bool) -> Gate {
    let guard = Guard::new(Clock::start(), 1).unwrap();
    let table = TableAccess::new(&offering()).unwrap();
    Gate::new(table, Some(Accounts::holding(accounts, is_reached)), guard)
}

async fn ask(gate: &Gate, mountpoint: &str, user: &str, password: &str, peer: IpAddr) -> Verdict {
    let proof = Proof::Basic(Credentials::new(user, password).unwrap());
    let asked = Asked { role: Role::Rover, mountpoint: mount(mountpoint), proof, peer };
    gate.authenticate(&asked).await
}

#[track_caller]
fn name_of(verdict: &Verdict) -> Option<&str> {
    match verdict {
        Verdict::Admitted(grant) => grant.account.as_deref(),
        Verdict::Denied(denial) => panic!("{denial}"),
    }
}

fn denied(why: Unusable) -> Verdict {
    Verdict::Denied(Denial::Unusable(why))
}

#[tokio::test]
async fn configured_and_stored_accounts_stand_side_by_side() {
    let gate = gate(vec![account("stored")], true);
    for user in ["configured", "stored"] {
        let verdict = ask(&gate, "CLOSED", user, "secret", HERE).await;
        assert_eq!(name_of(&verdict), Some(user));
        let verdict = ask(&gate, "CLOSED", user, "wrong", HERE).await;
        assert_eq!(verdict, Verdict::Denied(Denial::WrongPassword));
    }
    let verdict = ask(&gate, "CLOSED", "nobody", "secret", HERE).await;
    assert_eq!(verdict, Verdict::Denied(Denial::UnknownAccount));
    let verdict = ask(&gate, "OPEN", "nobody", "secret", HERE).await;
    assert_eq!(name_of(&verdict), None);
}

#[tokio::test]
async fn an_account_of_the_configuration_hides_one_of_the_store() {
    let mut stored = account("configured");
    stored.enabled = false;
    let gate = gate(vec![stored], true);
    let verdict = ask(&gate, "CLOSED", "configured", "secret", HERE).await;
    assert_eq!(name_of(&verdict), Some("configured"));
}

/// And only who knows the password is told it.
#[tokio::test]
async fn each_refusal_has_its_reason() {
    let with = |name: &str, change: &dyn Fn(&mut Account)| {
        let mut changed = account(name);
        change(&mut changed);
        changed
    };
    let now = posix_now();
    let until = |until| Validity { from: None, until: Some(until) };
    let gate = gate(
        vec![
            with("disabled", &|a| a.enabled = false),
            with("expired", &|a| a.validity = until(now - 1)),
            with("early", &|a| a.validity.from = Some(now + 1000)),
            with("elsewhere", &|a| a.mountpoints = Some([mount("OTHER")].into())),
        ],
        true,
    );
    for (user, why) in [
        ("disabled", Unusable::Disabled),
        ("expired", Unusable::Expired),
        ("early", Unusable::NotYetValid),
        ("elsewhere", Unusable::NoRight),
    ] {
        assert_eq!(ask(&gate, "CLOSED", user, "secret", HERE).await, denied(why), "{user}");
        let guessed = ask(&gate, "CLOSED", user, "wrong", HERE).await;
        assert_eq!(guessed, Verdict::Denied(Denial::WrongPassword), "{user}");
    }
}

#[tokio::test]
async fn terms_are_handed_on_and_their_changes_end_sessions() {
    let mut anna = account("anna");
    anna.sessions = Some(SessionLimit { max: 2, when_full: WhenFull::DropOldest });
    anna.area = Some("box 20 104 26 112".parse().unwrap());
    let before = gate(vec![anna.clone()], true);
    let verdict = ask(&before, "CLOSED", "anna", "secret", HERE).await;
    let Verdict::Admitted(grant) = verdict else { panic!("{verdict:?}") };
    assert_eq!((grant.sessions, &grant.area), (anna.sessions, &anna.area));
    let stays = |gate: &Gate| gate.may_stay(&grant, Role::Rover, &mount("CLOSED"));
    assert_eq!(stays(&before), Ok(()));
    let after = |change: &dyn Fn(&mut Account)| {
        let mut changed = anna.clone();
        change(&mut changed);
        gate(vec![changed], true)
    };
    assert_eq!(stays(&after(&|a| a.note = "a word".to_owned())), Ok(()));
    let revoked = |gate: &Gate| stays(gate).unwrap_err();
    assert_eq!(revoked(&after(&|a| a.area = None)), Revoked::AreaChanged);
    let renewed = after(&|a| a.password = PasswordHash::of_weak_work("secret"));
    assert_eq!(revoked(&renewed), Revoked::PasswordChanged);
    let disabled = after(&|a| a.enabled = false);
    assert_eq!(revoked(&disabled), Revoked::Unusable(Unusable::Disabled));
    assert_eq!(revoked(&gate(Vec::new(), true)), Revoked::Removed);
    assert_eq!(revoked(&gate(Vec::new(), false)), Revoked::Removed);
}

#[tokio::test]
async fn while_the_store_is_away_the_known_go_on_and_others_are_told_to_wait() {
    let gate = gate(vec![account("anna")], false);
    let verdict = ask(&gate, "CLOSED", "anna", "secret", HERE).await;
    assert_eq!(name_of(&verdict), Some("anna"));
    let verdict = ask(&gate, "CLOSED", "perhaps-new", "secret", HERE).await;
    assert_eq!(verdict, Verdict::Denied(Denial::AccountsUnreachable));
    let verdict = ask(&gate, "CLOSED", "configured", "secret", HERE).await;
    assert_eq!(name_of(&verdict), Some("configured"));
}

#[tokio::test]
async fn who_guesses_is_locked_out_and_nobody_else() {
    let gate = gate(vec![account("anna")], true);
    for user in ["anna", "configured", "nobody"] {
        let mut told = Vec::new();
        for guess in 0..7 {
            let verdict = ask(&gate, "CLOSED", user, &format!("guess{guess}"), HERE).await;
            told.push(verdict);
        }
        let locked = told.iter().filter(|v| **v == Verdict::Denied(Denial::LockedOut)).count();
        assert_eq!(locked, 2, "{user}: {told:?}");
    }
    // Not even the right password is heard there; elsewhere it is.
    for user in ["anna", "configured"] {
        let verdict = ask(&gate, "CLOSED", user, "secret", HERE).await;
        assert_eq!(verdict, Verdict::Denied(Denial::LockedOut));
        assert_eq!(name_of(&ask(&gate, "CLOSED", user, "secret", THERE).await), Some(user));
    }
}

/// A device with an old password is no guesser: it is told each time that it is wrong, and heard when it is right.
#[tokio::test]
async fn the_same_wrong_password_is_one_guess() {
    let gate = gate(vec![account("anna")], true);
    for user in ["anna", "configured", "nobody"] {
        for _ in 0..50 {
            let verdict = ask(&gate, "CLOSED", user, "old password", HERE).await;
            let Verdict::Denied(denial) = verdict else { panic!("{verdict:?}") };
            assert!(denial.is_about_credentials(), "{user}: {denial}");
        }
    }
    assert_eq!(name_of(&ask(&gate, "CLOSED", "anna", "secret", HERE).await), Some("anna"));
}

#[tokio::test]
async fn uploads_are_guessed_at_by_mountpoint_and_address() {
    let gate = gate(Vec::new(), true);
    let upload = async |password: &str, peer| {
        let proof = Proof::PasswordOnly(Secret::new(password));
        let asked = Asked { role: Role::Station, mountpoint: mount("UP"), proof, peer };
        gate.authenticate(&asked).await
    };
    for guess in 0..5 {
        let verdict = upload(&format!("guess{guess}"), HERE).await;
        assert_eq!(verdict, Verdict::Denied(Denial::WrongPassword));
    }
    assert_eq!(upload("pushed", HERE).await, Verdict::Denied(Denial::LockedOut));
    assert_eq!(name_of(&upload("pushed", THERE).await), Some("st01"));
}

/// A thousand guesses with real hashes: no more are verified than the lockout hears, whatever names and passwords they try.
#[tokio::test]
async fn a_thousand_guesses_cost_few_verifications() {
    let mut anna = account("anna");
    anna.password = PasswordHash::of(&Secret::new("secret")).unwrap();
    let began = Instant::now();
    let one = Secret::new("x");
    assert!(!anna.password.is_of(&one));
    let verification = began.elapsed().max(Duration::from_millis(1));
    let gate = gate(vec![anna], true);
    let began = Instant::now();
    let mut wrong = 0;
    for guess in 0..1000 {
        let verdict = ask(&gate, "CLOSED", "anna", &format!("guess{guess}"), HERE).await;
        wrong += usize::from(verdict == Verdict::Denied(Denial::WrongPassword));
    }
    assert_eq!(wrong, 5);
    // Five verifications, and a thousand answers; far below the thousand verifications that were asked for.
    assert!(began.elapsed() < verification * 200, "{:?} of {verification:?} each", began.elapsed());
}
