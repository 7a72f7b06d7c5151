//! One connection from its first byte to its end: request, decision, answer, stream.

pub mod fence;
pub mod rover;
pub mod station;
pub mod watch;
pub mod wire;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;

use tianshu_ntrip::credentials::Credentials;
use tianshu_ntrip::head::HeadFault;
use tianshu_ntrip::mountpoint::Mountpoint;
use tianshu_ntrip::server::answer::Refusal;
use tianshu_ntrip::server::request::{Request, TableRequest};
use tianshu_ntrip::server::session::{Fault, ServerEvent, ServerSession};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use crate::access::{Asked, Denial, Grant, Proof, Role, Verdict};
use crate::admission::Place;
use crate::control::Control;
use crate::events::{EndReason, Refused, SessionEvent, SessionId, SessionNews};
use crate::listener::Port;
use crate::proxy::read_header;
use crate::registry::Shared;
use crate::source::Availability;
use wire::{Plain, Wire, read_with, write_all};

/// Letters of a refused peer's name that are told: enough for every account, and no way to fill a log.
const NAME_MAX: usize = 60;

/// One session: who it is, and what it shares with all others.
pub(crate) struct Session<'s> {
    pub(crate) shared: &'s Arc<Shared>,
    pub(crate) id: SessionId,
    pub(crate) peer: SocketAddr,
    pub(crate) control: Arc<Control>,
    pub(crate) protocol: ServerSession,
    /// What came in the same bytes as the request.
    pub(crate) early: VecDeque<ServerEvent>,
}

/// Serves a connection until it ends.
pub(crate) async fn serve(
    shared: &Arc<Shared>,
    mut stream: TcpStream,
    peer: SocketAddr,
    port: Port,
    mut place: Place,
) {
    let mut session = Session {
        shared,
        id: shared.next_session(),
        peer,
        control: Control::new(&shared.stopping),
        protocol: ServerSession::new(),
        early: VecDeque::new(),
    };
    if port.proxies.is_some() && !session.read_proxy(&mut stream, &mut place).await {
        return;
    }
    let Some(tls) = port.tls else {
        session.run(Plain::from(stream)).await;
        return;
    };
    let handshake = timeout(shared.limits.tls_timeout, tls.acceptor().accept(stream));
    let shaken = tokio::select! {
        () = session.control.ended() => return,
        shaken = handshake => shaken,
    };
    match shaken {
        // In a box: the TLS state is large, and most sessions have none.
        Ok(Ok(encrypted)) => Box::pin(session.run(encrypted)).await,
        Ok(Err(error)) => {
            shared.counters.tls_failed.add(1);
            session.refused(None, Refused::Tls(error.to_string()));
        }
        Err(_) => {
            shared.counters.handshakes_too_slow.add(1);
            session.refused(None, Refused::TooSlow);
        }
    }
}

