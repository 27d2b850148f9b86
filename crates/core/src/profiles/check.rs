//! What a profile may be, and what keeps one from being started.

use adit_contract::{
    Failure, InstanceRef, Profile, ProfileAction, ProfileForward, ProfileTarget, TunnelAudience, TunnelSpec,
    TunnelTarget,
};

use crate::{link, settings, tunnels, words::profiles as words};

/// The most folders that are one within the other.
pub(super) const DEEPEST: usize = 8;
/// The longest name of a profile, in characters: as long as that of a tab.
pub(super) const LONGEST_NAME: usize = 80;
/// The longest name of a folder, in characters.
pub(super) const LONGEST_FOLDER: usize = 60;
/// The longest search, in bytes.
const LONGEST_SEARCH: usize = 256;
/// The longest e-mail address, in bytes.
const LONGEST_ADDRESS: usize = 254;
/// The most values of a profile's own, and the most characters that all of them may have.
const MOST_VALUES: usize = 64;
const LONGEST_VALUES: usize = 64 * 1024;

/// A profile as it is kept, without the space around its names.
///
/// # Errors
/// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput), which says what no profile may have.
pub(super) fn check(mut profile: Profile) -> Result<Profile, Failure> {
    profile.name = name(&profile.name, LONGEST_NAME).ok_or_else(|| words::needs_name(LONGEST_NAME))?;
    profile.folder = folder(&profile.folder)?;
    check_target(&profile.target)?;
    match &profile.action {
        ProfileAction::Ssh | ProfileAction::Rdp => {
            if matches!(profile.target, ProfileTarget::Host { .. }) {
                return Err(words::host_takes_forward_only());
            }
        }
        ProfileAction::Forward { forward } => check_forward(&profile, forward)?,
    }
    profile.account = match profile.account.as_deref().map(str::trim) {
        None | Some("") => None,
        Some(address) if is_address(address) => Some(address.to_owned()),
        Some(_) => return Err(words::no_email()),
    };
    // There is nothing to agree to without a program.
    profile.unconfirmed =
        profile.unconfirmed.filter(|_| !program(&profile).is_empty()).filter(|doubt| *doubt);
    let size: usize = serde_json::to_string(&profile.settings).map_or(usize::MAX, |text| text.len());
    if profile.settings.len() > MOST_VALUES || size > LONGEST_VALUES {
        return Err(words::too_many_settings());
    }
    Ok(profile)
}

/// The names of a folder, without the space around them.
///
/// # Errors
/// [`FailureCode::InvalidInput`](adit_contract::FailureCode::InvalidInput) for one that is too deep, and for what is no
/// name.
pub(super) fn folder(path: &[String]) -> Result<Vec<String>, Failure> {
    if path.len() > DEEPEST {
        return Err(words::folder_too_deep(DEEPEST));
    }
    let names = path.iter().map(|part| name(part, LONGEST_FOLDER));
    let names: Option<Vec<String>> = names.collect();
    names.ok_or_else(|| words::folder_needs_name(LONGEST_FOLDER))
}

fn name(text: &str, longest: usize) -> Option<String> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= longest && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}

fn is_address(text: &str) -> bool {
    text.len() <= LONGEST_ADDRESS
        && text.split_once('@').is_some_and(|(who, place)| !who.is_empty() && !place.is_empty())
        && !text.chars().any(|c| c.is_control() || c.is_whitespace())
}

fn check_target(target: &ProfileTarget) -> Result<(), Failure> {
    match target {
        ProfileTarget::Instance { instance } => {
            if link::instance(&instance.to_string()).as_ref() == Some(instance) {
                Ok(())
            } else {
                Err(words::no_vm())
            }
        }
        ProfileTarget::Search { text } => {
            if text.len() <= LONGEST_SEARCH && !text.chars().any(char::is_control) {
                Ok(())
            } else {
                Err(words::search_too_long(LONGEST_SEARCH))
            }
        }
        // Its parts are those of a tunnel, and checked with it.
        ProfileTarget::Host { .. } => Ok(()),
    }
}

fn check_forward(profile: &Profile, forward: &ProfileForward) -> Result<(), Failure> {
    let target = match &profile.target {
        ProfileTarget::Instance { instance } => target(instance.clone(), forward),
        ProfileTarget::Search { .. } => {
            let any = InstanceRef { project: "p".into(), zone: "z".into(), name: "vm".into() };
            target(any, forward)
        }
        host @ ProfileTarget::Host { .. } => {
            host_target(host, forward.port).ok_or_else(words::target_incomplete)?
        }
    };
    tunnels::check(&spec(profile.name.clone(), target, forward))
}

