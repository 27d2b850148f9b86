//! A session and the set-up of one without a network, led by whatever bytes: for the fuzzer, and for tests.

use std::{collections::BTreeMap, io::Cursor};

use ironrdp_connector::{
    ClientConnectorState, ConnectionResult, connection_activation::ConnectionActivationFactory,
};
use ironrdp_core::WriteBuf;
use ironrdp_pdu::{
    gcc::ChannelName,
    mcs::{McsMessage, SendDataIndication},
    nego::SecurityProtocol,
    rdp::{
        capability_sets::InputFlags,
        vc::{ChannelControlFlags, ChannelPduHeader},
    },
    x224::X224,
};
use secrecy::SecretString;

use super::{Shared, active::Active, run};
use crate::{
    ClipboardPolicy, Drive, DriveAccess, Graphics, PrintError, PrintJob, PrintLanguage, Printer, Printing,
    SoundQueue,
    clipboard::{Clipboard, ClipboardKind, Notes},
    connect::{Private, activate, connector},
    display::Size,
    error::Error,
    options::{Credentials, Options, config},
    wire::Wire,
};

pub(crate) const IO_CHANNEL: u16 = 1003;
pub(crate) const USER_CHANNEL: u16 = 1007;
/// The channels that come after those two, in the order of their names.
const FIRST_CHANNEL: u16 = 1010;

/// A clipboard that has something of each kind, and takes everything.
struct Full;

impl Clipboard for Full {
    fn text(&self) -> Option<String> {
        Some("text".to_owned())
    }

    fn offers(&self, _kinds: &[ClipboardKind]) {}

    fn fetched(&self, _text: String) {}

    fn html(&self) -> Option<String> {
        Some("<b>x</b>".to_owned())
    }
}

/// Printers that forget what they get.
struct NoPaper;

impl Printing for NoPaper {
    fn print(&self, _job: PrintJob) {}

    fn failed(&self, _printer: &str, _error: PrintError) {}
}

/// All that a session can have.
pub(crate) fn options() -> Options {
    let mut options = Options::new("windows", Size::new(640, 480));
    options.graphics = Graphics::Pipeline;
    options.clipboard = Some(std::sync::Arc::new(Full));
    options.clipboard_policy = ClipboardPolicy::All;
    options.sound = Some(std::sync::Arc::new(SoundQueue::new(std::time::Duration::from_secs(1))));
    options.drives = vec![Drive {
        name: "files".to_owned(),
        folder: "/nonexistent".into(),
        access: DriveAccess::ReadOnly,
    }];
    options.printers =
        vec![Printer { name: "Office".to_owned(), is_default: true, language: PrintLanguage::PostScript }];
    options.printing = Some(std::sync::Arc::new(NoPaper));
    options
}

fn credentials() -> Credentials {
    Credentials { user: "tester".to_owned(), domain: None, password: SecretString::default() }
}

pub(crate) fn name_of(name: &ChannelName) -> String {
    name.as_str().unwrap_or_default().to_owned()
}

/// What a connection has settled when its desktop is shown, and the numbers of its channels by their names.
pub(crate) fn settled(options: &Options, notes: &Notes) -> (ConnectionResult, BTreeMap<String, u16>) {
    let credentials = credentials();
    let mut static_channels = connector(options, &credentials, notes).static_channels;
    let names: BTreeMap<_, _> =
        static_channels.iter().map(|(id, channel)| (name_of(&channel.channel_name()), id)).collect();
    let mut ids = BTreeMap::new();
    for ((name, of), channel) in names.into_iter().zip(FIRST_CHANNEL..) {
        static_channels.attach_channel_id(of, channel);
        ids.insert(name, channel);
    }
    let config = config(options, &credentials);
    let result = ConnectionResult {
        io_channel_id: IO_CHANNEL,
        user_channel_id: USER_CHANNEL,
        message_channel_id: None,
        share_id: 0x1_03EA,
        static_channels,
        desktop_size: config.desktop_size,
        input_flags: InputFlags::SCANCODES | InputFlags::FASTPATH_INPUT_2 | InputFlags::UNICODE,
        enable_server_pointer: true,
        pointer_software_rendering: false,
        refresh_rect_support: true,
        suppress_output_support: true,
        window_support_level: None,
        monitor_layout: None,
        activation_factory: ConnectionActivationFactory::new(config, IO_CHANNEL, USER_CHANNEL),
        compression_type: None,
    };
    (result, ids)
}

