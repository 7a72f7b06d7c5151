//! What troubles a caster, and how much of it (the figures that a public service should bear).

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::bail;

use crate::peers::{Peer, guess, request};

/// A kind of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Rovers that ask and then stop reading.
    Slow,
    /// Connections that never ask.
    HalfOpen,
    /// Many rovers at once.
    Storm,
    /// Positions without an end.
    LongLines,
    /// Wrong passwords.
    Guesses,
}

/// Rovers that stop reading.
const SLOW: usize = 2_000;
/// Connections that never ask, kept at that number: those that the service ends come again.
const HALF_OPEN: usize = 10_000;
/// Rovers of a storm, and how long it takes them to come.
const STORM: usize = 10_000;
const STORM_TAKES: Duration = Duration::from_secs(10);
/// Rovers with a position of this many bytes, again and again.
const LONG: usize = 50;
const LINE: usize = 10_000_000;
/// Wrong passwords per second, each another one, for one of so many accounts; half of them for the one that exists.
const GUESSES_PER_S: usize = 1_000;
const ACCOUNTS: usize = 100;
/// One pass over all peers takes at least this long.
const PASS: Duration = Duration::from_millis(10);
/// Who waits longer than this for an answer to a guess goes away.
const ANSWER_MAX: Duration = Duration::from_secs(6);

impl Trouble {
    pub(crate) const ALL: [Self; 5] =
        [Self::Slow, Self::HalfOpen, Self::Storm, Self::LongLines, Self::Guesses];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Slow => "slow",
            Self::HalfOpen => "half-open",
            Self::Storm => "storm",
            Self::LongLines => "long-lines",
            Self::Guesses => "guesses",
        }
    }

    pub(crate) fn named(name: &str) -> anyhow::Result<Self> {
        match Self::ALL.into_iter().find(|trouble| trouble.name() == name) {
            Some(trouble) => Ok(trouble),
            None => bail!("{name} is no trouble that is known"),
        }
    }

    /// Troubles until that moment, with a share of the full number; tells in words what was done.
    pub(crate) fn play(
        self,
        caster: SocketAddr,
        share: usize,
        until: Instant,
    ) -> anyhow::Result<String> {
        match self {
            Self::Slow => slow(caster, SLOW / share, until),
            Self::HalfOpen => half_open(caster, HALF_OPEN / share, until),
            Self::Storm => storm(caster, STORM / share, until),
            Self::LongLines => long_lines(caster, LONG.div_ceil(share), until),
            Self::Guesses => guesses(caster, GUESSES_PER_S / share, until),
        }
    }
}

/// They never read a byte; whoever is let go comes again.
fn slow(caster: SocketAddr, count: usize, until: Instant) -> anyhow::Result<String> {
    let mut peers = Vec::with_capacity(count);
    for _ in 0..count {
        let mut peer = Peer::connect_narrow(caster)?;
        peer.say(request("M", "rover", None).as_bytes());
        peers.push(peer);
    }
    let mut again = 0;
    while Instant::now() < until {
        std::thread::sleep(Duration::from_secs(1));
        for peer in &mut peers {
            if peer.was_reset() {
                again += 1;
                *peer = Peer::connect_narrow(caster)?;
                peer.say(request("M", "rover", None).as_bytes());
            }
        }
    }
    Ok(format!("{count} stopped reading, {again} were let go and came again"))
}

fn half_open(caster: SocketAddr, count: usize, until: Instant) -> anyhow::Result<String> {
    let mut peers = Vec::with_capacity(count);
    let mut ended = 0;
    while Instant::now() < until {
        let begun = Instant::now();
        let before = peers.len();
        peers.retain_mut(|peer: &mut Peer| !peer.has_ended());
        ended += before - peers.len();
        // 2,000 per second at most, so that the generator of the good rovers has its turn.
        for _ in 0..(count - peers.len()).min(20) {
            peers.push(Peer::connect(caster)?);
        }
        std::thread::sleep(PASS.saturating_sub(begun.elapsed()));
    }
    Ok(format!("{} open at the end, {ended} were ended and came again", peers.len()))
}

/// They come evenly within ten seconds, and again; each goes with the first bytes that it gets. What they would cost if they stayed is the
/// delivery's, which is measured elsewhere.
fn storm(caster: SocketAddr, count: usize, until: Instant) -> anyhow::Result<String> {
    let begun = Instant::now();
    let mut waiting: Vec<Peer> = Vec::new();
    let (mut came, mut served, mut refused) = (0_usize, 0_usize, 0_usize);
    while Instant::now() < until {
        let due = due(begun, count as f64 / STORM_TAKES.as_secs_f64());
        while came < due {
            let mut peer = Peer::connect(caster)?;
            peer.say(request("M", "rover", None).as_bytes());
            waiting.push(peer);
            came += 1;
        }
        waiting.retain_mut(|peer| {
            let bytes = peer.skip();
            let is_over = bytes == 0 && peer.has_ended();
            served += usize::from(bytes > 0);
            refused += usize::from(is_over);
            bytes == 0 && !is_over
        });
        std::thread::sleep(PASS);
    }
    Ok(format!(
        "{came} came, {count} in {} s, {served} were served, {refused} refused, {} open at the end",
        STORM_TAKES.as_secs(),
        waiting.len()
    ))
}

fn long_lines(caster: SocketAddr, count: usize, until: Instant) -> anyhow::Result<String> {
    let piece = vec![b'1'; 65_536];
    let mut peers: Vec<(Option<Peer>, usize)> = (0..count).map(|_| (None, 0)).collect();
    let (mut lines, mut ended, mut bytes) = (0, 0, 0);
    while Instant::now() < until {
        for (peer, said) in &mut peers {
            let Some(open) = peer else {
                let mut fresh = Peer::connect(caster)?;
                fresh.say(request("NEAR", "rover", Some("$GPGGA,")).as_bytes());
                (*peer, *said) = (Some(fresh), 0);
                continue;
            };
            let taken = open.say(&piece);
            *said += taken;
            bytes += taken;
            open.skip();
            if *said >= LINE || open.has_ended() {
                lines += usize::from(*said >= LINE);
                ended += usize::from(*said < LINE);
                *peer = None;
            }
        }
        std::thread::sleep(PASS);
    }
    Ok(format!("{} MB of lines, {lines} of 10 MB to their end, {ended} ended before", bytes >> 20))
}

fn guesses(caster: SocketAddr, per_s: usize, until: Instant) -> anyhow::Result<String> {
    let begun = Instant::now();
    let mut waiting: Vec<(Peer, Instant)> = Vec::new();
    let (mut asked, mut answered, mut given_up) = (0_usize, 0_usize, 0_usize);
    while Instant::now() < until {
        let due = due(begun, per_s as f64);
        while asked < due {
            let mut peer = Peer::connect(caster)?;
            peer.say(guess(asked, ACCOUNTS).as_bytes());
            waiting.push((peer, Instant::now()));
            asked += 1;
        }
        waiting.retain_mut(|(peer, since)| {
            let is_over = peer.has_ended();
            let is_late = since.elapsed() > ANSWER_MAX;
            answered += usize::from(is_over);
            given_up += usize::from(!is_over && is_late);
            !is_over && !is_late
        });
        std::thread::sleep(PASS);
    }
    Ok(format!(
        "{asked} guesses, {answered} refused, {given_up} without an answer, {} open at the end",
        waiting.len()
    ))
}

/// How many have their turn by now, of so many per second.
fn due(begun: Instant, per_s: f64) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a thousand per second for some seconds"
    )]
    let due = (begun.elapsed().as_secs_f64() * per_s) as usize;
    due
}