impl Session<'_> {
    /// Takes the peer's address from its proxy's header. Tells whether it may go on.
    async fn read_proxy(&mut self, stream: &mut TcpStream, place: &mut Place) -> bool {
        let reading = timeout(self.shared.limits.head_timeout, read_header(stream));
        let read = tokio::select! {
            () = self.control.ended() => return false,
            read = reading => read,
        };
        let why = match read {
            // A proxy that speaks for itself keeps its own address.
            Ok(Ok(told)) => {
                self.peer = told.unwrap_or(self.peer);
                match place.is_of(self.peer.ip()) {
                    Ok(()) => return true,
                    Err(full) => {
                        self.shared.counters.connections_over_limit.add(1);
                        self.refused(None, Refused::Full(full.to_string()));
                        return false;
                    }
                }
            }
            Ok(Err(fault)) => fault.to_string(),
            Err(_) => "no PROXY header came in time".to_owned(),
        };
        self.shared.counters.proxies_refused.add(1);
        self.refused(None, Refused::Proxy(why));
        false
    }

    async fn run<W: Wire>(&mut self, mut wire: W) {
        if let Some(request) = self.read_request(&mut wire).await {
            match request {
                Request::Stream(request) => rover::run(self, &mut wire, request).await,
                Request::Upload(request) => station::run(self, &mut wire, request).await,
                Request::Table(request) => self.send_table(&mut wire, request).await,
                Request::NoSuchName { name, .. } => {
                    self.refuse(&mut wire, Some(name), Refused::UnknownMountpoint).await;
                }
            }
        }
        // A peer that does not take the end of the connection must not hold it.
        let _ = timeout(self.shared.limits.stop_grace, wire.shutdown()).await;
    }

    /// The request, if one comes in time; else the peer has been answered.
    async fn read_request<W: Wire>(&mut self, wire: &mut W) -> Option<Request> {
        let deadline = Instant::now() + self.shared.limits.head_timeout;
        loop {
            let protocol = &mut self.protocol;
            let read = read_with(wire, |bytes| protocol.on_bytes(bytes));
            let read = tokio::select! {
                () = self.control.ended() => return None,
                read = timeout_at(deadline, read) => read,
            };
            let Ok(read) = read else {
                self.shared.counters.handshakes_too_slow.add(1);
                self.refused(None, Refused::TooSlow);
                return None;
            };
            let Ok(Some(events)) = read else {
                self.refused(None, Refused::Gone);
                return None;
            };
            self.early.extend(events);
            match self.early.pop_front() {
                Some(ServerEvent::Request(request)) => return Some(request),
                Some(ServerEvent::Fault { fault, answer }) => {
                    self.count_fault(&fault);
                    self.refused(None, Refused::NotARequest(fault.to_string()));
                    self.send(wire, &answer).await;
                    return None;
                }
                // The head goes on. What belongs to a body cannot come before it.
                None
                | Some(ServerEvent::Gga(_) | ServerEvent::Upload(_) | ServerEvent::UploadEnd(_)) => {
                }
            }
        }
    }

    fn count_fault(&self, fault: &Fault) {
        match fault {
            Fault::Head(HeadFault::Tls) => self.shared.counters.tls_on_plain_port.add(1),
            Fault::Head(_) | Fault::Request(_) => self.shared.counters.not_requests.add(1),
        }
    }

    async fn send_table<W: Wire>(&mut self, wire: &mut W, request: TableRequest) {
        let table = self.shared.sourcetable();
        let text = if request.query.is_everything() {
            Arc::clone(&table.text)
        } else {
            let readable = if request.query.authorized_only() {
                self.readable(&table.mountpoints, request.credentials.as_ref()).await
            } else {
                Vec::new()
            };
            let chosen = table.table.select(&request.query, |asked| readable.contains(&asked));
            chosen.to_string().into()
        };
        self.shared.counters.tables_sent.add(1);
        self.report(SessionNews::Table);
        let answer = self.protocol.send_table(&text);
        self.send(wire, &answer).await;
    }

    /// The mountpoints that these credentials may read. Wrong ones are waited for as at a mountpoint, or the sourcetable
    /// would be where passwords are guessed.
    async fn readable<'t>(
        &self,
        mountpoints: &'t [Mountpoint],
        credentials: Option<&Credentials>,
    ) -> Vec<&'t Mountpoint> {
        let asked_at = Instant::now();
        let mut readable = Vec::new();
        let mut wrong = false;
        for mountpoint in mountpoints {
            let proof = credentials.map_or(Proof::Nothing, |c| Proof::Basic(c.clone()));
            let asked = self.asked(Role::Rover, mountpoint, proof);
            match self.shared.access().authenticate(&asked).await {
                Verdict::Admitted(_) => readable.push(mountpoint),
                Verdict::Denied(denial) => wrong |= denial.is_about_credentials(),
            }
        }
        if wrong && credentials.is_some() {
            self.shared.counters.logins_failed.add(1);
            self.hold_back(asked_at).await;
        }
        readable
    }

    /// The wait before the answer to wrong credentials. It counts from the question, so that an account that exists is not
    /// told from one that does not by the time that its password took to verify.
    async fn hold_back(&self, asked_at: Instant) {
        let delay = self.shared.login_failed(self.peer.ip());
        tokio::select! {
            () = self.control.ended() => {}
            () = sleep_until(asked_at + delay) => {}
        }
    }

    fn asked(&self, role: Role, mountpoint: &Mountpoint, proof: Proof) -> Asked {
        Asked { role, mountpoint: mountpoint.clone(), proof, peer: self.peer.ip() }
    }

    /// Asks whether the peer is let in. A peer with wrong credentials waits for its answer.
    pub(crate) async fn admit(
        &self,
        role: Role,
        mountpoint: &Mountpoint,
        proof: Proof,
    ) -> Result<Grant, Refused> {
        let asked_at = Instant::now();
        let guessed = !matches!(proof, Proof::Nothing);
        let asked = self.asked(role, mountpoint, proof);
        let denial = match self.shared.access().authenticate(&asked).await {
            Verdict::Admitted(grant) => return Ok(grant),
            Verdict::Denied(denial) => denial,
        };
        if denial.is_about_credentials() {
            self.shared.counters.logins_failed.add(1);
            // Without credentials nothing was guessed: clients ask that way before they send them.
            if guessed {
                self.hold_back(asked_at).await;
            }
        }
        match denial {
            Denial::LockedOut => self.shared.counters.logins_locked_out.add(1),
            Denial::Busy => self.shared.counters.logins_too_busy.add(1),
            _ => {}
        }
        Err(Refused::Denied(denial))
    }

    /// Whether anybody serves a mountpoint now.
    pub(crate) fn availability(&self, mountpoint: &Mountpoint) -> Result<(), Refused> {
        match self.shared.availability(mountpoint) {
            Availability::Live => Ok(()),
            Availability::Offline => Err(Refused::Offline("no data at this moment".to_owned())),
            Availability::Unknown => Err(Refused::UnknownMountpoint),
        }
    }

    /// Sends the peer away with the answer that its version has for the reason.
    pub(crate) async fn refuse<W: Wire>(
        &mut self,
        wire: &mut W,
        mountpoint: Option<String>,
        reason: Refused,
    ) {
        let table;
        let words;
        let refusal = match &reason {
            Refused::UnknownMountpoint | Refused::Offline(_) => {
                table = self.shared.sourcetable();
                Refusal::NoSuchMountpoint { sourcetable: &table.text }
            }
            Refused::Denied(denial) if denial.is_about_credentials() => {
                words = self.challenge(*denial);
                Refusal::Unauthorized(&words)
            }
            Refused::Denied(denial) if denial.passes() => {
                words = denial.to_string();
                Refusal::Unavailable(&words)
            }
            Refused::Denied(denial) => {
                words = denial.to_string();
                Refusal::Forbidden(&words)
            }
            Refused::MountpointTaken => Refusal::MountpointTaken,
            other => {
                words = other.to_string();
                Refusal::Unavailable(&words)
            }
        };
        let answer = self.protocol.refuse(&refusal);
        if !matches!(&reason, Refused::Denied(denial) if denial.is_about_credentials()) {
            self.shared.counters.requests_refused.add(1);
        }
        self.refused(mountpoint, reason);
        self.send(wire, &answer).await;
    }

    /// What a peer with wrong credentials is told. Whether its name or its password is wrong is its own to find out.
    fn challenge(&self, denial: Denial) -> String {
        let over_tls = self.shared.tls_port.map(|port| format!(", over TLS at port {port}"));
        let over_tls = over_tls.unwrap_or_default();
        match (denial, self.protocol.unusable_authorization()) {
            (Denial::NoCredentials, Some(fault)) => format!(
                "Only Basic authentication is taken here{over_tls}; of what was sent, {fault}."
            ),
            (Denial::NoCredentials, None) => {
                format!(
                    "An account is needed here: send its name and password by Basic authentication{over_tls}."
                )
            }
            _ => "User name or password is wrong.".to_owned(),
        }
    }

    /// Sends an answer; a peer that does not take it has itself to blame. A stop waits for it no longer than its grace.
    async fn send<W: Wire>(&self, wire: &mut W, answer: &[u8]) {
        let limits = &self.shared.limits;
        let writing = write_all(wire, answer);
        tokio::pin!(writing);
        tokio::select! {
            biased;
            _ = timeout(limits.slow_rover_timeout, writing.as_mut()) => {}
            () = self.control.ended() => {
                let _ = timeout(limits.stop_grace, writing.as_mut()).await;
            }
        }
    }

    fn refused(&self, mountpoint: Option<String>, reason: Refused) {
        let account = self.protocol.named_user().map(|name| name.chars().take(NAME_MAX).collect());
        self.report(SessionNews::Refused { mountpoint, account, reason });
    }

    pub(crate) fn report(&self, news: SessionNews) {
        let at = self.shared.clock.now();
        self.shared.events.report(SessionEvent { session: self.id, at, peer: self.peer, news });
    }
}

/// Why a failed read or write ends a session.
pub(crate) fn broken(error: &std::io::Error) -> EndReason {
    match error.kind() {
        std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::BrokenPipe => {
            EndReason::PeerClosed
        }
        kind => EndReason::Broken(kind),
    }
}