/// The end of a forward on a VM.
pub(super) fn target(instance: InstanceRef, forward: &ProfileForward) -> TunnelTarget {
    TunnelTarget::Instance { instance, interface: forward.interface.clone(), port: forward.port }
}

/// The end of a forward on a host; none for a VM.
pub(super) fn host_target(target: &ProfileTarget, port: u16) -> Option<TunnelTarget> {
    match target.clone() {
        ProfileTarget::Host { project, region, network, group, host } => {
            Some(TunnelTarget::Host { project, region, network, group, host, port })
        }
        ProfileTarget::Instance { .. } | ProfileTarget::Search { .. } => None,
    }
}

/// The tunnel of a forward.
pub(super) fn spec(name: String, target: TunnelTarget, forward: &ProfileForward) -> TunnelSpec {
    TunnelSpec {
        name,
        target,
        protocol: forward.protocol,
        http: forward.http,
        audience: forward.audience.clone(),
        place: forward.place.clone(),
        wait_for_vm: forward.wait_for_vm,
    }
}

/// The program that a profile starts, with its arguments; empty where it starts none.
pub(super) fn program(profile: &Profile) -> &[String] {
    match &profile.action {
        ProfileAction::Forward { forward } => match &forward.audience {
            TunnelAudience::Launched { command } => command,
            TunnelAudience::User | TunnelAudience::Programs { .. } | TunnelAudience::Everyone => &[],
        },
        ProfileAction::Ssh | ProfileAction::Rdp => &[],
    }
}

/// A command as a line that can be read without doubt: words are told apart, and nothing in it is hidden or cut off.
pub(super) fn command_line(words: &[String]) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./\\:=@%+,{}".contains(c);
    let word = |word: &String| {
        if !word.is_empty() && word.chars().all(plain) {
            return word.clone();
        }
        let odd = |c: char| c.is_control() || is_turning(c) || (c.is_whitespace() && c != ' ') || c == '"';
        let letter = |c: char| if odd(c) { c.escape_default().to_string() } else { c.to_string() };
        format!("\"{}\"", word.chars().map(letter).collect::<String>())
    };
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// Whether a character turns the direction of writing around, or has no width: it makes a text look like another.
pub(super) fn is_turning(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The first name between percent signs, as Windows has them for variables.
pub(super) fn variable(text: &str) -> Option<&str> {
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '(' | ')'))
    };
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('%') {
        match after.split_once('%') {
            Some((name, _)) if is_name(name) => return Some(name),
            Some(_) | None => rest = after,
        }
    }
    None
}

/// What is to be done about the path of a program that is none yet, as in files of IAP Desktop.
pub(super) fn needs_path(program: &str) -> Option<String> {
    if let Some(name) = variable(program) {
        return Some(words::variable_in_path(name));
    }
    program.contains('*').then(|| words::STAR_IN_PATH.to_owned())
}

/// What keeps a profile from being started as it stands.
pub(super) fn hindrance(profile: &Profile) -> Option<String> {
    let command = program(profile);
    // First of all: whoever mends what else is wrong, and saves that, has read this.
    if profile.unconfirmed == Some(true) && !command.is_empty() {
        return Some(words::unconfirmed(&command_line(command)));
    }
    if let ProfileTarget::Search { text } = &profile.target
        && text.trim().is_empty()
    {
        return Some(words::CHOOSE_VM.to_owned());
    }
    if let Some(why) = command.first().and_then(|program| needs_path(program)) {
        return Some(why);
    }
    // From programs of IAP Desktop, which fills in a name there.
    if command.iter().any(|word| word.contains("{username}") || word.contains("{user}")) {
        return Some(words::NAME_OF_USER.to_owned());
    }
    None
}

