//! How a desktop is opened: what the caller chooses, and what the protocol is told.

use std::{fmt, sync::Arc, time::Duration};

use ironrdp_connector::{BitmapConfig, Config, Credentials as Given, DesktopSize};
use ironrdp_pdu::{
    gcc::{ConnectionType, KeyboardType},
    nego::NegoRequestData,
    rdp::{
        capability_sets::{MajorPlatformType, RailSupportLevel, client_codecs_capabilities},
        client_info::{PerformanceFlags, TimezoneInfo},
        session_info::ServerAutoReconnect,
    },
};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    clipboard::{Clipboard, ClipboardPolicy},
    display::Size,
    drives::Drive,
    printers::{Printer, Printing},
    sound::Sound,
};

/// The build that this client says it is, as of Windows 10; xrdp resizes for none before 420.
const CLIENT_BUILD: u32 = 18_363;

/// Who signs in.
#[derive(Clone)]
pub struct Credentials {
    /// The user's name, without a domain.
    pub user: String,
    /// The domain, if any.
    pub domain: Option<String>,
    /// The password.
    pub password: SecretString,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

/// What has to protect the sign-in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Security {
    /// Network Level Authentication, which never hands the password to a server that does not know it.
    #[default]
    Nla,
    /// TLS alone is enough where the server has nothing better; its certificate must be pinned, since the password
    /// goes to whoever holds it.
    PinnedTls,
}

/// How pictures are sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Codec {
    /// RemoteFX where the server has it.
    #[default]
    RemoteFx,
    /// Plain bitmaps, packed without loss.
    Bitmap,
}

/// The way by which pictures come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Graphics {
    /// As updates of the one picture.
    #[default]
    Classic,
    /// By the graphics pipeline ([MS-RDPEGFX]), without H.264; a server that has none takes the other way.
    Pipeline,
}

/// How long each part of connecting may take. The time that [`crate::Trust`] takes does not count.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// Negotiation and TLS.
    pub handshake: Duration,
    /// Network Level Authentication.
    pub sign_in: Duration,
    /// Capabilities and channels.
    pub activation: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(20),
            sign_in: Duration::from_secs(30),
            activation: Duration::from_secs(60),
        }
    }
}

/// What a server gives to come back to a session without a new sign-in. It is a secret, and not shown.
#[derive(Clone)]
pub struct Cookie(pub(crate) ServerAutoReconnect);

impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cookie")
    }
}

/// How a desktop is opened.
#[derive(Clone)]
pub struct Options {
    /// The server's name, as its sign-in is told: that of the VM.
    pub server: String,
    /// The name this computer gives itself; the first 15 characters count.
    pub client: String,
    /// Size of the picture; the server has the last word.
    pub size: Size,
    /// What has to protect the sign-in.
    pub security: Security,
    /// How pictures are sent.
    pub codec: Codec,
    /// The way by which pictures come.
    pub graphics: Graphics,
    /// The keyboard's layout by its Windows identifier, such as 0x0409; 0 is the server's own.
    pub keyboard_layout: u32,
    /// The clipboard to share; none shares none.
    pub clipboard: Option<Arc<dyn Clipboard>>,
    /// What the clipboards exchange.
    pub clipboard_policy: ClipboardPolicy,
    /// Who plays what the desktop sounds like; none, and the server sends no sound.
    pub sound: Option<Arc<dyn Sound>>,
    /// The folders that the desktop may use, where this system can share any ([`crate::can_share_drives`]).
    pub drives: Vec<Drive>,
    /// The printers that the desktop may print on.
    pub printers: Vec<Printer>,
    /// Who takes what it prints; none, and no printer is shared.
    pub printing: Option<Arc<dyn Printing>>,
    /// Brings back a session that was lost.
    pub cookie: Option<Cookie>,
    /// How long each part may take.
    pub timeouts: Timeouts,
    /// The number that messages of this session carry.
    pub session: u32,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("server", &self.server)
            .field("size", &self.size)
            .field("security", &self.security)
            .finish_non_exhaustive()
    }
}

impl Options {
    /// Nothing special, for a server of this name.
    #[must_use]
    pub fn new(server: impl Into<String>, size: Size) -> Self {
        Self {
            server: server.into(),
            client: "adit".to_owned(),
            size,
            security: Security::default(),
            codec: Codec::default(),
            graphics: Graphics::default(),
            keyboard_layout: 0,
            clipboard: None,
            clipboard_policy: ClipboardPolicy::default(),
            sound: None,
            drives: Vec::new(),
            printers: Vec::new(),
            printing: None,
            cookie: None,
            timeouts: Timeouts::default(),
            session: 0,
        }
    }
}

/// What the protocol is told.
pub(crate) fn config(options: &Options, credentials: &Credentials) -> Config {
    let size = options.size.clamped();
    let codecs: &[&str] = match options.codec {
        Codec::RemoteFx => &["remotefx"],
        Codec::Bitmap => &["remotefx:off"],
    };
    Config {
        desktop_size: DesktopSize { width: size.width, height: size.height },
        monitor_layout: None,
        desktop_scale_factor: size.scale_factor(),
        desktop_physical_size: None,
        desktop_orientation: None,
        device_scale_factor: None,
        monitor_extended_layout: None,
        relative_mouse_input: false,
        // Offered in any case: a server that is asked for more than it has may only hang up, or fall back to what is no
        // protection at all. Whether TLS alone is enough is decided when the server has chosen.
        enable_tls: true,
        enable_credssp: true,
        enable_standard_rdp_security: false,
        credentials: Given::UsernamePassword {
            username: credentials.user.clone(),
            password: credentials.password.expose_secret().to_owned(),
        },
        domain: credentials.domain.clone(),
        client_build: CLIENT_BUILD,
        client_name: options.client.chars().take(15).collect(),
        keyboard_type: KeyboardType::IBM_ENHANCED,
        keyboard_subtype: 0,
        keyboard_functional_keys_count: 12,
        keyboard_layout: options.keyboard_layout,
        connection_type: ConnectionType::Wan,
        ime_file_name: String::new(),
        bitmap: Some(BitmapConfig {
            lossy_compression: true,
            color_depth: 32,
            // The names above are the library's own; without codecs pictures come as bitmaps.
            codecs: client_codecs_capabilities(codecs).unwrap_or_default(),
        }),
        dig_product_id: String::new(),
        client_dir: String::new(),
        alternate_shell: String::new(),
        work_dir: String::new(),
        remote_application_mode: false,
        rail_support_level: RailSupportLevel::empty(),
        platform: MajorPlatformType::UNSPECIFIED,
        hardware_id: None,
        // Without it the user's name would go out before the connection is private.
        request_data: Some(NegoRequestData::cookie("adit".to_owned())),
        autologon: true,
        enable_audio_playback: options.sound.is_some(),
        enable_audio_capture: false,
        performance_flags: PerformanceFlags::default(),
        license_cache: None,
        timezone_info: TimezoneInfo::default(),
        // Bulk compression does not survive a change of size on xrdp, and saves nothing on RemoteFX.
        compression_type: None,
        enable_server_pointer: true,
        pointer_software_rendering: false,
        multitransport_flags: None,
        support_dyn_vc_gfx_protocol: options.graphics == Graphics::Pipeline,
    }
}
