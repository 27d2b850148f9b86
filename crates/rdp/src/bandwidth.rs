//! The server's measurements of the bandwidth while a desktop is shown ([MS-RDPBCGR] 2.2.14): it says from where to where,
//! and the client how many bytes came in between. The library answers them for what it processes; it gets no pictures.

use ironrdp_core::{MonotonicInstant, WriteBuf, decode};
use ironrdp_pdu::{
    Action,
    mcs::{decode_send_data_indication, encode_send_data_request},
    rdp::autodetect::{
        AutoDetectReqPdu, AutoDetectRequest, AutoDetectResponse, AutoDetectRspPdu, BW_RESULTS_CONTINUOUS,
        BW_START_RELIABLE_UDP, BW_STOP_RELIABLE_UDP,
    },
};

use crate::wire::Unit;

/// Counts what comes.
#[derive(Debug)]
pub(crate) struct Bandwidth {
    user: u16,
    /// The channel by which the server asks, where there is one.
    channel: Option<u16>,
    /// When the measurement began, and the bytes since then.
    running: Option<(MonotonicInstant, u32)>,
}

impl Bandwidth {
    pub(crate) fn new(user: u16, channel: Option<u16>) -> Self {
        Self { user, channel, running: None }
    }

    /// Counts a unit. Where it belongs to a measurement, gives what is answered, which may be nothing.
    pub(crate) fn take(&mut self, unit: &Unit) -> Option<Vec<u8>> {
        let length = u32::try_from(unit.bytes.len()).unwrap_or(u32::MAX);
        if let Some((_, bytes)) = &mut self.running {
            *bytes = bytes.saturating_add(length);
        }
        let channel = self.channel.filter(|_| unit.action == Action::X224)?;
        let indication = decode_send_data_indication(&unit.bytes).ok()?;
        if indication.channel_id != channel {
            return None;
        }
        match decode::<AutoDetectReqPdu>(indication.user_data).ok()?.request {
            AutoDetectRequest::BandwidthMeasureStart { request_type: BW_START_RELIABLE_UDP, .. } => {
                self.running = Some((unit.at, 0));
                Some(Vec::new())
            }
            AutoDetectRequest::BandwidthMeasureStop {
                sequence_number,
                request_type: BW_STOP_RELIABLE_UDP,
                ..
            } => {
                let (began, byte_count) = self.running.take().unwrap_or((unit.at, 0));
                let elapsed = unit.at.duration_since(began).as_millis();
                let response = AutoDetectResponse::BandwidthMeasureResults {
                    sequence_number,
                    response_type: BW_RESULTS_CONTINUOUS,
                    // The server divides by it.
                    time_delta_ms: u32::try_from(elapsed).unwrap_or(u32::MAX).max(1),
                    byte_count,
                };
                let mut out = WriteBuf::new();
                let response = AutoDetectRspPdu::new(response);
                encode_send_data_request(self.user, channel, &response, &mut out).ok()?;
                Some(out.filled().to_vec())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use ironrdp_core::encode_vec;
    use ironrdp_pdu::{
        mcs::{McsMessage, SendDataIndication},
        x224::X224,
    };

    use super::*;

    const USER: u16 = 1007;
    const CHANNEL: u16 = 1009;

    fn unit(action: Action, bytes: Vec<u8>, at: u64) -> Unit {
        Unit { action, bytes: Bytes::from(bytes), at: MonotonicInstant::from_millis(at) }
    }

    fn asks(channel: u16, request: AutoDetectRequest, at: u64) -> Unit {
        let user_data = encode_vec(&AutoDetectReqPdu::new(request)).expect("it is encoded").into();
        let message = SendDataIndication { initiator_id: 1002, channel_id: channel, user_data };
        let bytes = encode_vec(&X224(McsMessage::SendDataIndication(message))).expect("it is encoded");
        unit(Action::X224, bytes, at)
    }

    /// Time and bytes of an answer.
    fn measured(answer: &[u8]) -> (u32, u32) {
        let X224(message) = decode::<X224<McsMessage<'_>>>(answer).expect("a message");
        let McsMessage::SendDataRequest(request) = message else { panic!("something else: {message:?}") };
        assert_eq!((request.initiator_id, request.channel_id), (USER, CHANNEL));
        match decode::<AutoDetectRspPdu>(&request.user_data).expect("an answer").response {
            AutoDetectResponse::BandwidthMeasureResults {
                sequence_number: 2,
                response_type: BW_RESULTS_CONTINUOUS,
                time_delta_ms,
                byte_count,
            } => (time_delta_ms, byte_count),
            other => panic!("something else: {other:?}"),
        }
    }

    #[test]
    fn the_server_hears_how_much_came_and_in_which_time() {
        let mut bandwidth = Bandwidth::new(USER, Some(CHANNEL));
        let picture = |at| unit(Action::FastPath, vec![0; 1000], at);
        assert_eq!(bandwidth.take(&picture(1)), None);
        let start = asks(CHANNEL, AutoDetectRequest::bw_start_continuous(1), 5);
        assert_eq!(bandwidth.take(&start), Some(Vec::new()));
        assert_eq!(bandwidth.take(&picture(9)), None);
        assert_eq!(bandwidth.take(&picture(11)), None);
        let stop = asks(CHANNEL, AutoDetectRequest::bw_stop_continuous(2), 25);
        let stopped = u32::try_from(stop.bytes.len()).expect("it is short");
        assert_eq!(measured(&bandwidth.take(&stop).expect("an answer")), (20, 2000 + stopped));
        // One that never began.
        assert_eq!(measured(&bandwidth.take(&stop).expect("an answer")), (1, 0));
    }

    #[test]
    fn what_else_is_asked_is_left_to_the_library() {
        let mut bandwidth = Bandwidth::new(USER, Some(CHANNEL));
        assert_eq!(bandwidth.take(&asks(CHANNEL, AutoDetectRequest::rtt_continuous(1), 0)), None);
        assert_eq!(bandwidth.take(&asks(1003, AutoDetectRequest::bw_start_continuous(1), 0)), None);
        assert_eq!(bandwidth.take(&unit(Action::X224, vec![3, 0, 0, 4], 0)), None);
    }
}
