//! The proxy of the environment or of the system's settings.

use hyper_util::client::proxy::matcher::Matcher;

use super::http_proxy::HttpProxy;
use super::{ProxyFailure, ProxyProblem, pac};

/// The proxy for `target`, an `https` address: that of the environment (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`), else
/// that of the system's settings, their automatic configuration included where the system resolves it. Blocks.
pub(super) fn find(target: &http::Uri) -> Result<Option<HttpProxy>, ProxyFailure> {
    if let Some(proxy) = matching(&Matcher::from_system(), target)? {
        return Ok(Some(proxy));
    }
    // Whoever sets these has decided, whatever the settings say.
    let decided = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"]
        .iter()
        .any(|variable| std::env::var_os(variable).is_some_and(|value| !value.is_empty()));
    if decided { Ok(None) } else { pac::of_system(target) }
}

fn matching(matcher: &Matcher, target: &http::Uri) -> Result<Option<HttpProxy>, ProxyFailure> {
    let Some(intercept) = matcher.intercept(target) else { return Ok(None) };
    HttpProxy::found(intercept.uri(), intercept.basic_auth()).map(Some).map_err(|error| ProxyFailure {
        problem: ProxyProblem::Unsupported,
        // The matcher has taken user and password out of it.
        reason: format!("the system's proxy {}: {error}", intercept.uri()),
        proxy: intercept.uri().to_string(),
        body: None,
    })
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn target(uri: &str) -> http::Uri {
        uri.parse().unwrap()
    }

    #[test]
    fn the_proxy_for_https_is_taken_with_its_credentials() {
        let matcher =
            Matcher::builder().https("http://user:word@proxy.example:3128").no("internal.example").build();
        let found = matching(&matcher, &target("https://relay.example:443/")).unwrap().unwrap();
        assert_eq!(found.address(), "proxy.example:3128");
        assert_eq!(found.authorization().unwrap().expose_secret(), "Basic dXNlcjp3b3Jk");
        assert!(matching(&matcher, &target("https://a.internal.example:443/")).unwrap().is_none());
        let bare = Matcher::builder().all("proxy.example:3128").build();
        assert_eq!(matching(&bare, &target("https://r/")).unwrap().unwrap().address(), "proxy.example:3128");
    }

    #[test]
    fn a_socks_proxy_is_said_to_be_unsupported() {
        let matcher = Matcher::builder().all("socks5://user:hunter2@proxy.example:1080").build();
        let error = matching(&matcher, &target("https://relay.example/")).unwrap_err();
        assert_eq!(error.problem, ProxyProblem::Unsupported);
        assert!(error.reason.contains("SOCKS"), "{}", error.reason);
        assert!(!error.reason.contains("hunter2"), "{}", error.reason);
    }
}
