//! Another system user of the same machine gets no answer.

#![cfg(target_os = "linux")]

mod web;

use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use web::{Done, Web};

/// What a shell of a user gets from a port for one HTTP request.
fn ask(port: u16, user: Option<u32>) -> Done<String> {
    let script = format!(
        "exec 3<>/dev/tcp/127.0.0.1/{port} && printf 'GET / HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && cat <&3"
    );
    let mut command = Command::new("bash");
    command.args(["-c", &script]).current_dir("/").stdin(Stdio::null()).stderr(Stdio::null());
    if let Some(user) = user {
        command.uid(user).gid(user);
    }
    Ok(String::from_utf8_lossy(&command.output()?.stdout).into_owned())
}

fn port(url: &str) -> Done<u16> {
    Ok(url::Url::parse(url)?.port().ok_or("no port")?)
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_is_let_in() -> Done {
    let web = Web::demo().await?;
    let http = port(web.cloud.url())?;
    assert!(ask(http, None)?.starts_with("HTTP/1."));
    // SAFETY: geteuid takes nothing, touches no memory of ours and cannot fail.
    if unsafe { libc::geteuid() } != 0 {
        eprintln!("not run: only root can be somebody else");
        return Ok(());
    }
    const NOBODY: u32 = 65_534;
    assert_eq!(ask(http, Some(NOBODY))?, "");
    assert_eq!(ask(port(web.cloud.relay_url())?, Some(NOBODY))?, "");
    Ok(())
}
