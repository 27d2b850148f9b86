//! The door: who is let in before the server library has the connection.
//!
//! The library knows one account for Network Level Authentication, and a Windows machine has several. So the
//! beginning of a connection is played here: the negotiation, TLS and CredSSP. Then the library is given what is
//! left, behind a negotiation that is already decided.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use ironrdp_connector::sspi::{
    AuthIdentity, Username,
    credssp::{
        CredSspServer, CredentialsProxy, EarlyUserAuthResult, NStatusCode, ServerError, ServerMode,
        ServerState, TsRequest,
    },
    ntlm::NtlmConfig,
};
use ironrdp_core::{decode, encode_vec};
use ironrdp_pdu::{
    mcs::ConnectInitial,
    nego::{ConnectionConfirm, ConnectionRequest, FailureCode, ResponseFlags, SecurityProtocol},
    x224::{X224, X224Data},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::server::TlsStream;

use crate::{accounts::Accounts, identity::Identity, printer};

/// How long somebody may take to come in.
const PATIENCE: Duration = Duration::from_secs(120);
/// Largest message of CredSSP, in bytes.
const LARGEST: usize = 64 * 1024;

/// A connection whose user is known.
pub(crate) struct Admitted {
    pub(crate) stream: Negotiated,
    pub(crate) user: String,
    /// The number of the channel for its devices, if it has one.
    pub(crate) devices: Option<u16>,
}

/// Reads what a connection of ours begins with; others are not worth an answer.
pub(crate) async fn check_key(stream: &mut TcpStream, key: &str) -> Result<()> {
    let mut shown = vec![0; key.len()];
    tokio::time::timeout(Duration::from_secs(5), stream.read_exact(&mut shown)).await??;
    // Compared as a whole, so that time tells nothing about where the first difference is.
    let different = shown.iter().zip(key.as_bytes()).fold(0, |all, (one, other)| all | (one ^ other));
    if different != 0 {
        bail!("a connection without the key");
    }
    Ok(())
}

/// Plays the beginning with Network Level Authentication.
pub(crate) async fn admit(
    mut stream: TcpStream,
    identity: &Identity,
    accounts: &Accounts,
    refuse: Option<u32>,
) -> Result<Admitted> {
    let coming = async {
        let request = read_packet(&mut stream).await?;
        let mut request = decode::<X224<ConnectionRequest>>(&request).context("no connection request")?.0;
        let protocol = if request.protocol.contains(SecurityProtocol::HYBRID_EX) {
            SecurityProtocol::HYBRID_EX
        } else if request.protocol.contains(SecurityProtocol::HYBRID) {
            SecurityProtocol::HYBRID
        } else {
            let refusal = ConnectionConfirm::Failure { code: FailureCode::HYBRID_REQUIRED_BY_SERVER };
            stream.write_all(&encode_vec(&X224(refusal))?).await?;
            bail!("a client without Network Level Authentication");
        };
        let flags = ResponseFlags::EXTENDED_CLIENT_DATA_SUPPORTED;
        stream.write_all(&encode_vec(&X224(ConnectionConfirm::Response { flags, protocol }))?).await?;
        let mut stream = identity.acceptor.accept(stream).await.context("TLS")?;
        let user = authenticate(&mut stream, protocol, identity, accounts, refuse).await?;
        request.protocol |= SecurityProtocol::SSL;
        // The client speaks next, and says which channels it has.
        let settings = read_packet(&mut stream).await?;
        let devices = channel(&settings, printer::CHANNEL)?;
        let request = encode_vec(&X224(request))?;
        let answer = Answer::Head(Vec::new());
        let stream = Negotiated { stream, request, settings, answer, reader: None };
        Ok(Admitted { stream, user, devices })
    };
    tokio::time::timeout(PATIENCE, coming).await.context("nobody came in")?
}

/// One packet with its head (TPKT).
async fn read_packet(stream: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>> {
    let mut head = [0; 4];
    stream.read_exact(&mut head).await?;
    let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
    if head[0] != 3 || length < head.len() {
        bail!("not the protocol");
    }
    let mut packet = head.to_vec();
    packet.resize(length, 0);
    stream.read_exact(packet.get_mut(head.len()..).unwrap_or_default()).await?;
    Ok(packet)
}

/// The number that the library gives to a client's channel of this name: they are counted from the one for input and output
/// on.
fn channel(settings: &[u8], name: &str) -> Result<Option<u16>> {
    const IO_CHANNEL: u16 = 1003;
    let data = decode::<X224<X224Data<'_>>>(settings).context("no settings")?.0.data;
    let settings = decode::<ConnectInitial>(&data).context("no settings")?;
    let network = settings.conference_create_request.gcc_blocks().network.as_ref();
    let channels = network.map(|network| network.channels.as_slice()).unwrap_or_default();
    let place = channels.iter().position(|channel| channel.name.as_str() == Some(name));
    Ok(place.and_then(|place| u16::try_from(place).ok()).map(|place| IO_CHANNEL + 1 + place))
}

/// Looks passwords up by the name that the client says.
struct Proxy<'a> {
    accounts: &'a Accounts,
    asked: Option<String>,
}

impl CredentialsProxy for &mut Proxy<'_> {
    type AuthenticationData = AuthIdentity;

    fn auth_data_by_user(&mut self, username: &Username) -> io::Result<AuthIdentity> {
        let name = username.account_name();
        self.asked = Some(name.to_owned());
        let password = self.accounts.password(name).ok_or_else(|| io::Error::other("no such user"))?;
        Ok(AuthIdentity { username: username.clone(), password: password.into() })
    }

    fn auth_data(&mut self) -> io::Result<Vec<AuthIdentity>> {
        Err(io::Error::other("every client says who it is"))
    }
}

