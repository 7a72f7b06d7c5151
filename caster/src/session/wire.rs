//! Reading and writing of one connection, without a buffer that waits with it.

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio_rustls::server::TlsStream;

/// A connection: TCP, or TLS over it.
pub trait Wire: AsyncRead + AsyncWrite + Unpin + Send {
    /// The socket, where whole deliveries may be written past the session; none where bytes are encrypted on the way.
    fn writer(&self) -> Option<&Arc<OwnedWriteHalf>> {
        None
    }
}

impl Wire for TlsStream<TcpStream> {}

/// TCP without anything over it. Its writing half can be shared.
#[derive(Debug)]
pub struct Plain {
    reader: OwnedReadHalf,
    writer: Arc<OwnedWriteHalf>,
}

impl From<TcpStream> for Plain {
    fn from(stream: TcpStream) -> Self {
        let (reader, writer) = stream.into_split();
        Self { reader, writer: Arc::new(writer) }
    }
}

impl Wire for Plain {
    fn writer(&self) -> Option<&Arc<OwnedWriteHalf>> {
        Some(&self.writer)
    }
}

impl AsyncRead for Plain {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.reader).poll_read(context, buffer)
    }
}

impl AsyncWrite for Plain {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let stream: &TcpStream = (*self.writer).as_ref();
        loop {
            ready!(stream.poll_write_ready(context))?;
            match stream.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream: &TcpStream = (*self.writer).as_ref();
        Poll::Ready(SockRef::from(stream).shutdown(Shutdown::Write))
    }
}

/// Read at once from a peer. An upload of 1 Hz epochs fits; a faster one takes several rounds.
const READ_BYTES: usize = 4096;

/// Reads once and hands the bytes to `take`; `None` at the end of the stream.
///
/// The buffer lives on the stack of the poll, so ten thousand rovers that only listen hold none. Dropping the future loses nothing.
pub async fn read_with<W: Wire, T>(
    wire: &mut W,
    mut take: impl FnMut(&[u8]) -> T,
) -> io::Result<Option<T>> {
    poll_fn(|context| {
        let mut space = [const { MaybeUninit::uninit() }; READ_BYTES];
        let mut buffer = ReadBuf::uninit(&mut space);
        ready!(Pin::new(&mut *wire).poll_read(context, &mut buffer))?;
        let bytes = buffer.filled();
        Ok(if bytes.is_empty() { None } else { Some(take(bytes)) }).into()
    })
    .await
}

/// Writes everything, in one call where the socket has room, and pushes it out of a TLS session.
pub async fn write_all<W: Wire>(wire: &mut W, bytes: &[u8]) -> io::Result<()> {
    wire.write_all(bytes).await?;
    wire.flush().await
}
