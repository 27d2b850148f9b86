//! The relay's certificate authority: made anew for each start, its key gone before the cloud is ready.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::Error;
use crate::scratch::Scratch;

/// The authority's certificate, in memory and in a file of this user's, and what the relay serves with.
pub(crate) struct Authority {
    pub(crate) pem: String,
    pub(crate) path: PathBuf,
    pub(crate) server: Arc<ServerConfig>,
    /// Takes the file with it.
    _directory: Scratch,
}

/// A validity from the day before yesterday, for clocks that differ, to a year from now.
pub(crate) fn days_from_now(params: &mut CertificateParams) {
    let today = Timestamp::now().to_zoned(TimeZone::UTC);
    let date = |days: i64| {
        let date = today.checked_add(days.days()).unwrap_or_else(|_| today.clone()).date();
        (i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    let (year, month, day) = date(-2);
    params.not_before = rcgen::date_time_ymd(year, month, day);
    // longer than any cloud serves, shorter than the longest that some verifiers take
    let (year, month, day) = date(365);
    params.not_after = rcgen::date_time_ymd(year, month, day);
}

impl Authority {
    pub(crate) fn new() -> Result<Self, Error> {
        let key = KeyPair::generate().map_err(Error::Certificate)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "Adit local cloud");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        days_from_now(&mut params);
        let certificate = params.self_signed(&key).map_err(Error::Certificate)?;
        let issuer = Issuer::new(params, key);

        let leaf_key = KeyPair::generate().map_err(Error::Certificate)?;
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let mut leaf = CertificateParams::new(names).map_err(Error::Certificate)?;
        leaf.distinguished_name = rcgen::DistinguishedName::new();
        leaf.distinguished_name.push(DnType::CommonName, "localhost");
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        leaf.use_authority_key_identifier_extension = true;
        days_from_now(&mut leaf);
        let leaf = leaf.signed_by(&leaf_key, &issuer).map_err(Error::Certificate)?;

        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let chain = vec![leaf.der().clone(), certificate.der().clone()];
        let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(leaf_key.serialize_der()));
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private))
            .map_err(Error::Tls)?;
        // a WebSocket upgrade is HTTP/1.1
        server.alpn_protocols = vec![b"http/1.1".to_vec()];

        let pem = certificate.pem();
        let directory = Scratch::new("adit-cloud-").map_err(Error::Io)?;
        let path = directory.path().join("ca.pem");
        write_private(&path, &pem).map_err(Error::Io)?;
        Ok(Self { pem, path, server: Arc::new(server), _directory: directory })
    }
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}
