//! What a person may hand on when they ask for help: shown first, and copied as it is shown. Nothing is sent anywhere.

use std::collections::BTreeMap;

use adit_contract::{
    AccountInfo, CloudKind, DiagnosticNames, InventoryState, KeychainState, Protocol, Scope, SessionInfo,
    SessionState, SettingState, SettingValue, TunnelInfo, TunnelState,
};

use crate::{
    app::App,
    file,
    log::{self, Redactor},
    settings,
};

/// Lines of the log that are shown.
const LINES: usize = 200;
/// The largest file that names the system, in bytes; it has some hundred.
const LARGEST_RELEASE: u64 = 64 * 1024;
/// Environment variables whose name is shown where they are set: they change what the app does. Their values stay here.
const VARIABLES: [&str; 30] = [
    "ADIT_HOME",
    "ADIT_CLOUD",
    "ADIT_KEYCHAIN",
    "ADIT_BROWSER",
    "ADIT_LOG",
    "ADIT_RELAY_URL",
    "ADIT_RELAY_CA",
    "ADIT_RELAY_ADDRESS",
    "ADIT_PROXY",
    "ADIT_CLIENT_CERTIFICATE",
    "ADIT_CLIENT_KEY",
    "ADIT_RDP_HOST",
    "ADIT_COMPUTE_URL",
    "ADIT_RESOURCE_MANAGER_URL",
    "ADIT_OS_LOGIN_URL",
    "ADIT_IAP_URL",
    "ADIT_IAM_URL",
    "ADIT_ACCESS_CONTEXT_URL",
    "ADIT_CLOUD_IDENTITY_URL",
    "ADIT_LOGGING_URL",
    "ADIT_TROUBLESHOOTER_URL",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "GDK_BACKEND",
    "WEBKIT_DISABLE_DMABUF_RENDERER",
    "WEBKIT_DISABLE_COMPOSITING_MODE",
];

impl App {
    /// What is worth knowing about this app and this computer, as text: versions, states, changed settings, the last lines
    /// of the log. `web_view` is the version of what draws the window. E-mail and network addresses are hidden, and
    /// what VMs, projects and people are called unless `names` are to be shown.
    pub async fn diagnostics(&self, web_view: &str, names: DiagnosticNames) -> String {
        let lines = tokio::task::spawn_blocking(|| log::last_lines(LINES)).await.unwrap_or_default();
        let snapshot = self.snapshot().await;
        let mut redactor = Redactor::new();
        match names {
            DiagnosticNames::Hidden => self.hide_names(&mut redactor, &snapshot.accounts),
            DiagnosticNames::Shown => {}
        }
        let changed = self.changed_settings();
        let head = [
            ("Adit", snapshot.version.clone()),
            ("System", system().await),
            ("Desktop", desktop()),
            ("Web view", web_view.to_owned()),
            ("Cloud", cloud(snapshot.cloud.kind).to_owned()),
            ("Keychain", keychain(snapshot.keychain).to_owned()),
            ("Accounts", accounts(&snapshot.accounts)),
            ("Inventory", inventory(&snapshot.inventory)),
            ("Sessions", counted(snapshot.sessions.iter().map(session))),
            ("Tunnels", counted(snapshot.tunnels.iter().map(tunnel))),
            ("Environment", environment()),
            ("Settings", if changed.is_empty() { "as they come".to_owned() } else { changed.join("\n") }),
        ];
        let mut text = String::new();
        for (label, value) in head {
            line(&mut text, label, &value);
        }
        text.push_str("\nLog, the last lines\n");
        if lines.is_empty() {
            text.push_str("(none)\n");
        }
        for line in lines {
            text.push_str(&line);
            text.push('\n');
        }
        redactor.text(&text)
    }

    fn hide_names(&self, redactor: &mut Redactor, accounts: &[AccountInfo]) {
        for name in ["USER", "USERNAME", "LOGNAME"].into_iter().filter_map(|name| std::env::var(name).ok()) {
            // It is everybody's, and a common word.
            if name != "root" {
                redactor.hide("user", &name);
            }
        }
        for account in accounts {
            redactor.hide("user", account.email.split('@').next().unwrap_or_default());
        }
        for (project, vms) in self.named() {
            redactor.hide("project", &project);
            for vm in vms {
                redactor.hide("vm", &vm);
            }
        }
    }

