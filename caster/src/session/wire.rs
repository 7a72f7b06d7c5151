//! Reading and writing of one connection, without a buffer that waits with it.

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::ready;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

/// A connection: TCP, or TLS over it.
pub trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

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