/// What is wrong with a profile: what keeps it from being started, or what of it does not count.
pub(super) fn problem(profile: &Profile) -> Option<String> {
    if let Some(hindrance) = hindrance(profile) {
        return Some(hindrance);
    }
    let wrong = settings::wrong_in_profile(&profile.settings);
    let (key, why) = wrong.first()?;
    Some(words::settings_without_effect(wrong.len(), key, why))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use adit_contract::{FailureCode, ProfileStart, SettingValue, TunnelPlace};

    use super::*;
    use crate::profiles::tests::{forward, host, profile};

    fn code(profile: Profile) -> Option<FailureCode> {
        check(profile).err().map(|failure| failure.code)
    }

    #[test]
    fn names_are_lines_within_bounds_and_lose_the_space_around_them() {
        let kept = check(Profile {
            folder: vec![" Work ".to_owned()],
            account: Some("  ".to_owned()),
            ..profile("  web ")
        });
        let kept = kept.unwrap();
        assert_eq!((kept.name.as_str(), kept.folder[0].as_str(), kept.account), ("web", "Work", None));
        for wrong in ["", "  ", "a\nb", &"x".repeat(81)] {
            assert_eq!(code(profile(wrong)), Some(FailureCode::InvalidInput), "{wrong:?}");
            let inside = Profile { folder: vec![wrong.to_owned()], ..profile("web") };
            assert_eq!(code(inside), Some(FailureCode::InvalidInput), "{wrong:?}");
        }
        let deep = |levels| Profile { folder: vec!["f".to_owned(); levels], ..profile("web") };
        assert_eq!(code(deep(DEEPEST)), None);
        assert_eq!(code(deep(DEEPEST + 1)), Some(FailureCode::InvalidInput));
    }

    #[test]
    fn a_host_takes_a_forward_and_no_session() {
        assert_eq!(code(Profile { target: host(), action: forward(22), ..profile("h") }), None);
        assert_eq!(code(Profile { target: host(), ..profile("h") }), Some(FailureCode::InvalidInput));
        let ProfileTarget::Host { project, region, network, group, .. } = host() else { panic!("no host") };
        let empty = ProfileTarget::Host { project, region, network, group, host: String::new() };
        let empty = Profile { target: empty, action: forward(22), ..profile("h") };
        assert_eq!(code(empty), Some(FailureCode::InvalidInput));
    }

    #[test]
    fn what_no_tunnel_can_be_made_of_is_no_forward() {
        assert_eq!(code(Profile { action: forward(0), ..profile("f") }), Some(FailureCode::InvalidInput));
        let ProfileAction::Forward { forward: mut odd } = forward(22) else { panic!("no forward") };
        odd.place = TunnelPlace::Port { port: 0 };
        let odd = Profile { action: ProfileAction::Forward { forward: odd }, ..profile("f") };
        assert_eq!(code(odd), Some(FailureCode::InvalidInput));
    }

    #[test]
    fn targets_accounts_and_values_are_bounded() {
        let at = |target| Profile { target, ..profile("web") };
        let vm = InstanceRef { project: "p".into(), zone: "z".into(), name: "no/vm".into() };
        let long = "w".repeat(257);
        for wrong in [
            at(ProfileTarget::Instance { instance: vm }),
            at(ProfileTarget::Search { text: long }),
            Profile { account: Some("ana".to_owned()), ..profile("web") },
            Profile {
                settings: (0..65).map(|n| (n.to_string(), SettingValue::Toggle(true))).collect(),
                ..profile("web")
            },
            Profile {
                settings: BTreeMap::from([("k".to_owned(), SettingValue::Text("x".repeat(70_000)))]),
                ..profile("web")
            },
        ] {
            assert_eq!(code(wrong), Some(FailureCode::InvalidInput));
        }
        let chosen_later = at(ProfileTarget::Search { text: String::new() });
        assert_eq!(code(chosen_later.clone()), None);
        assert!(problem(&chosen_later).unwrap().contains("VM"));
    }

    #[test]
    fn a_program_from_a_file_is_agreed_to_by_its_whole_line() {
        let command = ["sh", "-c", "curl x | sh", "a\u{202e}b\n\""].map(str::to_owned).to_vec();
        let ProfileAction::Forward { forward: mut asked } = forward(22) else { panic!("no forward") };
        asked.audience = TunnelAudience::Launched { command };
        let foreign = Profile {
            action: ProfileAction::Forward { forward: asked },
            unconfirmed: Some(true),
            ..profile("sh")
        };
        let foreign = check(foreign).unwrap();
        let asked = hindrance(&foreign).unwrap();
        assert!(asked.contains(r#"sh -c "curl x | sh" "a\u{202e}b\n\"""#), "{asked}");
        assert_eq!(hindrance(&Profile { unconfirmed: None, ..foreign }), None);
        let nothing = Profile { unconfirmed: Some(true), ..profile("web") };
        assert_eq!(check(nothing).unwrap().unconfirmed, None);
    }

    #[test]
    fn settings_that_do_not_count_are_named_and_hinder_nothing() {
        let with = |key: &str, value| Profile {
            settings: BTreeMap::from([(key.to_owned(), value)]),
            start: ProfileStart::AtLogin,
            ..profile("web")
        };
        assert_eq!(problem(&with("rdp.port", SettingValue::Number(3390))), None);
        for (key, value) in [
            ("rdp.port", SettingValue::Toggle(true)),
            ("future.key", SettingValue::Toggle(true)),
            ("terminal.fontSize", SettingValue::Number(20)),
        ] {
            let wrong = with(key, value);
            assert!(problem(&wrong).unwrap().contains(key), "{key}");
            assert_eq!(hindrance(&wrong), None);
        }
    }
}