    /// The settings that somebody has set, with the values of those that can only be one of a few. Places are counted.
    fn changed_settings(&self) -> Vec<String> {
        let settings = self.settings();
        let mut places: BTreeMap<&'static str, BTreeMap<String, usize>> = BTreeMap::new();
        for place in settings.places() {
            let own = settings.states(&place).into_iter().filter(|state| is_set_at(state, &place));
            for state in own {
                *places.entry(kind_of(&place)).or_default().entry(shown(&state)).or_default() += 1;
            }
        }
        let line = |place: &str, (setting, count): (String, usize)| {
            if count == 1 {
                format!("{setting} ({place})")
            } else {
                format!("{setting} ({count} of {place})")
            }
        };
        places
            .into_iter()
            .flat_map(|(place, all)| all.into_iter().map(move |each| line(place, each)))
            .collect()
    }
}

fn line(text: &mut String, label: &str, value: &str) {
    let value = value.replace('\n', "\n             ");
    text.push_str(&format!("{label:<12} {value}\n"));
}

fn is_set_at(state: &SettingState, place: &Scope) -> bool {
    matches!(&state.origin, adit_contract::Origin::Scope { scope } if scope == place)
}

fn kind_of(place: &Scope) -> &'static str {
    match place {
        Scope::Everywhere => "everywhere",
        Scope::Project { .. } => "projects",
        Scope::Zone { .. } => "zones",
        Scope::Vm { .. } => "VMs",
        Scope::Profile { .. } => "profiles",
    }
}

/// A text or a list may name people, folders and networks: only that it is set is told.
fn shown(state: &SettingState) -> String {
    let choice = settings::specs()
        .into_iter()
        .any(|spec| spec.key == state.key && matches!(spec.kind, adit_contract::SettingKind::Choice { .. }));
    match &state.value {
        SettingValue::Toggle(_) | SettingValue::Number(_) => {
            format!("{} = {}", state.key, settings::shown(&state.value))
        }
        SettingValue::Text(text) if choice => format!("{} = {text}", state.key),
        SettingValue::Text(_) => format!("{} is set", state.key),
        SettingValue::List(lines) => format!("{} has {}", state.key, lines.len()),
    }
}

async fn system() -> String {
    let release =
        file::blocking(|| file::read_text_at_most("/etc/os-release".as_ref(), LARGEST_RELEASE)).await;
    let named = release.ok().and_then(|text| pretty_name(&text));
    let name = match named {
        Some(name) => name,
        None => {
            let device = adit_device::look().await;
            [Some(std::env::consts::OS.to_owned()), device.os_version.value]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" ")
        }
    };
    format!("{name}, {}", std::env::consts::ARCH)
}

/// <https://www.freedesktop.org/software/systemd/man/latest/os-release.html>
fn pretty_name(release: &str) -> Option<String> {
    let value = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    let name: String = value.trim_matches(['"', '\'']).chars().filter(|c| !c.is_control()).take(80).collect();
    (!name.is_empty()).then_some(name)
}

fn desktop() -> String {
    let said: Vec<String> = ["XDG_CURRENT_DESKTOP", "XDG_SESSION_TYPE"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .collect();
    if said.is_empty() { "not said".to_owned() } else { said.join(", ") }
}

fn environment() -> String {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let mut set: Vec<&str> = VARIABLES.into_iter().filter(|name| is_set(name)).collect();
    // There the case does not count: the same variable would stand here twice.
    if cfg!(windows) {
        set.retain(|name| !name.starts_with(|c: char| c.is_ascii_lowercase()));
    }
    if set.is_empty() { "nothing set".to_owned() } else { format!("{} set", set.join(", ")) }
}

fn cloud(kind: CloudKind) -> &'static str {
    match kind {
        CloudKind::Google => "Google's",
        CloudKind::Local => "a local one",
    }
}

fn keychain(state: KeychainState) -> &'static str {
    match state {
        KeychainState::Available => "in use",
        KeychainState::Locked => "locked",
        KeychainState::Absent => "none",
        KeychainState::TimedOut => "does not answer",
    }
}

