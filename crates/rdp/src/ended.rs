//! Why a server ended a session on purpose.

use std::fmt;

use ironrdp_pdu::{Action, mcs::decode_send_data_indication};

use crate::wire::Unit;

/// Why a server ended a session, for whoever has to decide what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The user signed out there.
    SignedOut,
    /// Somebody in the user's own session there disconnected it.
    DisconnectedThere,
    /// An administrator disconnected it, or signed the user out.
    Administrator,
    /// The user connected from elsewhere, which took the session over.
    OtherConnection,
    /// Nobody did anything for as long as the server allows.
    IdleTimeout,
    /// The session lasted as long as the server allows.
    TimeLimit,
    /// The server let nobody in.
    Denied,
    /// The user may not connect.
    NotAllowed,
    /// The server does not take remembered passwords.
    FreshCredentials,
    /// It has no license for this connection, or could not settle that.
    Licensing,
    /// It shuts down or starts anew.
    Shutdown,
    /// It ran out of memory, or a part of it broke.
    Trouble,
    /// A broker between user and machine ended it.
    Broker,
    /// It found fault with what this side sent.
    Protocol,
    /// It gave a code that is not known.
    Unknown,
    /// It gave no code.
    Unsaid,
}

impl Reason {
    /// What a code says ([MS-RDPBCGR] 2.2.5.1.1).
    fn of_code(code: u32) -> Self {
        match code {
            0x01 | 0x02 => Self::Administrator,
            0x03 => Self::IdleTimeout,
            0x04 => Self::TimeLimit,
            0x05 => Self::OtherConnection,
            0x07 => Self::Denied,
            0x09 => Self::NotAllowed,
            0x0A => Self::FreshCredentials,
            0x0B => Self::DisconnectedThere,
            0x0C => Self::SignedOut,
            // Out of memory; the display driver, the window manager, the sign-in or the subsystem broke.
            0x06 | 0x0F..=0x12 | 0x17 | 0x18 => Self::Trouble,
            0x19 | 0x1A => Self::Shutdown,
            0x100..=0x10A => Self::Licensing,
            0x400..=0x41F => Self::Broker,
            0x10C9..=0x1195 => Self::Protocol,
            _ => Self::Unknown,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::SignedOut => "the user signed out there",
            Self::DisconnectedThere => "it was disconnected from within",
            Self::Administrator => "an administrator disconnected it or signed the user out",
            Self::OtherConnection => "the user connected from elsewhere",
            Self::IdleTimeout => "nothing was done for too long",
            Self::TimeLimit => "its time limit was reached",
            Self::Denied => "the server denied the connection",
            Self::NotAllowed => "the user may not connect",
            Self::FreshCredentials => "the server wants the password typed each time",
            Self::Licensing => "the server has no license for the connection",
            Self::Shutdown => "the server shuts down or restarts",
            Self::Trouble => "the server is in trouble",
            Self::Broker => "the connection broker ended it",
            Self::Protocol => "the server did not accept what was sent",
            Self::Unknown => "for a reason that is not known",
            Self::Unsaid => "the server disconnected",
        }
    }
}

/// A session that its server ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Why, to decide by.
    pub reason: Reason,
    /// The server's code, where it gave one ([MS-RDPBCGR] 2.2.5.1.1).
    pub code: Option<u32>,
    words: String,
}

impl Ended {
    /// What a code of the protocol says.
    #[must_use]
    pub fn of_code(code: u32) -> Self {
        let reason = Reason::of_code(code);
        Self { reason, code: Some(code), words: format!("{} (code {code:#x})", reason.words()) }
    }

    /// A disconnect without a code.
    #[must_use]
    pub fn unsaid() -> Self {
        Self { reason: Reason::Unsaid, code: None, words: Reason::Unsaid.words().to_owned() }
    }

    /// The server broke off while a license was settled ([MS-RDPELE] 2.2.2.7.1, where the library tells no code).
    pub(crate) fn unlicensed(said: &str) -> Self {
        Self {
            reason: Reason::Licensing,
            code: None,
            words: format!("{}: {said}", Reason::Licensing.words()),
        }
    }

