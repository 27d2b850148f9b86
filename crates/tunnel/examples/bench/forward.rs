//! The measure of the tunnel: a local port whose connections go through TLS, and nothing else, to the peer.
//!
//! It runs as a process of its own, as a tunnel does. The cipher is the one that rustls prefers in the tunnel
//! too, and buffers are as large.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::peer::BUFFER;

/// Listens and forwards to the peer until the process is ended. Prints the port.
pub(crate) async fn run(peer: SocketAddr, ca: &Path) -> Result<()> {
    let connector = connector(&std::fs::read(ca)?)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    loop {
        let (mut local, _) = listener.accept().await?;
        let connector = connector.clone();
        tokio::spawn(async move {
            let carried = async {
                local.set_nodelay(true)?;
                let mut tls = connect(&connector, peer).await?;
                tokio::io::copy_bidirectional_with_sizes(&mut local, &mut tls, BUFFER, BUFFER).await?;
                anyhow::Ok(())
            };
            // Either side may leave at any time.
            drop(Box::pin(carried).await);
        });
    }
}

/// TLS to the peer.
pub(crate) async fn connect(connector: &TlsConnector, peer: SocketAddr) -> Result<TlsStream<TcpStream>> {
    let tcp = TcpStream::connect(peer).await?;
    tcp.set_nodelay(true)?;
    let name = ServerName::try_from("localhost").context("a name")?;
    let mut tls = connector.connect(name, tcp).await?;
    tls.get_mut().1.set_buffer_limit(Some(4 * BUFFER));
    Ok(tls)
}

/// Trusts this authority only.
pub(crate) fn connector(pem: &[u8]) -> Result<TlsConnector> {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate?)?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