fn accounts(accounts: &[AccountInfo]) -> String {
    counted(accounts.iter().map(|account| {
        let source = match account.source {
            adit_contract::AccountSource::Browser => "by browser",
            adit_contract::AccountSource::ApplicationDefault => "by gcloud's credentials",
        };
        match account.state {
            adit_contract::AccountState::Ready => source.to_owned(),
            adit_contract::AccountState::SignInNeeded => format!("{source}, has to sign in again"),
        }
    }))
}

fn inventory(inventory: &InventoryState) -> String {
    let mut said = format!(
        "{} projects, {} left out, {} VMs",
        inventory.projects, inventory.left_out, inventory.instances
    );
    if inventory.loading {
        said.push_str(", being listed");
    }
    if !inventory.problems.is_empty() {
        let problems = counted(inventory.problems.iter().map(|problem| format!("{:?}", problem.code)));
        said.push_str(&format!("\nnot listed: {problems}"));
    }
    said
}

fn session(session: &SessionInfo) -> String {
    let protocol = match session.protocol {
        Protocol::Ssh => "SSH",
        Protocol::Rdp => "RDP",
    };
    let state = match &session.state {
        SessionState::Connecting { step, .. } => format!("connecting ({step:?})"),
        SessionState::Asking { .. } => "asking".to_owned(),
        SessionState::Live => "live".to_owned(),
        SessionState::Resuming { .. } => "resuming".to_owned(),
        SessionState::Ended { .. } => "ended".to_owned(),
        SessionState::Failed { failure, .. } => format!("failed ({:?})", failure.code),
    };
    format!("{protocol} {state}")
}

fn tunnel(tunnel: &TunnelInfo) -> String {
    match &tunnel.state {
        TunnelState::Stopped => "stopped".to_owned(),
        TunnelState::Starting { .. } => "starting".to_owned(),
        TunnelState::Listening => "listening".to_owned(),
        TunnelState::Live => "live".to_owned(),
        TunnelState::Resuming { .. } => "resuming".to_owned(),
        TunnelState::SignInNeeded { .. } => "waiting for a sign-in".to_owned(),
        TunnelState::Failed { failure, .. } => format!("failed ({:?})", failure.code),
    }
}

/// What there is how often: `2 SSH live, 1 RDP failed (VmStopped)`.
fn counted(all: impl Iterator<Item = String>) -> String {
    let mut counts = BTreeMap::<String, usize>::new();
    for each in all {
        *counts.entry(each).or_default() += 1;
    }
    if counts.is_empty() {
        return "none".to_owned();
    }
    let each: Vec<String> = counts.into_iter().map(|(what, count)| format!("{count} {what}")).collect();
    each.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_name_is_short_and_plain() {
        let release = "NAME=\"Debian GNU/Linux\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n";
        assert_eq!(pretty_name(release).as_deref(), Some("Debian GNU/Linux 12 (bookworm)"));
        assert_eq!(pretty_name("PRETTY_NAME=\"\"\n"), None);
        assert_eq!(pretty_name(&format!("PRETTY_NAME={}", "x".repeat(500))).unwrap().len(), 80);
    }

    #[test]
    fn what_there_is_is_counted() {
        assert_eq!(counted(std::iter::empty()), "none");
        let all = ["SSH live", "RDP live", "SSH live"].map(str::to_owned);
        assert_eq!(counted(all.into_iter()), "1 RDP live, 2 SSH live");
    }

    #[test]
    fn a_text_or_a_list_is_only_said_to_be_set() {
        let state = |key: &str, value| SettingState {
            key: key.to_owned(),
            value,
            origin: adit_contract::Origin::Default,
            inherited: SettingValue::Toggle(false),
            inherited_origin: adit_contract::Origin::Default,
            locked: false,
            problem: None,
        };
        let secret = SettingValue::Text("ACME\\ana".to_owned());
        assert_eq!(shown(&state("rdp.user", secret)), "rdp.user is set");
        let folders = SettingValue::List(vec!["/home/ana".to_owned()]);
        assert_eq!(shown(&state("rdp.folders", folders)), "rdp.folders has 1");
        let theme = SettingValue::Text("dark".to_owned());
        assert_eq!(shown(&state("appearance.theme", theme)), "appearance.theme = dark");
    }
}
