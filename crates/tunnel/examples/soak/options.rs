//! What the soak is started with, and the relay that it goes through.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use adit_cloud::Cloud;
use adit_tunnel::{Config, Dialer, Freshness, RelayEndpoint, Roots, Target, TokenError, TokenSource};
use anyhow::{Context as _, Result, bail};
use async_trait::async_trait;
use secrecy::SecretString;

const USAGE: &str = "tunnel_soak --minutes N [--tunnels N] [--seed N] \
                     [--relay-url URL --ca FILE --token-file FILE --target PROJECT/ZONE/NAME:PORT]";
/// An instance of the demo landscape whose port 7 gives everything back.
const ECHO: &str = "acme-prod/europe-west1-b/web-1:7";

/// What the soak is started with.
pub(crate) struct Options {
    pub(crate) time: Duration,
    pub(crate) tunnels: usize,
    pub(crate) seed: u64,
    /// None: a local cloud.
    pub(crate) relay: Option<Relay>,
}

impl Options {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self> {
        let (mut minutes, mut tunnels, mut seed) = (None, 200, rand::random());
        let (mut url, mut ca, mut token, mut target) = (None, None, None, None);
        for pair in arguments.chunks(2) {
            let [name, value] = pair else { bail!("{USAGE}") };
            let number = || value.parse::<u64>().with_context(|| format!("{name} wants a whole number"));
            match name.as_str() {
                "--minutes" => minutes = Some(number()?),
                "--tunnels" => tunnels = usize::try_from(number()?)?,
                "--seed" => seed = number()?,
                "--relay-url" => url = Some(value.as_str()),
                "--ca" => ca = Some(value.as_str()),
                "--token-file" => token = Some(value.as_str()),
                "--target" => target = Some(value.as_str()),
                _ => bail!("{USAGE}"),
            }
        }
        let relay = match (url, ca, token, target) {
            (None, None, None, None) => None,
            (Some(url), Some(ca), Some(token), Some(target)) => {
                let ca = std::fs::read(ca).with_context(|| format!("could not read {ca}"))?;
                Some(Relay::new(url, ca, Token::File(token.into()), target)?)
            }
            _ => bail!("{USAGE}"),
        };
        let minutes = minutes.context(USAGE)?;
        Ok(Self { time: Duration::from_secs(minutes.saturating_mul(60)), tunnels, seed, relay })
    }
}

/// A relay and a target behind it that gives back what it is sent.
pub(crate) struct Relay {
    endpoint: RelayEndpoint,
    token: Arc<Token>,
    pub(crate) target: Target,
}

impl Relay {
    /// The local cloud's, with its echo.
    pub(crate) fn of(cloud: &Cloud) -> Result<Self> {
        let token = Token::Fixed(cloud.token().to_owned().into());
        Self::new(cloud.relay_url(), cloud.ca_pem().as_bytes().to_vec(), token, ECHO)
    }

    fn new(url: &str, ca: Vec<u8>, token: Token, target: &str) -> Result<Self> {
        let endpoint = RelayEndpoint::new(url.parse()?, Roots::Pem(ca));
        Ok(Self { endpoint, token: Arc::new(token), target: parse_target(target)? })
    }

    pub(crate) fn dialer(&self) -> Result<Dialer> {
        // Short waits between attempts, so that there are many of them.
        let config = Config {
            first_delay: Duration::from_millis(20),
            longest_delay: Duration::from_millis(500),
            grace: Duration::from_millis(200),
            ..Config::default()
        };
        let tokens: Arc<dyn TokenSource> = Arc::<Token>::clone(&self.token);
        Ok(Dialer::new(self.endpoint.clone(), tokens)?.with_config(config))
    }
}

fn parse_target(text: &str) -> Result<Target> {
    let wrong = || format!("{text} is not PROJECT/ZONE/NAME:PORT");
    let (instance, port) = text.rsplit_once(':').with_context(wrong)?;
    let words: Vec<&str> = instance.split('/').collect();
    let [project, zone, name] = words.as_slice() else { bail!(wrong()) };
    Ok(Target::Instance {
        project: (*project).to_owned(),
        zone: (*zone).to_owned(),
        instance: (*name).to_owned(),
        interface: "nic0".to_owned(),
        port: port.parse().with_context(wrong)?,
    })
}

enum Token {
    Fixed(SecretString),
    /// Read anew each time: whoever started a long run may renew it.
    File(PathBuf),
}

#[async_trait]
impl TokenSource for Token {
    async fn access_token(&self, _: Freshness) -> Result<SecretString, TokenError> {
        match self {
            Self::Fixed(token) => Ok(token.clone()),
            Self::File(path) => tokio::fs::read_to_string(path)
                .await
                .map(|text| text.trim().to_owned().into())
                .map_err(|error| TokenError::Unavailable { message: error.to_string() }),
        }
    }
}
