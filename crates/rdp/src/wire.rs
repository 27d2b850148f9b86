//! Protocol data units on the stream: read whole and bounded, written without ever being cut by a cancellation.

use std::{
    io,
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use ironrdp_core::MonotonicInstant;
use ironrdp_pdu::{Action, PduHint};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf};

/// Largest unit; both of the protocol's framings end here ([MS-RDPBCGR] 2.2.9.1.2, RFC 1006).
pub(crate) const MAX_UNIT: usize = 65_535;
/// Most bytes that wait to be written; then input waits, and so does reading.
pub(crate) const MAX_UNSENT: usize = 1024 * 1024;

/// A unit as it came.
#[derive(Debug, Clone)]
pub(crate) struct Unit {
    pub(crate) action: Action,
    pub(crate) bytes: Bytes,
    /// When its last byte was read.
    pub(crate) at: MonotonicInstant,
}

/// A stream of units.
#[derive(Debug)]
pub(crate) struct Wire<S> {
    pub(crate) incoming: Incoming<S>,
    pub(crate) outgoing: Outgoing<S>,
}

/// What comes. Its methods may be cancelled without loss.
#[derive(Debug)]
pub(crate) struct Incoming<S> {
    reader: ReadHalf<S>,
    unread: BytesMut,
    began: Instant,
    read_at: Duration,
}

/// What goes. Its methods may be cancelled without loss.
#[derive(Debug)]
pub(crate) struct Outgoing<S> {
    writer: WriteHalf<S>,
    unsent: BytesMut,
    unflushed: bool,
}

impl<S: AsyncRead + AsyncWrite> Wire<S> {
    pub(crate) fn new(stream: S) -> Self {
        let (reader, writer) = tokio::io::split(stream);
        Self {
            incoming: Incoming {
                reader,
                unread: BytesMut::new(),
                began: Instant::now(),
                read_at: Duration::ZERO,
            },
            outgoing: Outgoing { writer, unsent: BytesMut::new(), unflushed: false },
        }
    }

    /// The stream, when nothing has been read ahead of it; what comes before a handshake must not count as private.
    pub(crate) fn into_stream(self) -> Option<S>
    where
        S: Unpin,
    {
        self.incoming.unread.is_empty().then(|| self.incoming.reader.unsplit(self.outgoing.writer))
    }

    /// Writes what waits, then reads the next unit.
    pub(crate) async fn exchange(&mut self) -> io::Result<Unit> {
        self.outgoing.send_all().await?;
        self.incoming.unit().await
    }
}

impl<S: AsyncRead + AsyncWrite> Incoming<S> {
    /// Reads the next unit.
    pub(crate) async fn unit(&mut self) -> io::Result<Unit> {
        loop {
            let found = ironrdp_pdu::find_size(&self.unread).map_err(io::Error::other)?;
            if let Some(found) = found {
                if found.length == 0 || found.length > MAX_UNIT {
                    return Err(too_long());
                }
                if let Some(bytes) = self.split(found.length) {
                    return Ok(Unit { action: found.action, bytes, at: self.at() });
                }
            }
            self.read().await?;
        }
    }

    /// Reads a message of another framing, as sign-in has.
    pub(crate) async fn message(&mut self, hint: &dyn PduHint) -> io::Result<Bytes> {
        loop {
            match hint.find_size(&self.unread).map_err(io::Error::other)? {
                Some((false, _)) => return Err(io::ErrorKind::InvalidData.into()),
                Some((true, length)) if length > MAX_UNIT => return Err(too_long()),
                Some((true, length)) => {
                    if let Some(bytes) = self.split(length) {
                        return Ok(bytes);
                    }
                }
                // Not even its length is known.
                None if self.unread.len() > MAX_UNIT => return Err(too_long()),
                None => {}
            }
            self.read().await?;
        }
    }

    /// When the last bytes were read.
    fn at(&self) -> MonotonicInstant {
        MonotonicInstant::from_millis(u64::try_from(self.read_at.as_millis()).unwrap_or(u64::MAX))
    }

