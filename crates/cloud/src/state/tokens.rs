//! Authorisation codes, access and refresh tokens. Everything here lives in memory and dies with the cloud.

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use super::{Caller, State, lock};

/// Life of an authorisation code.
const CODE_LIFE: Duration = Duration::from_secs(60);
/// Life of an access token.
pub(crate) const ACCESS_LIFE: Duration = Duration::from_secs(3_600);
/// Codes and access tokens that can be there at once.
const MOST: usize = 10_000;

/// What an access token is good for, and whose it is.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) caller: Caller,
    pub(crate) scopes: String,
    number: u64,
}

/// What a code was issued for.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) caller: Caller,
    pub(crate) scopes: String,
    pub(crate) redirect_uri: String,
    /// The S256 challenge; `None` where the client sent none.
    pub(crate) challenge: Option<String>,
}

struct Code {
    request: Request,
    until: Instant,
    /// The grant that the code was redeemed for.
    used: Option<u64>,
}

/// An access token with the refresh token that comes with it, where one does.
pub(crate) struct Pair {
    pub(crate) access: SecretString,
    pub(crate) refresh: Option<SecretString>,
    pub(crate) grant: Grant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RedeemRefusal {
    /// Unknown, expired or used.
    Code,
    RedirectUri,
    VerifierMissing,
    VerifierWrong,
}

type Hash = [u8; 32];

/// Tokens are kept by their hash, so that nothing here can be used if it leaks.
#[derive(Default)]
pub(super) struct Tokens {
    codes: HashMap<Hash, Code>,
    access: HashMap<Hash, (Grant, Instant)>,
    refresh: HashMap<Hash, Grant>,
    next: u64,
}

fn hash(text: &str) -> Hash {
    Sha256::digest(text.as_bytes()).into()
}

fn secret(prefix: &str) -> SecretString {
    let random: [u8; 32] = rand::random();
    SecretString::from(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(random)))
}

/// RFC 7636, section 4.6.
fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

impl Tokens {
    pub(super) fn caller(&self, token: &str) -> Option<Caller> {
        self.grant(token).map(|grant| grant.caller.clone())
    }

    fn grant(&self, token: &str) -> Option<&Grant> {
        self.access.get(&hash(token)).filter(|(_, until)| *until > Instant::now()).map(|(grant, _)| grant)
    }

    fn tidy(&mut self) {
        let now = Instant::now();
        self.codes.retain(|_, code| code.until > now);
        self.access.retain(|_, (_, until)| *until > now);
        if self.access.len() >= MOST {
            self.access.clear();
        }
        if self.refresh.len() >= MOST {
            self.refresh.clear();
        }
        if self.codes.len() >= MOST {
            self.codes.clear();
        }
    }

    fn issue_access(&mut self, grant: &Grant) -> SecretString {
        self.tidy();
        let access = secret("adit-local.");
        self.access.insert(hash(access.expose_secret()), (grant.clone(), Instant::now() + ACCESS_LIFE));
        access
    }

    fn new_grant(&mut self, caller: Caller, scopes: String) -> Grant {
        self.next += 1;
        Grant { caller, scopes, number: self.next }
    }

    fn revoke_grant(&mut self, number: u64) {
        self.access.retain(|_, (grant, _)| grant.number != number);
        self.refresh.retain(|_, grant| grant.number != number);
    }
}

impl State {
    /// Issues a code that is good for one exchange within a minute.
    pub(crate) fn issue_code(&self, request: Request) -> SecretString {
        let mut tokens = lock(&self.0.tokens);
        tokens.tidy();
        let code = secret("4/adit-local.");
        let entry = Code { request, until: Instant::now() + CODE_LIFE, used: None };
        tokens.codes.insert(hash(code.expose_secret()), entry);
        code
    }

    /// Exchanges a code. A code that comes a second time takes back what it was exchanged for (RFC 6749, section 4.1.2).
    pub(crate) fn redeem(
        &self,
        code: &str,
        redirect_uri: &str,
        verifier: Option<&str>,
    ) -> Result<Pair, RedeemRefusal> {
        let mut tokens = lock(&self.0.tokens);
        tokens.tidy();
        let key = hash(code);
        let entry = tokens.codes.get(&key).ok_or(RedeemRefusal::Code)?;
        if let Some(number) = entry.used {
            tokens.revoke_grant(number);
            return Err(RedeemRefusal::Code);
        }
        let request = entry.request.clone();
        let checked = if request.redirect_uri != redirect_uri {
            Err(RedeemRefusal::RedirectUri)
        } else {
            match (&request.challenge, verifier) {
                (Some(_), None) => Err(RedeemRefusal::VerifierMissing),
                (Some(expected), Some(verifier)) if *expected != challenge(verifier) => {
                    Err(RedeemRefusal::VerifierWrong)
                }
                (None, Some(_)) => Err(RedeemRefusal::VerifierWrong),
                (Some(_), Some(_)) | (None, None) => Ok(()),
            }
        };
        if let Err(refusal) = checked {
            // one try: nobody gets to guess
            tokens.codes.remove(&key);
            return Err(refusal);
        }
        let grant = tokens.new_grant(request.caller, request.scopes);
        if let Some(entry) = tokens.codes.get_mut(&key) {
            entry.used = Some(grant.number);
        }
        let access = tokens.issue_access(&grant);
        let refresh = secret("1//adit-local.");
        tokens.refresh.insert(hash(refresh.expose_secret()), grant.clone());
        Ok(Pair { access, refresh: Some(refresh), grant })
    }

    /// A new access token for a refresh token that is still good.
    pub(crate) fn refresh(&self, refresh_token: &str) -> Option<Pair> {
        let mut tokens = lock(&self.0.tokens);
        let grant = tokens.refresh.get(&hash(refresh_token))?.clone();
        let access = tokens.issue_access(&grant);
        Some(Pair { access, refresh: None, grant })
    }

    /// An access token without a sign-in, for the line that `adit cloud` prints.
    pub(crate) fn issue_token(&self, caller: Caller, scopes: &str) -> SecretString {
        let mut tokens = lock(&self.0.tokens);
        let grant = tokens.new_grant(caller, scopes.to_owned());
        tokens.issue_access(&grant)
    }

    /// What an access token was granted.
    pub(crate) fn grant(&self, access_token: &str) -> Option<Grant> {
        lock(&self.0.tokens).grant(access_token).cloned()
    }

    /// Ends a grant by its access or refresh token; false for an unknown one.
    pub(crate) fn revoke(&self, token: &str) -> bool {
        let mut tokens = lock(&self.0.tokens);
        let key = hash(token);
        let number = tokens
            .refresh
            .get(&key)
            .map(|grant| grant.number)
            .or_else(|| tokens.grant(token).map(|grant| grant.number));
        let Some(number) = number else { return false };
        tokens.revoke_grant(number);
        true
    }
}