/// CredSSP with NTLM; the name of who has come in.
async fn authenticate(
    stream: &mut TlsStream<TcpStream>,
    protocol: SecurityProtocol,
    identity: &Identity,
    accounts: &Accounts,
    refuse: Option<u32>,
) -> Result<String> {
    let mut proxy = Proxy { accounts, asked: None };
    let result = exchange(stream, identity, &mut proxy, refuse).await;
    if protocol == SecurityProtocol::HYBRID_EX {
        let early =
            if result.is_ok() { EarlyUserAuthResult::Success } else { EarlyUserAuthResult::AccessDenied };
        let mut message = Vec::new();
        early.to_buffer(&mut message)?;
        stream.write_all(&message).await?;
    }
    let user = proxy.asked.unwrap_or_default();
    result.with_context(|| format!("{user:?} was refused"))?;
    Ok(user)
}

async fn exchange(
    stream: &mut TlsStream<TcpStream>,
    identity: &Identity,
    proxy: &mut Proxy<'_>,
    refuse: Option<u32>,
) -> Result<()> {
    let mode = ServerMode::Ntlm(NtlmConfig::new("rdp-client".to_owned()));
    let mut server = CredSspServer::new(identity.public_key.clone(), proxy, mode)?;
    loop {
        let request = TsRequest::from_buffer(&read_request(stream).await?)?;
        let (answer, done) = match server.process(request).resolve_to_result() {
            Ok(ServerState::ReplyNeeded(answer)) => (Some(answer), None),
            Ok(ServerState::Finished(_)) => (None, Some(Ok(()))),
            Err(ServerError { ts_request, error }) => (ts_request.map(|boxed| *boxed), Some(Err(error))),
        };
        // The password is right: a machine refuses for other reasons where it would show its own proof.
        let refused = refuse.filter(|_| answer.as_ref().is_some_and(|answer| answer.pub_key_auth.is_some()));
        let answer = match refused {
            None => answer,
            status => Some(TsRequest { error_code: status.map(NStatusCode), ..TsRequest::default() }),
        };
        if let Some(answer) = answer {
            let mut message = Vec::with_capacity(usize::from(answer.buffer_len()));
            answer.encode_ts_request(&mut message)?;
            stream.write_all(&message).await?;
        }
        match done {
            None if refused.is_some() => bail!("refused, as was asked for"),
            None => {}
            Some(Ok(())) => return Ok(()),
            Some(Err(error)) => return Err(error.into()),
        }
    }
}

async fn read_request(stream: &mut TlsStream<TcpStream>) -> Result<Vec<u8>> {
    let mut message = Vec::new();
    loop {
        match TsRequest::read_length(message.as_slice()) {
            Ok(length) if message.len() >= length => return Ok(message),
            Ok(length) if length > LARGEST => bail!("a message that is too long"),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {}
            Err(error) => return Err(error.into()),
        }
        if message.len() > LARGEST {
            bail!("a message that is too long");
        }
        // Byte by byte, so that nothing behind the message is taken; TLS has it in memory already.
        message.push(stream.read_u8().await?);
    }
}

/// What the library's own answer to the negotiation has come to: the client has had its answer already.
enum Answer {
    Head(Vec<u8>),
    Rest(usize),
    Gone,
}

/// A connection that begins, for its reader, with a negotiation of which the client never hears.
pub(crate) struct Negotiated {
    stream: TlsStream<TcpStream>,
    request: Vec<u8>,
    /// What the client has said since then; the library expects nothing before it has answered.
    settings: Vec<u8>,
    answer: Answer,
    /// Who waits for that.
    reader: Option<Waker>,
}

impl AsyncRead for Negotiated {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let ahead = if !this.request.is_empty() {
            &mut this.request
        } else if !matches!(this.answer, Answer::Gone) {
            this.reader = Some(context.waker().clone());
            return Poll::Pending;
        } else if !this.settings.is_empty() {
            &mut this.settings
        } else {
            return Pin::new(&mut this.stream).poll_read(context, into);
        };
        let count = ahead.len().min(into.remaining());
        into.put_slice(&ahead.drain(..count).collect::<Vec<u8>>());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Negotiated {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let taken = match &mut this.answer {
            Answer::Gone => return Pin::new(&mut this.stream).poll_write(context, bytes),
            Answer::Head(head) => {
                let count = (4 - head.len()).min(bytes.len());
                head.extend_from_slice(bytes.get(..count).unwrap_or_default());
                if let [_, _, high, low] = head[..] {
                    let rest = usize::from(u16::from_be_bytes([high, low])).saturating_sub(4);
                    this.answer = if rest == 0 { Answer::Gone } else { Answer::Rest(rest) };
                }
                count
            }
            Answer::Rest(rest) => {
                let count = (*rest).min(bytes.len());
                *rest -= count;
                if *rest == 0 {
                    this.answer = Answer::Gone;
                }
                count
            }
        };
        if matches!(this.answer, Answer::Gone)
            && let Some(reader) = this.reader.take()
        {
            reader.wake();
        }
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.get_mut().stream).poll_flush(context))?;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