    fn split(&mut self, length: usize) -> Option<Bytes> {
        (self.unread.len() >= length).then(|| self.unread.split_to(length).freeze())
    }

    async fn read(&mut self) -> io::Result<()> {
        self.unread.reserve(MAX_UNIT);
        if self.reader.read_buf(&mut self.unread).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.read_at = self.began.elapsed();
        Ok(())
    }
}

impl<S: AsyncRead + AsyncWrite> Outgoing<S> {
    /// Puts bytes in line to be written.
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        self.unsent.extend_from_slice(bytes);
    }

    /// Whether as much waits to be written as may.
    pub(crate) fn is_full(&self) -> bool {
        self.unsent.len() >= MAX_UNSENT
    }

    /// Writes some of what waits; never returns while nothing does.
    pub(crate) async fn send(&mut self) -> io::Result<()> {
        if !self.unsent.is_empty() {
            if self.writer.write_buf(&mut self.unsent).await? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            self.unflushed = true;
            Ok(())
        } else if self.unflushed {
            self.writer.flush().await?;
            self.unflushed = false;
            Ok(())
        } else {
            std::future::pending().await
        }
    }

    /// Writes all that waits.
    pub(crate) async fn send_all(&mut self) -> io::Result<()> {
        while !self.unsent.is_empty() || self.unflushed {
            self.send().await?;
        }
        Ok(())
    }
}

fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a unit is longer than the protocol allows")
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::{MAX_UNIT, Wire};

    #[tokio::test]
    async fn units_are_found_wherever_the_stream_is_cut() {
        let (near, mut far) = tokio::io::duplex(7);
        let mut wire = Wire::new(near);
        // A fast-path unit of 5 bytes, then a TPKT of 9.
        let bytes = [0, 5, 1, 2, 3, 3, 0, 0, 9, 1, 2, 3, 4, 5];
        let writing = tokio::spawn(async move {
            for byte in bytes {
                far.write_all(&[byte]).await.expect("it is read");
            }
            far
        });
        assert_eq!(wire.incoming.unit().await.expect("a unit").bytes.len(), 5);
        assert_eq!(wire.incoming.unit().await.expect("a unit").bytes.len(), 9);
        drop(writing.await);
        assert!(wire.incoming.unit().await.is_err());
    }

    #[tokio::test]
    async fn a_message_longer_than_any_is_refused_before_it_is_kept() {
        #[derive(Debug)]
        struct Huge;
        impl ironrdp_pdu::PduHint for Huge {
            fn find_size(&self, _: &[u8]) -> ironrdp_core::DecodeResult<Option<(bool, usize)>> {
                Ok(Some((true, MAX_UNIT + 1)))
            }
        }
        let (near, _far) = tokio::io::duplex(7);
        assert!(Wire::new(near).incoming.message(&Huge).await.is_err());
    }

    #[tokio::test]
    async fn what_was_read_ahead_keeps_the_stream_back() {
        let (near, mut far) = tokio::io::duplex(64);
        let mut wire = Wire::new(near);
        far.write_all(&[0, 2, 9]).await.expect("it is read");
        wire.incoming.unit().await.expect("a unit");
        assert!(wire.into_stream().is_none());
    }

    #[tokio::test]
    async fn a_cut_send_goes_on_where_it_was() {
        let (near, mut far) = tokio::io::duplex(4);
        let mut wire = Wire::new(near);
        wire.outgoing.put(b"0123456789");
        for _ in 0..3 {
            let _ = tokio::time::timeout(std::time::Duration::from_millis(1), wire.outgoing.send_all()).await;
        }
        let reading = tokio::spawn(async move {
            let mut read = [0; 10];
            far.read_exact(&mut read).await.map(|_| read)
        });
        wire.outgoing.send_all().await.expect("it is read");
        assert_eq!(&reading.await.expect("it ends").expect("ten bytes"), b"0123456789");
    }
}
