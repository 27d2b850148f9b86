//! Which units belong to the activation of a desktop, and which are kept for afterwards. A server may send pictures
//! and channel data before an activation is over; a client that throws them away shows a frozen or broken picture.

use ironrdp_connector::{
    ClientConnector, ClientConnectorState,
    connection_activation::{ConnectionActivationSequence, ConnectionActivationState},
};
use ironrdp_pdu::{
    Action,
    mcs::{DisconnectReason, McsMessage, decode_send_data_indication},
    rdp::{
        headers::{ShareControlPdu, ShareDataPdu, decode_share_control},
        server_redirection::decode_server_redirection,
    },
    x224::X224,
};

use crate::wire::Unit;

/// Most bytes that are kept for after an activation.
pub(crate) const MAX_PARKED: usize = 64 * 1024 * 1024;

/// Where an activation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Before it: each unit belongs to the connection's set-up.
    SetUp,
    /// Waiting for the server's capabilities.
    Capabilities,
    /// Waiting for the last of the answers.
    Finalization,
}

impl Phase {
    pub(crate) fn of(connector: &ClientConnector) -> Self {
        match &connector.state {
            ClientConnectorState::CapabilitiesExchange { connection_activation }
            | ClientConnectorState::ConnectionFinalization { connection_activation } => {
                Self::of_sequence(connection_activation)
            }
            // Also while another request for a second transport may come: a unit on the I/O channel ends that.
            _ => Self::SetUp,
        }
    }

    pub(crate) fn of_sequence(sequence: &ConnectionActivationSequence) -> Self {
        match sequence.connection_activation_state() {
            ConnectionActivationState::ConnectionFinalization { .. } => Self::Finalization,
            ConnectionActivationState::CapabilitiesExchange
            | ConnectionActivationState::Finalized { .. }
            | ConnectionActivationState::Redirected { .. }
            | ConnectionActivationState::Consumed => Self::Capabilities,
        }
    }
}

/// What is done with a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It takes the activation a step on.
    Step,
    /// It is for the desktop that comes after.
    Park,
    /// The server begins the activation anew.
    Restart,
    /// The server says that this is the end.
    Disconnect,
}

/// What to do with a unit that comes in a phase.
pub(crate) fn fate(phase: Phase, io_channel: Option<u16>, unit: &Unit) -> Fate {
    if phase == Phase::SetUp {
        return if is_disconnect(&unit.bytes) { Fate::Disconnect } else { Fate::Step };
    }
    if unit.action == Action::FastPath {
        return Fate::Park;
    }
    let Ok(indication) = decode_send_data_indication(&unit.bytes) else {
        return if is_disconnect(&unit.bytes) { Fate::Disconnect } else { Fate::Step };
    };
    if io_channel.is_some_and(|channel| channel != indication.channel_id) {
        return Fate::Park;
    }
    if matches!(decode_server_redirection(indication.user_data), Ok(Some(_))) {
        return Fate::Step;
    }
    // What cannot be decoded is refused by the sequence, with its reason.
    let Ok(control) = decode_share_control(indication) else { return Fate::Step };
    if phase == Phase::Finalization && matches!(control.pdu, ShareControlPdu::ServerDeactivateAll(_)) {
        return Fate::Restart;
    }
    let expected = match (phase, &control.pdu) {
        (Phase::Capabilities, ShareControlPdu::Data(data)) => {
            matches!(data.share_data_pdu, ShareDataPdu::ServerSetErrorInfo(_))
        }
        (Phase::Finalization, ShareControlPdu::Data(data)) => matches!(
            data.share_data_pdu,
            ShareDataPdu::Synchronize(_)
                | ShareDataPdu::Control(_)
                | ShareDataPdu::FontMap(_)
                | ShareDataPdu::MonitorLayout(_)
                | ShareDataPdu::ServerSetErrorInfo(_)
        ),
        _ => true,
    };
    if expected { Fate::Step } else { Fate::Park }
}

fn is_disconnect(bytes: &[u8]) -> bool {
    disconnect(bytes).is_some()
}

/// Why the server disconnects, if that is what the unit says.
pub(crate) fn disconnect(bytes: &[u8]) -> Option<DisconnectReason> {
    match ironrdp_core::decode::<X224<McsMessage<'_>>>(bytes) {
        Ok(X224(McsMessage::DisconnectProviderUltimatum(ultimatum))) => Some(ultimatum.reason),
        _ => None,
    }
}

/// Units that came too early, in their order.
#[derive(Debug, Default)]
pub(crate) struct Parked {
    units: Vec<Unit>,
    bytes: usize,
}

