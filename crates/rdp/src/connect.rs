//! From a stream to a desktop: negotiation, TLS, the decision about the certificate, sign-in, activation.

use std::{
    future::Future,
    io,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use ironrdp_cliprdr::CliprdrClient;
use ironrdp_connector::{
    ClientConnector, ClientConnectorState, ConnectionOutcome, ConnectionResult, Credentials as Given,
    Sequence as _,
    credssp::CredsspSequence,
    sspi::{credssp::TsRequest, generator::GeneratorState},
};
use ironrdp_core::WriteBuf;
use ironrdp_displaycontrol::client::DisplayControlClient;
use ironrdp_dvc::DrdynvcClient;
use ironrdp_pdu::nego::SecurityProtocol;
use ironrdp_rdpsnd::client::{NoopRdpsndBackend, Rdpsnd};
use tokio::io::{AsyncRead, AsyncWrite};
use zeroize::Zeroize as _;

use crate::{
    certificate::{Certificate, Trust, Verdict},
    clipboard::{Backend, ClipboardPolicy, Notes},
    devices,
    ended::{Ended, ended},
    error::{Error, SignIn, Stage},
    graphics::Pipeline,
    options::{Credentials, Graphics, Options, Security, config},
    sequence::{Fate, Parked, Phase, fate},
    session::Session,
    sound, tls,
    wire::Wire,
};

/// A stream to the server, such as that of a tunnel.
pub trait Transport: AsyncRead + AsyncWrite + Unpin + Send + Sync {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + Sync> Transport for T {}

/// The stream once it is private.
pub(crate) type Private = Box<dyn Transport>;

/// Opens a desktop. Dropping the future ends the attempt.
///
/// # Errors
/// [`Error`]: whatever stands in the way. Before [`Trust::decide`] has agreed nothing of `credentials` is sent.
pub async fn connect(
    stream: impl Transport + 'static,
    options: Options,
    credentials: &Credentials,
    trust: &dyn Trust,
) -> Result<Session, Error> {
    let notes = Notes::default();
    let mut connector = connector(&options, credentials, &notes);
    let mut wire = Wire::new(Box::new(stream) as Box<dyn Transport>);
    let timeouts = options.timeouts;

    let nla = within(
        timeouts.handshake,
        Stage::Negotiation,
        negotiate(&mut wire, &mut connector, options.security),
    )
    .await?;
    let stream = wire.into_stream().ok_or_else(|| {
        Error::protocol(Stage::Negotiation, "bytes came in the clear after the agreement on encryption")
    })?;
    let (stream, certificate) =
        within(timeouts.handshake, Stage::Handshake, tls::handshake(stream, &options.server)).await?;
    agree(&certificate, nla, trust).await?;

    let mut wire = Wire::new(Box::new(stream) as Private);
    connector.mark_security_upgrade_as_done();
    if nla {
        let signing_in = Box::pin(sign_in(&mut wire, &mut connector, &options, &certificate));
        within(timeouts.sign_in, Stage::SignIn, signing_in).await?;
    }
    let activating = Box::pin(activate(&mut wire, &mut connector));
    let (result, parked) = within(timeouts.activation, Stage::Activation, activating).await?;
    Session::start(wire, result, parked, options, notes)
}

pub(crate) fn connector(options: &Options, credentials: &Credentials, notes: &Notes) -> ClientConnector {
    // The server is told an address of its client's; ours would say nothing to it at the end of a tunnel.
    let mut connector =
        ClientConnector::new(config(options, credentials), SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
            .with_static_channel(dynamic_channels(options.graphics));
    if options.clipboard.is_some() && options.clipboard_policy != ClipboardPolicy::Off {
        let backend = Backend { notes: notes.clone(), policy: options.clipboard_policy };
        connector = connector.with_static_channel(CliprdrClient::new(Box::new(backend)));
    }
    let devices = devices::channel(options);
    match (&options.sound, &devices) {
        (Some(sound), _) => connector = connector.with_static_channel(sound::channel(sound)),
        // Windows opens the one for devices only beside one for sound ([MS-RDPEFS] appendix A, 1).
        (None, Some(_)) => {
            connector = connector.with_static_channel(Rdpsnd::new(Box::new(NoopRdpsndBackend)));
        }
        (None, None) => {}
    }
    if let Some(devices) = devices {
        connector = connector.with_static_channel(devices);
    }
    match &options.cookie {
        Some(cookie) => connector.with_auto_reconnect_cookie(cookie.0.clone()),
        None => connector,
    }
}

pub(crate) fn dynamic_channels(graphics: Graphics) -> DrdynvcClient {
    let channels = DrdynvcClient::new().with_dynamic_channel(DisplayControlClient::new(|_| Ok(Vec::new())));
    match graphics {
        Graphics::Classic => channels,
        Graphics::Pipeline => channels.with_dynamic_channel(Pipeline::new()),
    }
}

async fn within<T>(
    limit: Duration,
    stage: Stage,
    doing: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    tokio::time::timeout(limit, doing).await.map_err(|_| Error::TimedOut(stage))?
}

/// Agrees on the protection of the connection; gives whether there is Network Level Authentication.
async fn negotiate(
    wire: &mut Wire<Box<dyn Transport>>,
    connector: &mut ClientConnector,
    security: Security,
) -> Result<bool, Error> {
    let stage = Stage::Negotiation;
    let mut out = WriteBuf::new();
    connector.step_no_input(&mut out).map_err(|error| Error::of_connector(stage, &error))?;
    wire.outgoing.put(out.filled());
    let unit = wire.exchange().await.map_err(|error| lost(stage, &error))?;
    out.clear();
    let unprotected = is_unprotected(&unit.bytes);
    connector.step(&unit.bytes, Some(unit.at), &mut out).map_err(|error| match unprotected {
        true => Error::NoTls,
        false => Error::of_connector(stage, &error),
    })?;
    let ClientConnectorState::EnhancedSecurityUpgrade { selected_protocol } = connector.state else {
        return Err(Error::NoTls);
    };
    if selected_protocol.intersects(SecurityProtocol::HYBRID | SecurityProtocol::HYBRID_EX) {
        return Ok(true);
    }
    match security {
        _ if !selected_protocol.contains(SecurityProtocol::SSL) => Err(Error::NoTls),
        Security::Nla => Err(Error::NoNla),
        Security::PinnedTls => Ok(false),
    }
}

/// Whether a server has answered with the protocol's own, old encryption, which protects nothing.
fn is_unprotected(confirm: &[u8]) -> bool {
    use ironrdp_pdu::{nego::ConnectionConfirm, x224::X224};
    matches!(
        ironrdp_core::decode::<X224<ConnectionConfirm>>(confirm),
        Ok(X224(ConnectionConfirm::Response { protocol, .. })) if protocol.is_standard_rdp_security()
    )
}

/// Holds the connection until the certificate is trusted.
async fn agree(certificate: &Certificate, nla: bool, trust: &dyn Trust) -> Result<(), Error> {
    let shown = || Box::new(certificate.clone());
    let verdict =
        if nla { trust.decide(certificate).await } else { trust.decide_without_nla(certificate).await };
    match verdict {
        Verdict::Pinned => Ok(()),
        Verdict::Once if nla => Ok(()),
        Verdict::Once => Err(Error::PinNeeded(shown())),
        Verdict::Unknown => Err(Error::CertificateUnknown(shown())),
        Verdict::Changed { expected } => Err(Error::CertificateChanged { expected, presented: shown() }),
    }
}

/// Network Level Authentication, by NTLM ([MS-CSSP]).
async fn sign_in(
    wire: &mut Wire<Private>,
    connector: &mut ClientConnector,
    options: &Options,
    certificate: &Certificate,
) -> Result<(), Error> {
    let ClientConnectorState::Credssp { selected_protocol } = connector.state else {
        return Err(Error::protocol(Stage::SignIn, "sign-in is not due"));
    };
    let failed = |error: &ironrdp_connector::ConnectorError| Error::of_connector(Stage::SignIn, error);
    let (mut sequence, mut request) = CredsspSequence::init(
        connector.config.credentials.clone(),
        connector.config.domain.as_deref(),
        selected_protocol,
        options.server.as_str().into(),
        certificate.public_key.to_vec(),
        None,
    )
    .map_err(|error| failed(&error))?;
    let mut out = WriteBuf::new();
    loop {
        out.clear();
        answer(&mut sequence, request, &mut out)?;
        wire.outgoing.put(out.filled());
        wire.outgoing.send_all().await.map_err(|error| lost(Stage::SignIn, &error))?;
        let Some(hint) = sequence.next_pdu_hint() else { break };
        let message = wire.incoming.message(hint).await.map_err(|error| lost(Stage::SignIn, &error))?;
        match sequence.decode_server_message(&message).map_err(|error| failed(&error))? {
            Some(next) => request = next,
            None => break,
        }
    }
    connector.mark_credssp_as_done();
    Ok(())
}

fn answer(sequence: &mut CredsspSequence, request: TsRequest, out: &mut WriteBuf) -> Result<(), Error> {
    let state = match sequence.process_ts_request(request).start() {
        GeneratorState::Completed(state) => state,
        // Only Kerberos asks for the network.
        GeneratorState::Suspended(_) => return Err(Error::SignIn(SignIn::Other(None))),
    };
    let state = state.map_err(|error| Error::SignIn(SignIn::of_sspi(&error)))?;
    sequence.handle_process_result(state, out).map_err(|error| Error::of_connector(Stage::SignIn, &error))?;
    Ok(())
}

/// Settles the rest; gives what the desktop needs, and what came for it already.
pub(crate) async fn activate(
    wire: &mut Wire<Private>,
    connector: &mut ClientConnector,
) -> Result<(ConnectionResult, Parked), Error> {
    let stage = Stage::Activation;
    let mut parked = Parked::default();
    let mut out = WriteBuf::new();
    loop {
        forget_password(connector);
        out.clear();
        if connector.should_perform_multitransport() {
            connector.skip_multitransport(&mut out).map_err(|error| Error::of_connector(stage, &error))?;
        } else if connector.next_pdu_hint().is_some() {
            let unit = wire.exchange().await.map_err(|error| lost(stage, &error))?;
            if let Some(ended) = ending_channel(connector).and_then(|channel| ended(&unit, channel)) {
                return Err(Error::Ended(ended));
            }
            match fate(Phase::of(connector), io_channel(connector), &unit) {
                // Once before it is first shown there is nothing to begin anew.
                Fate::Step | Fate::Restart => {
                    let licensing = matches!(connector.state, ClientConnectorState::LicensingExchange { .. });
                    connector.step(&unit.bytes, Some(unit.at), &mut out).map_err(|error| {
                        if licensing {
                            Error::Ended(Ended::unlicensed(&error.report().to_string()))
                        } else {
                            Error::of_connector(stage, &error)
                        }
                    })?;
                }
                Fate::Park if parked.keep(unit) => {}
                Fate::Park => {
                    return Err(Error::protocol(stage, "too much came before the desktop was ready"));
                }
                Fate::Disconnect => return Err(Error::Disconnected(stage)),
            };
        } else {
            connector.step_no_input(&mut out).map_err(|error| Error::of_connector(stage, &error))?;
        }
        wire.outgoing.put(out.filled());
        match connector.state.take_outcome() {
            Some(ConnectionOutcome::Connected(result)) => {
                wire.outgoing.send_all().await.map_err(|error| lost(stage, &error))?;
                return Ok((result, parked));
            }
            Some(ConnectionOutcome::Redirected(_)) => return Err(Error::Redirected),
            None => {}
        }
    }
}

/// The password is wiped as soon as it has been sent; the configuration lives as long as the session.
fn forget_password(connector: &mut ClientConnector) {
    let sent = matches!(
        connector.state,
        ClientConnectorState::ConnectTimeAutoDetection { .. }
            | ClientConnectorState::LicensingExchange { .. }
            | ClientConnectorState::MultitransportBootstrapping { .. }
            | ClientConnectorState::CapabilitiesExchange { .. }
    );
    if let Given::UsernamePassword { password, .. } = &mut connector.config.credentials
        && sent
    {
        password.zeroize();
    }
}

/// The channel on which a server says why it ends the connection: also before it has begun to settle the desktop.
fn ending_channel(connector: &ClientConnector) -> Option<u16> {
    match &connector.state {
        ClientConnectorState::LicensingExchange { io_channel_id, .. }
        | ClientConnectorState::MultitransportBootstrapping { io_channel_id, .. } => Some(*io_channel_id),
        _ => io_channel(connector),
    }
}

fn io_channel(connector: &ClientConnector) -> Option<u16> {
    match &connector.state {
        ClientConnectorState::CapabilitiesExchange { connection_activation }
        | ClientConnectorState::ConnectionFinalization { connection_activation } => {
            Some(connection_activation.io_channel_id())
        }
        _ => None,
    }
}

/// What a failed read or write means while something was being done.
pub(crate) fn lost(stage: Stage, error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::Other => Error::protocol(stage, error),
        _ if stage == Stage::SignIn => Error::SignIn(SignIn::Closed),
        _ => Error::Disconnected(stage),
    }
}
