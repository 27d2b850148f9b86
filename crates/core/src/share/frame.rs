//! Bytes of a stream on the shared socket: a length (u32, big-endian, at most 64 KiB) and so many bytes. A
//! length of 0 is the end of that direction; from the app a line follows it that says how it ended, so that a
//! loss is never taken for an end.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// The most bytes in a frame.
pub(super) const LARGEST: usize = 64 * 1024;

/// Puts plain bytes into frames until they end.
pub(super) async fn wrap<R, W>(from: &mut R, to: &mut W) -> io::Result<()>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut buffer = vec![0; LARGEST];
    loop {
        let length = from.read(&mut buffer).await?;
        to.write_u32(u32::try_from(length).map_err(io::Error::other)?).await?;
        to.write_all(buffer.get(..length).unwrap_or_default()).await?;
        to.flush().await?;
        if length == 0 {
            return Ok(());
        }
    }
}

/// Takes plain bytes out of frames until the one that ends them.
pub(super) async fn unwrap<R, W>(from: &mut R, to: &mut W) -> io::Result<()>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut buffer = vec![0; LARGEST];
    loop {
        let length = usize::try_from(from.read_u32().await?).map_err(io::Error::other)?;
        if length == 0 {
            return Ok(());
        }
        let Some(frame) = buffer.get_mut(..length) else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame is too large"));
        };
        from.read_exact(frame).await?;
        to.write_all(frame).await?;
        to.flush().await?;
    }
}

#[cfg(test)]
mod tests {
    use super::{LARGEST, unwrap, wrap};

    #[tokio::test]
    async fn bytes_come_out_as_they_went_in() {
        let bytes: Vec<u8> = (0..3 * LARGEST + 5).map(|n| u8::try_from(n % 251).unwrap()).collect();
        let (mut near, mut far) = tokio::io::duplex(1000);
        let mut out = Vec::new();
        let (wrapped, unwrapped) =
            tokio::join!(async { wrap(&mut bytes.as_slice(), &mut near).await }, unwrap(&mut far, &mut out));
        wrapped.unwrap();
        unwrapped.unwrap();
        assert_eq!(out, bytes);
    }

    #[tokio::test]
    async fn what_breaks_off_or_is_too_large_is_an_error() {
        let large = u32::try_from(LARGEST + 1).unwrap().to_be_bytes();
        for mut bytes in [&b"\0\0\0\x05abc"[..], b"\0\0", &large] {
            assert!(unwrap(&mut bytes, &mut tokio::io::sink()).await.is_err());
        }
    }
}