/// Bytes on the wire for an input: pieces of a kind, a length of 16 bits and as many bytes. What a kind puts around
/// them lets a fuzzer get behind the framing.
fn wire_bytes(input: &[u8], channels: &[u16]) -> Vec<u8> {
    const FAST_PATH: u8 = 0;
    const RAW: u8 = 1;
    const SHARE: u8 = 2;
    let mut out = Vec::new();
    let mut rest = input;
    while let Some((&[kind, low, high], after)) = rest.split_first_chunk() {
        let length = usize::from(u16::from_le_bytes([low, high])).min(after.len()).min(16_000);
        let (data, after) = after.split_at_checked(length).unwrap_or_default();
        rest = after;
        match kind % 8 {
            FAST_PATH => {
                let length = u16::try_from(data.len() + 3).unwrap_or(u16::MAX);
                out.push(0);
                out.extend((length | 0x8000).to_be_bytes());
                out.extend(data);
            }
            RAW => out.extend(data),
            SHARE => out.extend(indication(IO_CHANNEL, data)),
            channel => {
                let channel = channels.get(usize::from(channel - 3) % channels.len().max(1));
                let flags = ChannelControlFlags::FLAG_FIRST | ChannelControlFlags::FLAG_LAST;
                let header =
                    ChannelPduHeader { length: u32::try_from(data.len()).unwrap_or_default(), flags };
                let mut message = WriteBuf::new();
                if ironrdp_core::encode_buf(&header, &mut message).is_ok() {
                    message.write_slice(data);
                    out.extend(indication(channel.copied().unwrap_or(IO_CHANNEL), message.filled()));
                }
            }
        }
    }
    out
}

fn indication(channel: u16, data: &[u8]) -> Vec<u8> {
    let indication = SendDataIndication { initiator_id: 1002, channel_id: channel, user_data: data.into() };
    ironrdp_core::encode_vec(&X224(McsMessage::SendDataIndication(indication))).unwrap_or_default()
}

fn block_on<T>(future: impl Future<Output = T>) -> Option<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().ok()?;
    Some(runtime.block_on(future))
}

/// A stream on which these bytes come, and then its end; what is written goes nowhere.
fn stream(bytes: Vec<u8>) -> Wire<Private> {
    Wire::new(Box::new(tokio::io::join(Cursor::new(bytes), tokio::io::sink())) as Private)
}

/// A desktop that is shown, and what the server sends then; gives how it ended.
pub fn session(input: &[u8]) -> Option<Error> {
    block_on(async {
        let options = options();
        let notes = Notes::default();
        let (result, ids) = settled(&options, &notes);
        let channels: Vec<u16> = ids.into_values().collect();
        let wire = stream(wire_bytes(input, &channels));
        match Active::new(wire, result, options, notes, std::sync::Arc::new(Shared::default())) {
            Ok(active) => run::to_end(active).await,
            Err(error) => error,
        }
    })
}

/// What a server sends in a connection's set-up, from where it is private; gives whether it came about.
pub fn connection(input: &[u8]) -> Option<Result<(), Error>> {
    block_on(async {
        let notes = Notes::default();
        let mut connector = connector(&options(), &credentials(), &notes);
        connector.state =
            ClientConnectorState::EnhancedSecurityUpgrade { selected_protocol: SecurityProtocol::SSL };
        connector.mark_security_upgrade_as_done();
        let mut wire = stream(input.to_vec());
        Box::pin(activate(&mut wire, &mut connector)).await.map(|_| ())
    })
}

#[cfg(test)]
mod tests {
    use ironrdp_pdu::{
        gcc::{
            ConferenceCreateResponse, RdpVersion, ServerCoreData, ServerCoreOptionalData, ServerGccBlocks,
            ServerNetworkData, ServerSecurityData,
        },
        mcs::{AttachUserConfirm, ChannelJoinConfirm, ConnectResponse, DomainParameters, McsMessage},
        x224::{X224, X224Data},
    };
    use proptest::prelude::*;

    use super::{FIRST_CHANNEL, IO_CHANNEL, USER_CHANNEL, connection, session};
    use crate::{Error, Stage};

    /// As many as [`super::options`] asks for.
    const CHANNELS: u16 = 4;

