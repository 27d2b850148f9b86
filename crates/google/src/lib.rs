//! Google Cloud as Adit needs it: signing in, credentials, and the APIs that are called.
//!
//! [`sign_in`] runs the browser sign-in and ends with a refresh token; [`Credentials`] turns that, or another
//! source, into access tokens; [`Google`] makes the calls. Every base URL is configuration ([`Endpoints`]), so
//! the same code speaks to Google, to a private endpoint and to the local cloud.
//!
//! Google's own SDK crates make every call that they cover. A thin REST layer makes the rest: the list of
//! instances, because the SDK has neither `returnPartialSuccess` nor field masks, and what explains a refusal,
//! which is handed on as JSON (`evidence.rs` says why). Both share one policy for retries, rate and deadlines, and
//! one [`Error`].
//!
//! Proxies: this crate's own HTTP client leaves loopback addresses alone, but the SDK's client obeys `HTTP_PROXY`
//! for loopback too and offers no way to change that. Whoever starts the program against a local cloud sets
//! `NO_PROXY=127.0.0.1,localhost,::1`.

mod access_context;
mod client;
mod cloud_identity;
mod compute;
mod credentials;
mod endpoints;
mod error;
mod evidence;
mod google;
mod http;
mod iam;
mod iap;
mod logging;
mod oauth;
mod os_login;
mod policy;
mod resource_manager;
mod retry;
mod throttle;
mod troubleshooter;

pub mod sign_in;

pub use client::OAuthClient;
pub use compute::{
    Action, ComputeProject, Fingerprint, GuestAttribute, Instance, InstancePage, InstanceRef, InstanceStatus,
    Interface, Metadata, MetadataItem, Os, ScopeWarning, SerialOutput,
};
pub use credentials::{CredentialSource, Credentials, Freshness};
pub use endpoints::Endpoints;
pub use error::{Body, Details, Error, ErrorKind, SignInCause};
pub use evidence::{Answer, Listed};
pub use google::Google;
pub use logging::Attempts;
pub use os_login::{ImportedKey, KeyImport, LoginKey, LoginProfile, PosixAccount};
pub use policy::Ancestry;
pub use resource_manager::{Project, ProjectState};
pub use sign_in::{Identity, SignedIn};