    /// A code that the library has understood in its own words.
    pub(crate) fn said(words: &str) -> Self {
        Self { reason: Reason::Unknown, code: None, words: words.to_owned() }
    }

    /// In words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.words
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

/// What a unit says about why the session is about to end, if that is what it is: a Set Error Info PDU ([MS-RDPBCGR]
/// 2.2.5.1) with a code that is an error. It is read here, since the library takes a code that it does not know for
/// a broken message.
pub(crate) fn ended(unit: &Unit, io_channel: u16) -> Option<Ended> {
    const DATA: u16 = 0x7;
    const SET_ERROR_INFO: u8 = 0x2F;
    if unit.action != Action::X224 {
        return None;
    }
    let indication = decode_send_data_indication(&unit.bytes).ok()?;
    if indication.channel_id != io_channel {
        return None;
    }
    let bytes = indication.user_data;
    let kind = bytes.get(2..4)?.try_into().map(u16::from_le_bytes).ok()?;
    if kind & 0xF != DATA || bytes.get(14) != Some(&SET_ERROR_INFO) {
        return None;
    }
    let code = bytes.get(18..22)?.try_into().map(u32::from_le_bytes).ok()?;
    (code != 0).then(|| Ended::of_code(code))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use ironrdp_core::{MonotonicInstant, WriteBuf, encode_vec};
    use ironrdp_pdu::{
        Action,
        mcs::{McsMessage, SendDataIndication},
        rdp::{
            client_info::CompressionType,
            headers::{
                CompressionFlags, ShareControlHeader, ShareControlPdu, ShareDataHeader, ShareDataPdu,
                StreamPriority,
            },
            server_error_info::{ErrorInfo, ProtocolIndependentCode, ServerSetErrorInfoPdu},
        },
        x224::X224,
    };

    use super::{Ended, Reason, ended};
    use crate::wire::Unit;

    const IO: u16 = 1003;

    fn unit(channel: u16, code: u32) -> Unit {
        let info = ErrorInfo::ProtocolIndependentCode(ProtocolIndependentCode::IdleTimeout);
        let header = ShareControlHeader {
            share_control_pdu: ShareControlPdu::Data(ShareDataHeader {
                share_data_pdu: ShareDataPdu::ServerSetErrorInfo(ServerSetErrorInfoPdu(info)),
                stream_priority: StreamPriority::Medium,
                compression_flags: CompressionFlags::empty(),
                compression_type: CompressionType::K8,
            }),
            pdu_source: 1002,
            share_id: 1,
        };
        let mut data = encode_vec(&header).expect("it is encoded");
        let at = data.len() - 4;
        data.get_mut(at..).expect("its code").copy_from_slice(&code.to_le_bytes());
        let indication =
            SendDataIndication { initiator_id: 1002, channel_id: channel, user_data: data.into() };
        let mut out = WriteBuf::new();
        ironrdp_core::encode_buf(&X224(McsMessage::SendDataIndication(indication)), &mut out)
            .expect("it is encoded");
        let bytes = Bytes::copy_from_slice(out.filled());
        Unit { action: Action::X224, bytes, at: MonotonicInstant::from_millis(0) }
    }

    #[test]
    fn a_code_is_read_and_has_a_reason() {
        for (code, reason) in [
            (0x02, Reason::Administrator),
            (0x03, Reason::IdleTimeout),
            (0x05, Reason::OtherConnection),
            (0x0C, Reason::SignedOut),
            (0x19, Reason::Shutdown),
            (0x101, Reason::Licensing),
            (0x10C9, Reason::Protocol),
            (0xFFFF_0000, Reason::Unknown),
        ] {
            let ended = ended(&unit(IO, code), IO).expect("it ends the session");
            assert_eq!((ended.reason, ended.code), (reason, Some(code)));
        }
    }

    #[test]
    fn what_is_no_error_ends_nothing() {
        assert_eq!(ended(&unit(IO, 0), IO), None);
        assert_eq!(ended(&unit(1004, 3), IO), None);
        let whole = unit(IO, 3);
        for length in 0..whole.bytes.len() {
            let cut = Unit { bytes: whole.bytes.slice(..length), ..whole.clone() };
            assert_eq!(ended(&cut, IO), None::<Ended>, "{length}");
        }
    }
}
