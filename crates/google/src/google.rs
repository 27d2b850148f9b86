//! The client: endpoints, credentials and the one way in which every call is made.

use std::{future::Future, sync::Arc, time::Duration};

use google_cloud_compute_v1::client::{Instances, Projects as ComputeProjects, ZoneOperations};
use google_cloud_gax::{options::RequestOptionsBuilder, retry_policy::NeverRetry};
use google_cloud_oslogin_v1::client::OsLoginService;
use google_cloud_resourcemanager_v3::client::Projects;
use secrecy::SecretString;
use tokio::{sync::OnceCell, time::Instant};
use url::Url;

use crate::{
    credentials::{Credentials, Freshness},
    endpoints::{Endpoints, is_loopback},
    error::{Error, ErrorKind},
    evidence::RefusedProjects,
    http,
    retry::{self, Policy, Repeat},
    sign_in::{self, Identity},
    throttle::Throttle,
};

/// Google's APIs with one account's credentials. Clones share connections and limits.
#[derive(Clone)]
pub struct Google {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) endpoints: Endpoints,
    pub(crate) credentials: Credentials,
    pub(crate) http: reqwest::Client,
    throttle: Throttle,
    pub(crate) refused_quota_projects: RefusedProjects,
    instances: OnceCell<Instances>,
    compute_projects: OnceCell<ComputeProjects>,
    zone_operations: OnceCell<ZoneOperations>,
    projects: OnceCell<Projects>,
    os_login: OnceCell<OsLoginService>,
}

/// A call, as the logs and the limits see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    /// What is being done, as an infinitive.
    pub(crate) doing: &'static str,
    pub(crate) method: &'static str,
    /// The path with its variables as names.
    pub(crate) path: &'static str,
    pub(crate) repeat: Repeat,
    pub(crate) policy: Policy,
}

impl Call {
    pub(crate) const fn get(doing: &'static str, path: &'static str) -> Self {
        Self { doing, method: "GET", path, repeat: Repeat::Safe, policy: Policy::CALL }
    }

    /// A GET of evidence.
    pub(crate) const fn evidence(doing: &'static str, path: &'static str) -> Self {
        Self { doing, method: "GET", path, repeat: Repeat::Safe, policy: Policy::EVIDENCE }
    }

    /// A POST of evidence: it asks and changes nothing.
    pub(crate) const fn question(doing: &'static str, path: &'static str) -> Self {
        Self { doing, method: "POST", path, repeat: Repeat::Safe, policy: Policy::EVIDENCE }
    }

    /// A POST that is harmless when sent twice.
    pub(crate) const fn post(doing: &'static str, path: &'static str) -> Self {
        Self { doing, method: "POST", path, repeat: Repeat::Safe, policy: Policy::CALL }
    }
}

impl Google {
    /// A client for the cloud at `endpoints`.
    ///
    /// # Errors
    /// [`ErrorKind::WrongCloud`] if the credentials were made for another cloud, [`ErrorKind::InvalidArgument`]
    /// for unusable endpoints, [`ErrorKind::Local`] if HTTP cannot be set up.
    pub fn new(endpoints: Endpoints, credentials: Credentials) -> Result<Self, Error> {
        endpoints.check()?;
        credentials.check(&endpoints)?;
        let http = http::client(&endpoints.compute)?;
        Ok(Self {
            inner: Arc::new(Inner {
                endpoints,
                credentials,
                http,
                throttle: Throttle::default(),
                refused_quota_projects: RefusedProjects::default(),
                instances: OnceCell::new(),
                compute_projects: OnceCell::new(),
                zone_operations: OnceCell::new(),
                projects: OnceCell::new(),
                os_login: OnceCell::new(),
            }),
        })
    }

    /// The credentials it uses.
    #[must_use]
    pub fn credentials(&self) -> &Credentials {
        &self.inner.credentials
    }

