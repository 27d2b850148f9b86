//! The protocol's side: who is let in, and how the desktop's changes become updates.

use std::{
    num::{NonZeroU16, NonZeroUsize},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use async_trait::async_trait;
use ironrdp_displaycontrol::pdu::DisplayControlMonitorLayout;
use ironrdp_pdu::rdp::capability_sets::server_codecs_capabilities;
use ironrdp_server::{
    BitmapUpdate, Credentials, DesktopSize, DisplayUpdate, KeyboardEvent, MouseEvent, PixelFormat, RdpServer,
    RdpServerDisplay, RdpServerDisplayUpdates, RdpServerInputHandler,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

use crate::{
    Arguments, Codec, Security,
    canvas::Area,
    desktop::{Change, Shared, View},
};

/// Whom the server shows itself as; new at each start.
pub(crate) struct Identity {
    pub(crate) certificate: Vec<u8>,
    public_key: Vec<u8>,
    acceptor: TlsAcceptor,
}

impl Identity {
    pub(crate) fn new(name: &str) -> Result<Self> {
        let key = rcgen::KeyPair::generate()?;
        let certificate = rcgen::CertificateParams::new(vec![name.to_owned()])?.self_signed(&key)?;
        let der = CertificateDer::from(certificate.der().to_vec());
        let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(
            rustls::crypto::aws_lc_rs::default_provider(),
        ))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![der.clone()], private)?;
        Ok(Self {
            certificate: der.to_vec(),
            public_key: key.public_key_raw().to_vec(),
            acceptor: TlsAcceptor::from(Arc::new(config)),
        })
    }
}

/// The server for one connection.
pub(crate) fn server(arguments: &Arguments, identity: &Identity, desktop: &Shared) -> Result<RdpServer> {
    let builder = RdpServer::builder().with_addr(([127, 0, 0, 1], 0));
    let acceptor = identity.acceptor.clone();
    let builder = match arguments.security {
        Security::Nla => builder.with_hybrid(acceptor, identity.public_key.clone()),
        Security::TlsOnly => builder.with_tls(acceptor),
    };
    let codecs: &[&str] = match arguments.codec {
        Codec::RemoteFx => &["remotefx"],
        Codec::Bitmap => &["remotefx:off"],
    };
    let codecs = server_codecs_capabilities(codecs).map_err(anyhow::Error::msg)?;
    let mut server = builder
        .with_input_handler(Input(desktop.clone()))
        .with_display_handler(Display(desktop.clone()))
        .with_bitmap_codecs(codecs)
        .with_honor_client_desktop_size(true)
        .build();
    server.set_credentials(Some(Credentials {
        username: arguments.user.clone(),
        password: arguments.password.clone(),
        domain: None,
    }));
    Ok(server)
}

struct Input(Shared);

impl RdpServerInputHandler for Input {
    fn keyboard(&mut self, event: KeyboardEvent) {
        self.0.keyboard(&event);
    }

    fn mouse(&mut self, event: MouseEvent) {
        self.0.mouse(&event);
    }
}

struct Display(Shared);

fn size(desktop: &Shared) -> DesktopSize {
    let (width, height) = desktop.size();
    DesktopSize { width, height }
}

#[async_trait]
impl RdpServerDisplay for Display {
    async fn size(&mut self) -> DesktopSize {
        size(&self.0)
    }

    async fn request_initial_size(&mut self, client_size: DesktopSize) -> DesktopSize {
        self.0.resize(client_size.width, client_size.height);
        size(&self.0)
    }

    async fn updates(&mut self) -> Result<Box<dyn RdpServerDisplayUpdates>> {
        Ok(Box::new(Updates { view: self.0.view() }))
    }

    fn request_layout(&mut self, layout: DisplayControlMonitorLayout) {
        let Some(monitor) = layout.monitors().first() else { return };
        let (width, height) = monitor.dimensions();
        if let (Ok(width), Ok(height)) = (width.try_into(), height.try_into()) {
            self.0.resize(width, height);
        }
    }
}

struct Updates {
    view: View,
}

#[async_trait]
impl RdpServerDisplayUpdates for Updates {
    async fn next_update(&mut self) -> Result<Option<DisplayUpdate>> {
        loop {
            match self.view.next() {
                Some(Change::Resized(width, height)) => {
                    return Ok(Some(DisplayUpdate::Resize(DesktopSize { width, height })));
                }
                Some(Change::Painted(area, pixels)) => return bitmap(area, pixels).map(Some),
                // A second is how often the clock changes.
                None => drop(tokio::time::timeout(Duration::from_millis(200), self.view.changed()).await),
            }
        }
    }
}

fn bitmap(area: Area, pixels: Vec<u8>) -> Result<DisplayUpdate> {
    let (Some(width), Some(height)) = (NonZeroU16::new(area.width), NonZeroU16::new(area.height)) else {
        bail!("an empty area");
    };
    Ok(DisplayUpdate::Bitmap(BitmapUpdate {
        x: area.x,
        y: area.y,
        width,
        height,
        format: PixelFormat::BgrX32,
        data: pixels.into(),
        stride: NonZeroUsize::new(usize::from(area.width) * 4).context("an empty row")?,
    }))
}
