//! Lockout, told its time.

use proptest::prelude::*;

use super::*;

fn at(seconds: u64) -> Uptime {
    Uptime::from_start(Duration::from_secs(seconds))
}

fn address(number: u32) -> IpAddr {
    IpAddr::V4(number.into())
}

fn name(text: &str) -> Arc<str> {
    text.into()
}

/// Guesses until not heard; gives how many were heard.
fn guess(lockout: &mut Lockout, account: &str, from: IpAddr, now: Uptime) -> u32 {
    let account = name(account);
    let mut heard = 0;
    while lockout.check(&account, from, now).is_ok() {
        lockout.on_wrong(&account, from, now);
        heard += 1;
        assert!(heard < 10_000, "never locked");
    }
    heard
}

#[test]
fn an_account_is_locked_where_it_is_guessed_at_and_nowhere_else() {
    let mut lockout = Lockout::default();
    assert_eq!(guess(&mut lockout, "anna", address(1), at(0)), GUESSES_AT_ADDRESS);
    assert_eq!(lockout.check(&name("anna"), address(1), at(0)), Err(Locked::AccountHere));
    // Anna herself, elsewhere, and somebody else from there.
    assert_eq!(lockout.check(&name("anna"), address(2), at(0)), Ok(()));
    assert_eq!(lockout.check(&name("bert"), address(1), at(0)), Ok(()));
}

#[test]
fn a_lock_opens_with_time_one_guess_at_a_time() {
    let mut lockout = Lockout::default();
    let anna = name("anna");
    guess(&mut lockout, "anna", address(1), at(0));
    let each = (WINDOW / GUESSES_AT_ADDRESS).as_secs();
    assert!(lockout.check(&anna, address(1), at(each - 1)).is_err());
    assert_eq!(guess(&mut lockout, "anna", address(1), at(each)), 1);
    assert_eq!(guess(&mut lockout, "anna", address(1), at(10 * each)), GUESSES_AT_ADDRESS);
}

#[test]
fn an_address_that_guesses_is_heard_only_for_those_who_came_in_from_there() {
    let mut lockout = Lockout::default();
    let (anna, bert) = (name("anna"), name("bert"));
    lockout.on_right(&anna, address(1));
    let heard: u32 =
        (0..1000).map(|i| guess(&mut lockout, &format!("user{i}"), address(1), at(1))).sum();
    assert_eq!(heard, GUESSES_OF_ADDRESS);
    assert_eq!(lockout.check(&bert, address(1), at(1)), Err(Locked::Address));
    assert_eq!(lockout.check(&anna, address(1), at(1)), Ok(()));
    assert_eq!(lockout.check(&bert, address(2), at(1)), Ok(()));
    // And those who are known there are still counted.
    assert_eq!(guess(&mut lockout, "anna", address(1), at(1)), GUESSES_AT_ADDRESS);
}

#[test]
fn an_account_that_is_guessed_at_from_everywhere_is_heard_where_it_is_known() {
    let mut lockout = Lockout::default();
    let anna = name("anna");
    lockout.on_right(&anna, address(7));
    let heard: u32 = (1000..2000).map(|i| guess(&mut lockout, "anna", address(i), at(0))).sum();
    assert_eq!(heard, GUESSES_AT_ACCOUNT);
    assert_eq!(lockout.check(&anna, address(8), at(0)), Err(Locked::Account));
    assert_eq!(lockout.check(&anna, address(7), at(0)), Ok(()));
    assert_eq!(lockout.check(&name("bert"), address(8), at(0)), Ok(()));
    assert_eq!(lockout.check(&anna, address(8), at(WINDOW.as_secs())), Ok(()));
}

#[test]
fn a_right_password_forgives_typing_errors_and_nothing_else() {
    let mut lockout = Lockout::default();
    let (anna, bert) = (name("anna"), name("bert"));
    for _ in 0..1000 {
        for _ in 0..GUESSES_AT_ADDRESS - 1 {
            if lockout.check(&bert, address(1), at(0)).is_ok() {
                lockout.on_wrong(&bert, address(1), at(0));
            }
        }
        lockout.on_right(&anna, address(1));
    }
    assert_eq!(lockout.check(&anna, address(1), at(0)), Ok(()));
    lockout.on_wrong(&bert, address(1), at(0));
    assert_eq!(lockout.check(&bert, address(1), at(0)), Err(Locked::AccountHere));
    lockout.on_right(&bert, address(1));
    assert_eq!(guess(&mut lockout, "bert", address(1), at(0)), GUESSES_AT_ADDRESS);
}

#[test]
fn the_tables_are_bounded_and_keep_those_who_guess_most() {
    let mut lockout = Lockout::default();
    guess(&mut lockout, "anna", address(1), at(0));
    for number in 0..100_000u32 {
        let victim = name(&format!("user{number}"));
        lockout.on_wrong(&victim, address(1_000 + number), at(u64::from(number) / 1_000));
    }
    assert!(lockout.entries() <= 3 * ENTRIES_MAX, "{}", lockout.entries());
    assert_eq!(lockout.check(&name("anna"), address(1), at(100)), Err(Locked::AccountHere));
}

proptest! {
    /// However guesses are spread, none gets more than the window allows: at most `limit` at once and `limit` more per window.
    #[test]
    fn nobody_guesses_faster_than_allowed(waits in proptest::collection::vec(0u64..400, 1..200)) {
        let mut lockout = Lockout::default();
        let anna = name("anna");
        let (mut now, mut heard) = (0, 0);
        for wait in waits {
            now += wait;
            if lockout.check(&anna, address(1), at(now)).is_ok() {
                lockout.on_wrong(&anna, address(1), at(now));
                heard += 1;
            }
        }
        let allowed = u64::from(GUESSES_AT_ADDRESS) * (now / WINDOW.as_secs() + 2);
        prop_assert!(heard <= allowed, "{heard} of {allowed}");
    }

    /// Who guesses right at once is heard, whatever others did at other addresses to other accounts.
    #[test]
    fn others_are_unharmed(guesses in proptest::collection::vec((0u8..4, 0u32..4), 0..300)) {
        let mut lockout = Lockout::default();
        for (account, from) in guesses {
            let account = name(&format!("user{account}"));
            if lockout.check(&account, address(from), at(1)).is_ok() {
                lockout.on_wrong(&account, address(from), at(1));
            }
        }
        // Four addresses are too few to lock an account everywhere.
        for account in 0..4 {
            prop_assert_eq!(lockout.check(&name(&format!("user{account}")), address(9), at(1)), Ok(()));
        }
    }
}
