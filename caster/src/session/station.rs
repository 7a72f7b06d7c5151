//! An uploading station's session: let in, in place of its own old connection, then bytes in until one side ends it.

use std::sync::Arc;

use tianshu_gnss::event::DownReason;
use tianshu_gnss::station::StationName;
use tianshu_ntrip::server::request::{UploadKey, UploadRequest};
use tianshu_ntrip::server::session::{Chunking, ServerEvent, UploadEnd};
use tokio::time::{Instant, timeout, timeout_at};

use crate::access::{Proof, Role};
use crate::events::{EndReason, Refused, SessionNews};
use crate::members::{Member, SessionPlace};
use crate::session::wire::{Wire, read_with, write_all};
use crate::session::{Session, broken};
use crate::upload::{HANDOVER_MAX, HeldSlot, Taken, UploadLink};

/// What an upload holds while it lasts. The link is closed before the slot is given back.
struct Upload {
    link: Box<dyn UploadLink>,
    slot: HeldSlot,
    place: SessionPlace,
}

pub(crate) async fn run<W: Wire>(session: &mut Session<'_>, wire: &mut W, request: UploadRequest) {
    let name = request.mountpoint.to_string();
    let mut upload = match open(session, &request).await {
        Ok(upload) => upload,
        Err(reason) => {
            session.refuse(wire, Some(name), reason).await;
            return;
        }
    };
    session.shared.counters.station_logins.add(1);
    let accepted = session.protocol.accept(Chunking::WhenSpoken);
    session.report(SessionNews::Login {
        role: Role::Station,
        mountpoint: request.mountpoint,
        account: upload.place.account(),
        agent: request.peer.agent,
        mode: session.protocol.mode().map(|mode| mode.to_string()).unwrap_or_default(),
    });
    let limits = &session.shared.limits;
    let answered = timeout(limits.slow_rover_timeout, write_all(wire, &accepted)).await;
    let mut bytes = 0;
    let reason = match answered {
        Ok(Ok(())) => receive(session, wire, &mut upload, &mut bytes).await,
        Ok(Err(error)) => broken(&error),
        Err(_) => EndReason::TooSlow,
    };
    upload.link.close(down_reason(session, &reason));
    let findings = session.protocol.findings().clone();
    session.report(SessionNews::Ended { bytes, frames: 0, dropped: 0, findings, reason });
}

async fn open(session: &Session<'_>, request: &UploadRequest) -> Result<Upload, Refused> {
    let shared = session.shared;
    let offered = shared.offered();
    let mountpoint = &request.mountpoint;
    let station: StationName =
        shared.upload_station(mountpoint).ok_or(Refused::UnknownMountpoint)?;
    let proof = match request.key.clone() {
        UploadKey::Password(secret) => Proof::PasswordOnly(secret),
        UploadKey::Basic(credentials) => Proof::Basic(credentials),
        UploadKey::Missing => Proof::Nothing,
    };
    let grant = session.admit(Role::Station, mountpoint, proof).await?;
    let control = std::sync::Arc::clone(&session.control);
    let now = shared.clock.now();
    let (slot, before) = shared
        .uploads
        .take(mountpoint, session.id, grant.account.clone(), control, now)
        .map_err(|Taken| Refused::MountpointTaken)?;
    if let Some(before) = before {
        // If the old session hangs, the newcomer goes on: the sink sees the new link first, and the old one's end late.
        let _ = timeout(HANDOVER_MAX, before.cancelled()).await;
    }
    let link = shared.sink.open(&station).map_err(|refusal| Refused::Full(refusal.to_string()))?;
    let control = Arc::clone(&session.control);
    let member = Member { role: Role::Station, mountpoint: mountpoint.clone(), grant, control };
    let place = shared.enter(session.id, member, &offered).map_err(Refused::Denied)?;
    Ok(Upload { link, slot, place })
}

async fn receive<W: Wire>(
    session: &mut Session<'_>,
    wire: &mut W,
    upload: &mut Upload,
    bytes: &mut u64,
) -> EndReason {
    let silence_max = session.shared.limits.upload_silence_max;
    let mut deadline = Instant::now() + silence_max;
    let mut events: Vec<_> = session.early.drain(..).collect();
    loop {
        for event in events {
            match event {
                ServerEvent::Upload(data) => {
                    deadline = Instant::now() + silence_max;
                    upload.slot.heard(session.shared.clock.now());
                    *bytes += data.len() as u64;
                    session.shared.counters.upload_bytes.add(data.len() as u64);
                    if let Err(refusal) = upload.link.bytes(&data) {
                        return EndReason::UploadRefused(refusal.to_string());
                    }
                }
                ServerEvent::UploadEnd(UploadEnd::LastChunk) => return EndReason::UploadEnded,
                ServerEvent::UploadEnd(UploadEnd::Broken) => return EndReason::UploadBroken,
                ServerEvent::Request(_) | ServerEvent::Fault { .. } | ServerEvent::Gga(_) => {}
            }
        }
        let protocol = &mut session.protocol;
        let read = tokio::select! {
            biased;
            () = session.control.ended() => return session.control.reason(),
            read = timeout_at(deadline, read_with(wire, |bytes| protocol.on_bytes(bytes))) => read,
        };
        events = match read {
            Err(_) => return EndReason::SilentUpload,
            Ok(Err(error)) => return broken(&error),
            Ok(Ok(None)) => return EndReason::PeerClosed,
            Ok(Ok(Some(events))) => events,
        };
    }
}

/// The same reason in the words of station events.
fn down_reason(session: &Session<'_>, reason: &EndReason) -> DownReason {
    match reason {
        EndReason::Replaced => DownReason::Replaced,
        EndReason::SilentUpload => {
            DownReason::Silent { silent_s: session.shared.limits.upload_silence_max.as_secs() }
        }
        EndReason::Stopping | EndReason::MountpointRemoved | EndReason::Revoked(_) => {
            DownReason::Stopped
        }
        other => DownReason::Closed(other.to_string()),
    }
}
