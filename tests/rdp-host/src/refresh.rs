//! What a client asks to have drawn anew (Refresh Rect, [MS-RDPBCGR] 2.2.11.2). The library says nothing of it, so that it
//! is read on its way there.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll, ready},
};

use ironrdp_core::decode;
use ironrdp_pdu::{
    mcs::McsMessage,
    rdp::headers::{ShareControlHeader, ShareControlPdu, ShareDataPdu},
    x224::X224,
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::replay::length;

/// How often the whole picture was asked for.
#[derive(Clone, Default)]
pub(crate) struct Asked(Arc<AtomicU32>);

impl Asked {
    pub(crate) fn times(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A connection whose client's units are looked at.
pub(crate) struct Watched<S> {
    stream: S,
    asked: Asked,
    unread: Vec<u8>,
}

impl<S> Watched<S> {
    pub(crate) fn new(stream: S, asked: Asked) -> Self {
        Self { stream, asked, unread: Vec::new() }
    }

    fn look(&mut self, bytes: &[u8]) {
        self.unread.extend_from_slice(bytes);
        while let Some(length) =
            length(&self.unread).filter(|length| (1..=self.unread.len()).contains(length))
        {
            let unit: Vec<u8> = self.unread.drain(..length).collect();
            if asks(&unit) {
                self.asked.0.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

fn asks(unit: &[u8]) -> bool {
    let Ok(X224(McsMessage::SendDataRequest(request))) = decode::<X224<McsMessage<'_>>>(unit) else {
        return false;
    };
    decode::<ShareControlHeader>(&request.user_data).is_ok_and(|header| {
        matches!(
            header.share_control_pdu,
            ShareControlPdu::Data(data) if matches!(data.share_data_pdu, ShareDataPdu::RefreshRectangle(_))
        )
    })
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        self.look(buffer.filled().get(before..).unwrap_or_default());
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
