//! Windows runs scripts in WinHTTP.

use std::ptr::null;

use windows_sys::Win32::Foundation::GlobalFree;
use windows_sys::Win32::Networking::WinHttp::{
    WINHTTP_ACCESS_TYPE_NO_PROXY, WINHTTP_AUTOPROXY_CONFIG_URL, WINHTTP_AUTOPROXY_OPTIONS,
    WINHTTP_CURRENT_USER_IE_PROXY_CONFIG, WINHTTP_PROXY_INFO, WinHttpCloseHandle,
    WinHttpGetIEProxyConfigForCurrentUser, WinHttpGetProxyForUrl, WinHttpOpen,
};

use super::Scripts;

/// Longest text that is read from WinHTTP, in UTF-16 units.
const LONGEST: usize = 64 * 1024;

pub(super) struct WinHttp;

impl Scripts for WinHttp {
    fn configured() -> Option<String> {
        let mut config = WINHTTP_CURRENT_USER_IE_PROXY_CONFIG::default();
        // SAFETY: the structure is ours and writable; on success its strings are ours to free.
        if unsafe { WinHttpGetIEProxyConfigForCurrentUser(&raw mut config) } == 0 {
            return None;
        }
        let script = take(config.lpszAutoConfigUrl);
        take(config.lpszProxy);
        take(config.lpszProxyBypass);
        script
    }

    fn run(script: &str, target: &str) -> Result<Option<String>, String> {
        let session = Session::open()?;
        let (script, target) = (wide(script), wide(target));
        let mut options = WINHTTP_AUTOPROXY_OPTIONS {
            dwFlags: WINHTTP_AUTOPROXY_CONFIG_URL,
            lpszAutoConfigUrl: script.as_ptr(),
            ..Default::default()
        };
        let mut info = WINHTTP_PROXY_INFO::default();
        // SAFETY: the session is open, both texts end with a zero and outlive the call, and both structures are
        // ours and writable; on success the strings of the second are ours to free.
        let found =
            unsafe { WinHttpGetProxyForUrl(session.0, target.as_ptr(), &raw mut options, &raw mut info) };
        if found == 0 {
            return Err(std::io::Error::last_os_error().to_string());
        }
        let proxies = take(info.lpszProxy);
        take(info.lpszProxyBypass);
        Ok(proxies.filter(|_| info.dwAccessType != WINHTTP_ACCESS_TYPE_NO_PROXY))
    }
}

/// A WinHTTP session, closed when dropped.
struct Session(*mut core::ffi::c_void);

impl Session {
    fn open() -> Result<Self, String> {
        // SAFETY: each text may be absent, and the access type says that there is no proxy.
        let handle = unsafe { WinHttpOpen(null(), WINHTTP_ACCESS_TYPE_NO_PROXY, null(), null(), 0) };
        if handle.is_null() { Err(std::io::Error::last_os_error().to_string()) } else { Ok(Self(handle)) }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: the handle is open and used by nobody else.
        unsafe { WinHttpCloseHandle(self.0) };
    }
}

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// The text at `start`, which is freed; nothing where there is none or it is empty.
fn take(start: *mut u16) -> Option<String> {
    if start.is_null() {
        return None;
    }
    let mut units = Vec::new();
    for place in 0..LONGEST {
        // SAFETY: WinHTTP's texts end with a zero, and nothing beyond it is read.
        let unit = unsafe { start.add(place).read() };
        if unit == 0 {
            break;
        }
        units.push(unit);
    }
    // SAFETY: WinHTTP allocated it with GlobalAlloc for its caller to free, and it is used no more.
    unsafe { GlobalFree(start.cast()) };
    (!units.is_empty()).then(|| String::from_utf16_lossy(&units))
}
