//! `adit profiles`: the same profiles as the window's, from the same file.

use std::{collections::BTreeMap, io::Write as _, path::Path};

use adit_contract::{
    Failure, FailureCode, ProfileAction, ProfileImport, ProfileInfo, ProfileStart, ProfileTarget,
};
use adit_core::{Config, profiles::Profiles};
use serde_json::{Value, json};

use crate::{
    arguments::{ProfilesArguments, ProfilesCommand},
    ending::{Format, complain},
};

pub(crate) async fn run(arguments: ProfilesArguments) -> Result<(), Failure> {
    let config = Config::from_environment().await?;
    let format = if arguments.json { Format::Json } else { Format::Words };
    // Files, and the lock that another process may hold.
    let done = tokio::task::spawn_blocking(move || act(&config, arguments.what, format)).await;
    done.map_err(|error| Failure::new(FailureCode::Internal, error.to_string(), ""))?
}

fn act(config: &Config, what: Option<ProfilesCommand>, format: Format) -> Result<(), Failure> {
    let profiles = Profiles::peek(config);
    if let Some(trouble) = profiles.trouble() {
        // What could be read is shown all the same.
        complain(&trouble, format);
    }
    match what.unwrap_or(ProfilesCommand::List) {
        ProfilesCommand::List => {
            let all = profiles.list(BTreeMap::new()).profiles;
            if all.is_empty() && format == Format::Words {
                print("No profiles. Make one in the app, or with adit profiles import.");
            }
            for info in &all {
                print(&match format {
                    Format::Words => row(info),
                    Format::Json => line(info).to_string(),
                });
            }
        }
        ProfilesCommand::Import { file } => {
            let import = profiles.import(&file)?;
            print(&match format {
                Format::Words => imported(&import),
                Format::Json => json!(import).to_string(),
            });
        }
        ProfilesCommand::Export { file } if file == Path::new("-") => {
            let text = profiles.export_text(&[])?;
            let mut out = std::io::stdout().lock();
            // It may become somebody's only copy: half of one is none.
            out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| {
                Failure::new(FailureCode::File, "The profiles could not be written", "Write them to a file.")
                    .with_server("stdout", error.to_string())
            })?;
        }
        ProfilesCommand::Export { file } => profiles.export(&[], &file)?,
    }
    Ok(())
}

fn print(text: &str) {
    // Whoever reads may have had enough, as `head` has.
    drop(writeln!(std::io::stdout().lock(), "{text}"));
}

fn row(info: &ProfileInfo) -> String {
    let path = info.profile.folder.iter().chain([&info.profile.name]);
    let path = path.map(String::as_str).collect::<Vec<_>>().join("/");
    let problem = info.problem.as_ref().map(|problem| format!("  ({problem})")).unwrap_or_default();
    format!("{path:<32}  {:<8} {}{problem}", action(&info.profile.action), target(&info.profile.target))
}

/// The stable form (docs/cli.md).
fn line(info: &ProfileInfo) -> Value {
    let profile = &info.profile;
    let port = match &profile.action {
        ProfileAction::Ssh | ProfileAction::Rdp => None,
        ProfileAction::Forward { forward } => Some(forward.port),
    };
    json!({
        "id": info.id,
        "name": profile.name,
        "folder": profile.folder,
        "target": target(&profile.target),
        "action": action(&profile.action),
        "port": port,
        "account": profile.account,
        "atLogin": profile.start == ProfileStart::AtLogin,
        "problem": info.problem,
    })
}

fn action(action: &ProfileAction) -> &'static str {
    match action {
        ProfileAction::Ssh => "ssh",
        ProfileAction::Rdp => "rdp",
        ProfileAction::Forward { .. } => "forward",
    }
}

fn target(target: &ProfileTarget) -> String {
    match target {
        ProfileTarget::Instance { instance } => instance.to_string(),
        ProfileTarget::Search { text } => format!("search:{text}"),
        ProfileTarget::Host { project, group, host, .. } => format!("{project}/{group}/{host}"),
    }
}

fn imported(import: &ProfileImport) -> String {
    let count = match import.added {
        1 => "1 profile".to_owned(),
        count => format!("{count} profiles"),
    };
    let into = match import.folder.as_slice() {
        [] => String::new(),
        path => format!(" in {}", path.join("/")),
    };
    let first = format!("Added {count}{into}.");
    let runs =
        import.runs.iter().map(|line| format!("- starts a program once you save it in the app: {line}"));
    let notes = import.notes.iter().map(|note| format!("- {note}"));
    std::iter::once(first).chain(runs).chain(notes).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use adit_contract::{InstanceRef, Profile, ProfileState};

    use super::*;

    #[test]
    fn a_profile_is_a_line_with_its_folder_and_where_it_leads() {
        let instance =
            InstanceRef { project: "acme-prod".into(), zone: "europe-west1-b".into(), name: "web-1".into() };
        let info = ProfileInfo {
            id: "7".to_owned(),
            profile: Profile {
                name: "web".to_owned(),
                folder: vec!["Work".to_owned()],
                target: ProfileTarget::Instance { instance },
                action: ProfileAction::Ssh,
                account: None,
                settings: BTreeMap::new(),
                start: ProfileStart::ByHand,
                unconfirmed: None,
            },
            state: ProfileState::Idle,
            problem: None,
        };
        assert!(row(&info).starts_with("Work/web  "), "{}", row(&info));
        assert_eq!(
            line(&info),
            json!({
                "id": "7", "name": "web", "folder": ["Work"], "target": "acme-prod/europe-west1-b/web-1",
                "action": "ssh", "port": null, "account": null, "atLogin": false, "problem": null,
            })
        );
        let import = ProfileImport {
            added: 2,
            folder: vec!["a".to_owned()],
            runs: vec!["db: psql".to_owned()],
            notes: vec!["x".to_owned()],
        };
        let said = "Added 2 profiles in a.\n- starts a program once you save it in the app: db: psql\n- x";
        assert_eq!(imported(&import), said);
    }
}
