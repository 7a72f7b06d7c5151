//! Outlets: where `tianshu replay` sends a station's frames, so that they look like a live station's.

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use tianshu_ingest::sockets::{connect, set_options};
use tianshu_ntrip::client::request::{Caster, Errand, VersionChoice};
use tianshu_ntrip::client::session::{ClientEvent, ClientSession};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::address::StreamUrl;

/// A reader that takes nothing for so long is let go: the station that we play would not wait either.
const SLOW_READER_MAX: Duration = Duration::from_secs(10);
/// How long a caster may take to accept an upload.
const ANSWER_MAX: Duration = Duration::from_secs(15);
/// The longest piece of a caster's answer that is read at once.
const ANSWER_BYTES: usize = 4096;

/// Where frames go.
pub(crate) enum Outlet {
    /// Standard output.
    Standard,
    /// Whoever connects to a port of ours.
    Port {
        /// The port.
        listener: TcpListener,
        /// Who has connected.
        readers: Vec<(SocketAddr, TcpStream)>,
    },
    /// A mountpoint of a caster.
    Upload {
        /// The connection.
        stream: TcpStream,
        /// How frames are wrapped.
        session: Box<ClientSession>,
    },
}

impl Outlet {
    /// Opens a port and waits for the first reader, so that it misses nothing.
    pub(crate) async fn port(address: &str) -> anyhow::Result<Self> {
        let cannot = || format!("cannot listen at {address}");
        let listener = TcpListener::bind(address).await.with_context(cannot)?;
        announce(listener.local_addr()?)?;
        let (stream, from) = listener.accept().await.with_context(cannot)?;
        set_options(&stream)?;
        Ok(Self::Port { listener, readers: vec![(from, stream)] })
    }

    /// Connects to a caster and begins an upload.
    pub(crate) async fn upload(url: &str) -> anyhow::Result<Self> {
        let url: StreamUrl = url.parse()?;
        let credentials = url.credentials();
        let StreamUrl::Ntrip { host, tls, mountpoint, version, .. } = url else {
            bail!("an upload goes to ntrip://user:password@host:port/MOUNT");
        };
        if tls {
            bail!("uploads over TLS are not made by replay: use ntrip:// within your own network");
        }
        let version = if version == Some(1) { VersionChoice::V1 } else { VersionChoice::V2 };
        let (name, port) = (host.name.clone(), host.port);
        let caster = Caster { host: name.clone(), port, version, credentials };
        let errand = Errand::Push { mountpoint, str_line: None };
        let mut session = ClientSession::new(caster, errand);
        let mut stream =
            connect(&name, port).await.with_context(|| format!("cannot reach {host}"))?;
        stream.write_all(&session.request()).await?;
        timeout(ANSWER_MAX, accepted(&mut stream, &mut session))
            .await
            .with_context(|| format!("{host} gave no answer within {ANSWER_MAX:?}"))??;
        Ok(Self::Upload { stream, session: Box::new(session) })
    }

    /// Sends one frame to everybody. A reader that fails or is slow is let go; an upload that fails is an error.
    pub(crate) async fn send(&mut self, frame: &[u8]) -> anyhow::Result<()> {
        match self {
            Self::Standard => {
                let mut out = std::io::stdout().lock();
                out.write_all(frame)?;
                Ok(out.flush()?)
            }
            Self::Port { listener, readers } => {
                take_newcomers(listener, readers).await;
                let mut kept = Vec::with_capacity(readers.len());
                for (from, mut stream) in readers.drain(..) {
                    match timeout(SLOW_READER_MAX, stream.write_all(frame)).await {
                        Ok(Ok(())) => kept.push((from, stream)),
                        Ok(Err(error)) => tracing::info!(%from, "reader gone: {error}"),
                        Err(_) => tracing::info!(%from, "reader took nothing for too long"),
                    }
                }
                *readers = kept;
                Ok(())
            }
            Self::Upload { stream, session } => {
                let wrapped = session.frame(frame);
                Ok(timeout(SLOW_READER_MAX, stream.write_all(&wrapped))
                    .await
                    .context("the caster takes no more bytes")??)
            }
        }
    }

    /// Says goodbye.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        match self {
            Self::Standard => Ok(()),
            Self::Port { readers, .. } => {
                for (_, mut stream) in readers {
                    // A reader that has gone already needs no goodbye.
                    let _ = stream.shutdown().await;
                }
                Ok(())
            }
            Self::Upload { mut stream, session } => {
                stream.write_all(session.farewell()).await?;
                Ok(stream.shutdown().await?)
            }
        }
    }
}

/// Takes in everybody who waits at the door, without waiting for anybody.
async fn take_newcomers(listener: &TcpListener, readers: &mut Vec<(SocketAddr, TcpStream)>) {
    while let Ok(Ok((stream, from))) = timeout(Duration::ZERO, listener.accept()).await {
        if set_options(&stream).is_ok() {
            readers.push((from, stream));
        }
    }
}

async fn accepted(stream: &mut TcpStream, session: &mut ClientSession) -> anyhow::Result<()> {
    let mut piece = [0; ANSWER_BYTES];
    loop {
        let read = stream.read(&mut piece).await?;
        let events = match piece.get(..read) {
            Some([]) | None => session.on_end(),
            Some(bytes) => session.on_bytes(bytes),
        };
        for event in events {
            match event {
                ClientEvent::Accepted(_) => return Ok(()),
                ClientEvent::Refused(why) => bail!("the caster refused the upload: {why}"),
                ClientEvent::Ended(_) => bail!("the caster closed without an answer"),
                ClientEvent::Data(_) | ClientEvent::Table(_) => {}
            }
        }
        if read == 0 {
            bail!("the caster closed without an answer");
        }
    }
}

/// Says on standard output where readers connect, which a port 0 leaves open.
fn announce(address: SocketAddr) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening {address}")?;
    Ok(out.flush()?)
}