    fn message(message: McsMessage<'static>) -> Vec<u8> {
        ironrdp_core::encode_vec(&X224(message)).expect("it is encoded")
    }

    /// What a server says up to where its licence is due ([MS-RDPBCGR] 1.3.1.1).
    fn set_up() -> Vec<u8> {
        let channel_ids: Vec<u16> = (FIRST_CHANNEL..FIRST_CHANNEL + CHANNELS).collect();
        let blocks = ServerGccBlocks {
            core: ServerCoreData {
                version: RdpVersion(0x0008_0004),
                optional_data: ServerCoreOptionalData {
                    client_requested_protocols: None,
                    early_capability_flags: None,
                },
            },
            network: ServerNetworkData { channel_ids: channel_ids.clone(), io_channel: IO_CHANNEL },
            security: ServerSecurityData::no_security(),
            message_channel: None,
            multi_transport_channel: None,
        };
        let response = ConnectResponse {
            conference_create_response: ConferenceCreateResponse::new(USER_CHANNEL, blocks)
                .expect("it is small"),
            called_connect_id: 1,
            domain_parameters: DomainParameters::target(),
        };
        let data = ironrdp_core::encode_vec(&response).expect("it is encoded");
        let mut out = ironrdp_core::encode_vec(&X224(X224Data { data: data.into() })).expect("it is encoded");
        let attached = AttachUserConfirm { result: 0, initiator_id: USER_CHANNEL };
        out.extend(message(McsMessage::AttachUserConfirm(attached)));
        for channel_id in [USER_CHANNEL, IO_CHANNEL].into_iter().chain(channel_ids) {
            let joined = ChannelJoinConfirm {
                result: 0,
                initiator_id: USER_CHANNEL,
                requested_channel_id: channel_id,
                channel_id,
            };
            out.extend(message(McsMessage::ChannelJoinConfirm(joined)));
        }
        out
    }

    fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![2 => any::<u8>(), 1 => Just(0), 1 => Just(1), 1 => Just(0xFF)];
        prop::collection::vec(byte, 0..most)
    }

    #[test]
    fn a_stream_that_ends_at_once_is_a_lost_connection() {
        assert_eq!(session(&[]), Some(Error::Disconnected(Stage::Session)));
        assert_eq!(connection(&[]), Some(Err(Error::Disconnected(Stage::Activation))));
    }

    #[test]
    fn a_set_up_as_it_should_be_goes_on_to_its_end() {
        assert_eq!(connection(&set_up()), Some(Err(Error::Disconnected(Stage::Activation))));
        // The same, but for a channel that was not asked for.
        let mut other = set_up();
        let at = other.len() - 1;
        other[at] ^= 0x40;
        assert!(matches!(connection(&other), Some(Err(Error::Protocol { .. }))));
    }

    #[test]
    fn what_was_found_before_ends_with_a_reason() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus-regressions");
        let inputs = |target: &str| -> Vec<Vec<u8>> {
            let files = std::fs::read_dir(format!("{folder}/{target}")).expect("it is there");
            files.map(|file| std::fs::read(file.expect("a file").path()).expect("it is read")).collect()
        };
        let (desktops, set_ups) = (inputs("rdp"), inputs("rdp-setup"));
        assert!(desktops.len() >= 10 && set_ups.len() >= 2);
        assert!(desktops.iter().all(|input| session(input).is_some()));
        assert!(set_ups.iter().all(|input| matches!(connection(input), Some(Err(_)))));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_comes_while_a_desktop_is_shown_ends_it_with_a_reason(
            pieces in prop::collection::vec((0..8_u8, bytes(120)), 0..12),
        ) {
            let mut input = Vec::new();
            for (kind, data) in pieces {
                input.push(kind);
                input.extend(u16::try_from(data.len()).expect("it is short").to_le_bytes());
                input.extend(data);
            }
            prop_assert!(session(&input).is_some());
        }

        #[test]
        fn whatever_comes_in_the_set_up_ends_it_with_a_reason(
            at in any::<prop::sample::Index>(),
            value in any::<u8>(),
            rest in bytes(200),
        ) {
            let mut input = set_up();
            let at = at.index(input.len());
            input[at] = value;
            input.extend(rest);
            prop_assert!(matches!(connection(&input), Some(Err(_))));
        }
    }
}
