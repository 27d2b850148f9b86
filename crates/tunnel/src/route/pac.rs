//! Proxy configuration scripts (PAC). The operating system runs them, where it can: no JavaScript runs in here.

use url::Url;

use super::http_proxy::HttpProxy;
use super::{ProxyFailure, ProxyProblem};

#[cfg(not(windows))]
mod other;
#[cfg(windows)]
mod windows;

#[cfg(not(windows))]
use other::Unavailable as Platform;
#[cfg(windows)]
use windows::WinHttp as Platform;

/// What an operating system does with scripts. Everything here blocks.
trait Scripts {
    /// The address of the script in the user's settings. Scripts that a network offers by itself (WPAD) are not
    /// looked for: whoever is on the same network could offer one.
    fn configured() -> Option<String>;

    /// The proxies that `script` names for the address `target`: `host:port` or `http=host:port`, apart by
    /// semicolons or blanks, the best first; nothing for a direct connection.
    fn run(script: &str, target: &str) -> Result<Option<String>, String>;
}

/// The proxy that the script at this address names for `target`. Blocks.
pub(super) fn find(script: &Url, target: &http::Uri) -> Result<Option<HttpProxy>, ProxyFailure> {
    resolve(script.as_str(), target)
}

/// The proxy that the script of the user's settings names for `target`, where there is one. Blocks.
pub(super) fn of_system(target: &http::Uri) -> Result<Option<HttpProxy>, ProxyFailure> {
    let Some(script) = Platform::configured() else { return Ok(None) };
    resolve(&script, target)
}

fn resolve(script: &str, target: &http::Uri) -> Result<Option<HttpProxy>, ProxyFailure> {
    let failed = |text: String| ProxyFailure {
        problem: ProxyProblem::Script,
        reason: format!("the proxy configuration script {script}: {text}"),
        proxy: script.to_owned(),
        body: None,
    };
    let Some(list) = Platform::run(script, &target.to_string()).map_err(failed)? else { return Ok(None) };
    first(&list).map(Some).ok_or_else(|| failed(format!("it names no HTTP proxy: {list}")))
}

/// The first HTTP proxy of such a list.
fn first(list: &str) -> Option<HttpProxy> {
    list.split([';', ' ']).filter(|entry| !entry.is_empty()).find_map(|entry| {
        let address = match entry.split_once('=') {
            Some(("http" | "https", address)) => address,
            Some(_) => return None,
            None => entry,
        };
        let address = address.strip_prefix("http://").unwrap_or(address);
        format!("http://{address}").parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_http_proxy_of_a_list_is_taken() {
        for (list, expected) in [
            ("proxy1:8080;proxy2:80", Some("proxy1:8080")),
            ("socks=s:1080; https=proxy:3128", Some("proxy:3128")),
            ("http://proxy:1", Some("proxy:1")),
            ("", None),
            ("socks=s:1080", None),
        ] {
            assert_eq!(first(list).map(|proxy| proxy.address()).as_deref(), expected, "{list}");
        }
    }

    #[cfg(not(windows))]
    #[test]
    fn where_nothing_runs_scripts_it_says_so() {
        let script = Url::parse("http://wpad.example/proxy.pac").unwrap();
        let error = find(&script, &"https://relay.example:443/".parse().unwrap()).unwrap_err();
        assert_eq!(error.problem, ProxyProblem::Script);
        assert!(error.reason.contains("not available on this system"), "{}", error.reason);
    }
}
