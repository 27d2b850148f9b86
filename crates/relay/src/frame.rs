//! The subprotocol frames of specification section 4: one frame per binary WebSocket message.
//!
//! Client and local cloud share this codec and nothing else, so that a mistake in a state machine is not
//! made twice.

use bytes::{Buf, BufMut, Bytes};

/// Largest payload that is ever *sent* in one DATA frame, in bytes (section 4).
pub const MAX_PAYLOAD: usize = 16_384;

/// Largest WebSocket message that is *accepted*, in bytes (section 11, hard case 12): well above what any
/// known relay sends, and small enough that a hostile one cannot exhaust memory.
pub const MAX_MESSAGE: usize = 1024 * 1024;

/// Longest session identifier that is accepted, in bytes.
pub const MAX_SID: usize = 4096;

const TAG_CONNECT_SUCCESS_SID: u16 = 0x0001;
const TAG_RECONNECT_SUCCESS_ACK: u16 = 0x0002;
const TAG_DATA: u16 = 0x0004;
const TAG_ACK: u16 = 0x0007;
const TAG_LONG_CLOSE: u16 = 0x000A;

/// One frame of the relay subprotocol.
#[derive(Clone, PartialEq, Eq)]
pub enum Frame {
    /// The backend is connected; the session has this identifier. A bearer secret: never log it whole.
    ConnectSuccessSid(Bytes),
    /// The session is resumed; the peer has received this many payload bytes since the session began.
    ReconnectSuccessAck(u64),
    /// Payload bytes of the stream. May be empty when received (it moves no counter); never sent empty.
    Data(Bytes),
    /// The peer has accepted this many payload bytes since the session began.
    Ack(u64),
    /// A close code with a long reason, for diagnostics only.
    LongClose {
        /// The close code (section 8.1).
        code: u32,
        /// The server's text, lossily decoded.
        reason: String,
    },
    /// A tag this version does not know; the whole message is to be skipped (section 4).
    Unknown(u16),
}

/// Why a message is not a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The message ends before the frame does.
    #[error("the message ends inside a frame")]
    Truncated,
    /// The message or a length in it is beyond [`MAX_MESSAGE`] or [`MAX_SID`].
    #[error("a frame of {0} bytes is larger than allowed")]
    TooLarge(usize),
    /// The session identifier is empty.
    #[error("the session identifier is empty")]
    EmptySid,
}

impl std::fmt::Debug for Frame {
    /// Shows lengths instead of payloads and session identifiers.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ConnectSuccessSid(sid) => write!(f, "ConnectSuccessSid({} bytes)", sid.len()),
            Self::ReconnectSuccessAck(ack) => write!(f, "ReconnectSuccessAck({ack})"),
            Self::Data(payload) => write!(f, "Data({} bytes)", payload.len()),
            Self::Ack(ack) => write!(f, "Ack({ack})"),
            Self::LongClose { code, .. } => write!(f, "LongClose({code})"),
            Self::Unknown(tag) => write!(f, "Unknown({tag:#06x})"),
        }
    }
}

impl Frame {
    /// Decodes one WebSocket message. Bytes after a complete frame are discarded (section 3, rule 3).
    ///
    /// # Errors
    /// [`DecodeError`] when the message is cut short, too large, or carries an empty session identifier.
    /// Nothing is allocated before the lengths are checked; payloads share the message's memory.
    pub fn decode(mut message: Bytes) -> Result<Self, DecodeError> {
        if message.len() > MAX_MESSAGE {
            return Err(DecodeError::TooLarge(message.len()));
        }
        let tag = message.try_get_u16().map_err(|_| DecodeError::Truncated)?;
        match tag {
            TAG_CONNECT_SUCCESS_SID => {
                let sid = take_counted(&mut message)?;
                match sid.len() {
                    0 => Err(DecodeError::EmptySid),
                    n if n > MAX_SID => Err(DecodeError::TooLarge(n)),
                    _ => Ok(Self::ConnectSuccessSid(sid)),
                }
            }
            TAG_RECONNECT_SUCCESS_ACK => take_u64(&mut message).map(Self::ReconnectSuccessAck),
            TAG_DATA => take_counted(&mut message).map(Self::Data),
            TAG_ACK => take_u64(&mut message).map(Self::Ack),
            TAG_LONG_CLOSE => {
                let code = message.try_get_u32().map_err(|_| DecodeError::Truncated)?;
                let reason = take_counted(&mut message)?;
                Ok(Self::LongClose { code, reason: String::from_utf8_lossy(&reason).into_owned() })
            }
            other => Ok(Self::Unknown(other)),
        }
    }

    /// Encodes the frame as one WebSocket message. [`Frame::Unknown`] becomes its bare tag.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::with_capacity(16);
        self.encode_into(&mut out);
        out.into()
    }

    /// Puts the encoded frame behind what `out` holds.
    pub(crate) fn encode_into(&self, out: &mut Vec<u8>) {
        match self {
            Self::ConnectSuccessSid(sid) => put_counted(out, TAG_CONNECT_SUCCESS_SID, sid),
            Self::ReconnectSuccessAck(ack) => {
                out.put_u16(TAG_RECONNECT_SUCCESS_ACK);
                out.put_u64(*ack);
            }
            Self::Data(payload) => put_counted(out, TAG_DATA, payload),
            Self::Ack(ack) => {
                out.put_u16(TAG_ACK);
                out.put_u64(*ack);
            }
            Self::LongClose { code, reason } => {
                out.put_u16(TAG_LONG_CLOSE);
                out.put_u32(*code);
                put_length(out, reason.len());
                out.put_slice(reason.as_bytes());
            }
            Self::Unknown(tag) => out.put_u16(*tag),
        }
    }
}

fn take_u64(message: &mut Bytes) -> Result<u64, DecodeError> {
    message.try_get_u64().map_err(|_| DecodeError::Truncated)
}

fn take_counted(message: &mut Bytes) -> Result<Bytes, DecodeError> {
    let length = message.try_get_u32().map_err(|_| DecodeError::Truncated)?;
    let length = usize::try_from(length).map_err(|_| DecodeError::Truncated)?;
    if length > message.len() {
        return Err(DecodeError::Truncated);
    }
    Ok(message.split_to(length))
}

/// Bytes in front of a DATA frame's payload.
pub(crate) const DATA_HEADER: usize = 6;

/// Begins a DATA frame whose payload the caller puts behind it.
pub(crate) fn put_data_header(out: &mut Vec<u8>, length: usize) {
    out.put_u16(TAG_DATA);
    put_length(out, length);
}

fn put_counted(out: &mut Vec<u8>, tag: u16, payload: &[u8]) {
    out.reserve(6 + payload.len());
    out.put_u16(tag);
    put_length(out, payload.len());
    out.put_slice(payload);
}

fn put_length(out: &mut Vec<u8>, length: usize) {
    // A payload of 4 GiB cannot be built: callers cut at `MAX_PAYLOAD` and messages at `MAX_MESSAGE`.
    out.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
}