impl Parked {
    /// Keeps a unit; false if that would be too much.
    #[must_use]
    pub(crate) fn keep(&mut self, unit: Unit) -> bool {
        self.bytes = self.bytes.saturating_add(unit.bytes.len());
        if self.bytes > MAX_PARKED {
            return false;
        }
        self.units.push(unit);
        true
    }

    /// The units, in the order in which they came.
    pub(crate) fn into_units(self) -> Vec<Unit> {
        self.units
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use ironrdp_core::{MonotonicInstant, WriteBuf, encode_vec};
    use ironrdp_pdu::{
        Action,
        mcs::{DisconnectProviderUltimatum, DisconnectReason, McsMessage, SendDataIndication},
        rdp::{
            finalization_messages::{FontPdu, SynchronizePdu},
            headers::{
                CompressionFlags, ShareControlHeader, ShareControlPdu, ShareDataHeader, ShareDataPdu,
                StreamPriority,
            },
        },
        x224::X224,
    };

    use super::{Fate, MAX_PARKED, Parked, Phase, fate};
    use crate::wire::Unit;

    const IO: u16 = 1003;

    fn unit(action: Action, bytes: Vec<u8>) -> Unit {
        Unit { action, bytes: Bytes::from(bytes), at: MonotonicInstant::from_millis(0) }
    }

    fn share_data(channel: u16, pdu: ShareDataPdu) -> Unit {
        let header = ShareControlHeader {
            share_control_pdu: ShareControlPdu::Data(ShareDataHeader {
                share_data_pdu: pdu,
                stream_priority: StreamPriority::Medium,
                compression_flags: CompressionFlags::empty(),
                compression_type: ironrdp_pdu::rdp::client_info::CompressionType::K8,
            }),
            pdu_source: 1002,
            share_id: 1,
        };
        let data = encode_vec(&header).expect("it is encoded");
        let indication =
            SendDataIndication { initiator_id: 1002, channel_id: channel, user_data: data.into() };
        let mut out = WriteBuf::new();
        ironrdp_core::encode_buf(&X224(McsMessage::SendDataIndication(indication)), &mut out)
            .expect("it is encoded");
        unit(Action::X224, out.filled().to_vec())
    }

    #[test]
    fn pictures_and_channels_wait_until_the_activation_is_over() {
        let picture = unit(Action::FastPath, vec![0, 3, 0]);
        let channel = share_data(1005, ShareDataPdu::FontMap(FontPdu::default()));
        let other = share_data(IO, ShareDataPdu::ShutdownDenied);
        for phase in [Phase::Capabilities, Phase::Finalization] {
            for unit in [&picture, &channel, &other] {
                assert_eq!(fate(phase, Some(IO), unit), Fate::Park, "{phase:?} {unit:?}");
            }
        }
    }

    #[test]
    fn what_belongs_to_the_activation_takes_it_on() {
        let synchronize = share_data(IO, ShareDataPdu::Synchronize(SynchronizePdu { target_user_id: 1 }));
        assert_eq!(fate(Phase::Finalization, Some(IO), &synchronize), Fate::Step);
        // A late answer of the activation before this one.
        assert_eq!(fate(Phase::Capabilities, Some(IO), &synchronize), Fate::Park);
        let garbage = unit(Action::X224, vec![3, 0, 0, 4]);
        assert_eq!(fate(Phase::Finalization, Some(IO), &garbage), Fate::Step);
    }

    #[test]
    fn the_server_may_end_it_at_any_time() {
        let ultimatum = DisconnectProviderUltimatum { reason: DisconnectReason::ProviderInitiated };
        let mut out = WriteBuf::new();
        let message = X224(McsMessage::DisconnectProviderUltimatum(ultimatum));
        ironrdp_core::encode_buf(&message, &mut out).expect("it is encoded");
        let unit = unit(Action::X224, out.filled().to_vec());
        for phase in [Phase::SetUp, Phase::Capabilities, Phase::Finalization] {
            assert_eq!(fate(phase, Some(IO), &unit), Fate::Disconnect, "{phase:?}");
        }
    }

    #[test]
    fn what_is_kept_is_bounded_and_comes_back_in_order() {
        let mut parked = Parked::default();
        for first in 0..3 {
            assert!(parked.keep(unit(Action::FastPath, vec![first])));
        }
        let order: Vec<_> = parked.into_units().iter().map(|unit| unit.bytes.to_vec()).collect();
        assert_eq!(order, [[0], [1], [2]]);
        let mut parked = Parked::default();
        let large = unit(Action::FastPath, vec![0; MAX_PARKED / 2 + 1]);
        assert!(parked.keep(large.clone()));
        assert!(!parked.keep(large));
    }
}