    /// The addresses it uses.
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        &self.inner.endpoints
    }

    /// Whom the credentials belong to.
    ///
    /// # Errors
    /// [`ErrorKind::ScopeMissing`] if the e-mail address is not part of what was granted; the kinds of a failed
    /// call.
    pub async fn identity(&self) -> Result<Identity, Error> {
        const USERINFO: Call = Call::get("read who signed in", "/v1/userinfo");
        let Inner { endpoints, http, .. } = &*self.inner;
        self.call(&endpoints.userinfo, USERINFO, |token| async move {
            sign_in::ask(http, &endpoints.userinfo, &token).await
        })
        .await
    }

    /// Makes a call by the common rules: the host's turn, retries and deadlines, a renewed token after a 401, a log
    /// line without any body. `attempt` is given the access token to use.
    pub(crate) async fn call<T, F, Fut>(&self, base: &Url, call: Call, attempt: F) -> Result<T, Error>
    where
        F: Fn(SecretString) -> Fut,
        Fut: Future<Output = Result<T, Error>>,
    {
        let credentials = &self.inner.credentials;
        let doing = |error| Error { doing: call.doing, ..error };
        let token = credentials.access_token(Freshness::Cached).await.map_err(doing)?;
        let refused = match self.tries(base, call, || attempt(token.clone())).await {
            Err(error) if error.status == Some(401) => error,
            result => return result,
        };
        match credentials.access_token_instead_of(&token).await {
            Ok(token) => self.tries(base, call, || attempt(token.clone())).await,
            // A token that cannot be renewed: what the API said about it is the better text.
            Err(error) if error.kind == ErrorKind::SignInNeeded && error.reason.is_none() => Err(refused),
            Err(error) => Err(doing(error)),
        }
    }

    async fn tries<T, F, Fut>(&self, base: &Url, call: Call, attempt: F) -> Result<T, Error>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<T, Error>>,
    {
        self.turn(base).await;
        let mut first = true;
        retry::run(call.doing, call.policy, call.repeat, |time| {
            let again = !std::mem::take(&mut first);
            let attempt = attempt();
            async move {
                if again {
                    self.turn(base).await;
                }
                let started = Instant::now();
                let result = retry::within(call.doing, time, attempt).await;
                let status = result.as_ref().err().map_or(Some(200), |error| error.status);
                let ms = started.elapsed().as_millis();
                tracing::debug!(method = call.method, path = call.path, status, ms, "{}", call.doing);
                result
            }
        })
        .await
    }

    /// The bucket spares Google's servers and the user's quota; a cloud on this machine has neither.
    async fn turn(&self, base: &Url) {
        if !is_loopback(base) {
            self.inner.throttle.turn(base.host_str().unwrap_or_default()).await;
        }
    }

    pub(crate) async fn instances(&self) -> Result<&Instances, Error> {
        let Inner { endpoints, credentials, .. } = &*self.inner;
        let build = || {
            Instances::builder().with_endpoint(text(&endpoints.compute)).with_credentials(credentials.clone())
        };
        self.inner.instances.get_or_try_init(|| async { build().build().await.map_err(setup) }).await
    }

    pub(crate) async fn compute_projects(&self) -> Result<&ComputeProjects, Error> {
        let Inner { endpoints, credentials, .. } = &*self.inner;
        let build = || {
            ComputeProjects::builder()
                .with_endpoint(text(&endpoints.compute))
                .with_credentials(credentials.clone())
        };
        self.inner.compute_projects.get_or_try_init(|| async { build().build().await.map_err(setup) }).await
    }

    pub(crate) async fn zone_operations(&self) -> Result<&ZoneOperations, Error> {
        let Inner { endpoints, credentials, .. } = &*self.inner;
        let build = || {
            ZoneOperations::builder()
                .with_endpoint(text(&endpoints.compute))
                .with_credentials(credentials.clone())
        };
        self.inner.zone_operations.get_or_try_init(|| async { build().build().await.map_err(setup) }).await
    }

    pub(crate) async fn projects(&self) -> Result<&Projects, Error> {
        let Inner { endpoints, credentials, .. } = &*self.inner;
        let build = || {
            Projects::builder()
                .with_endpoint(text(&endpoints.resource_manager))
                .with_credentials(credentials.clone())
        };
        self.inner.projects.get_or_try_init(|| async { build().build().await.map_err(setup) }).await
    }

    pub(crate) async fn os_login(&self) -> Result<&OsLoginService, Error> {
        let Inner { endpoints, credentials, .. } = &*self.inner;
        let build = || {
            OsLoginService::builder()
                .with_endpoint(text(&endpoints.os_login))
                .with_credentials(credentials.clone())
        };
        self.inner.os_login.get_or_try_init(|| async { build().build().await.map_err(setup) }).await
    }
}

impl std::fmt::Debug for Google {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Google").field("endpoints", &self.inner.endpoints).finish_non_exhaustive()
    }
}

/// What every request of the SDK carries. Retries are ours, because the SDK's do not see `Retry-After`.
pub(crate) fn options<B: RequestOptionsBuilder>(request: B, policy: Policy) -> B {
    request
        .with_user_agent(http::USER_AGENT.as_str())
        .with_retry_policy(NeverRetry)
        .with_attempt_timeout(policy.attempt + Duration::from_secs(1))
}

fn text(base: &Url) -> String {
    base.as_str().trim_end_matches('/').to_owned()
}

fn setup(error: google_cloud_gax::client_builder::Error) -> Error {
    Error::new(ErrorKind::Local, "set up the API client", error.to_string())
}

/// Refuses a name that would not stay one segment of a path.
pub(crate) fn segment<'a>(doing: &'static str, what: &str, name: &'a str) -> Result<&'a str, Error> {
    let good = !name.is_empty()
        && name.len() <= 320
        && name != "."
        && name != ".."
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-._~:@+'!$&*=".contains(c));
    if good {
        Ok(name)
    } else {
        let name = crate::error::clean(name, 60);
        Err(Error::new(ErrorKind::InvalidArgument, doing, format!("\"{name}\" is no {what}")))
    }
}
