//! `adit settings`: the same settings as the window's, from the same table.

use std::{cell::LazyCell, io::Write as _};

use adit_contract::{Failure, FailureCode, Origin, Scope, SettingState, SettingValue};
use adit_core::{
    Config,
    profiles::Profiles,
    settings::{Store, called, shown},
};
use serde_json::{Value, json};

use crate::{
    arguments::{SettingsArguments, SettingsCommand, SettingsPlace},
    ending::{Format, complain},
    target,
};

pub(crate) async fn run(arguments: SettingsArguments) -> Result<(), Failure> {
    let config = Config::from_environment().await?;
    let format = if arguments.json { Format::Json } else { Format::Words };
    // Files, and the lock that another process may hold.
    let done = tokio::task::spawn_blocking(move || act(&config, arguments.what, format)).await;
    done.map_err(|error| Failure::new(FailureCode::Internal, error.to_string(), ""))?
}

fn act(config: &Config, what: Option<SettingsCommand>, format: Format) -> Result<(), Failure> {
    let (store, trouble) = Store::open(config);
    if let Some(trouble) = trouble {
        // What holds in place of it can still be shown and put right.
        complain(&trouble, format);
    }
    // Read only where one is meant, or all places are.
    let profiles = LazyCell::new(|| {
        let profiles = Profiles::peek(config);
        if let Some(trouble) = profiles.trouble() {
            complain(&trouble, format);
        }
        profiles
    });
    let scope = |place: &SettingsPlace| match &place.profile {
        Some(named) => profiles.place(&profiles.find(named)?),
        None => scope(place),
    };
    match what.unwrap_or(SettingsCommand::List(SettingsPlace::default())) {
        SettingsCommand::List(place) => {
            let at = scope(&place)?;
            let states = match place.profile {
                Some(_) => profiles.setting_states(&store, &at)?,
                None => store.states(&at)?,
            };
            for state in states {
                print(&line(&state, &at, format));
            }
        }
        SettingsCommand::Places => {
            let places = store.current().places();
            let profiles = profiles.with_values().into_iter().map(|name| format!("profile {name}"));
            for place in places.iter().map(called).chain(profiles) {
                print(&match format {
                    Format::Words => place,
                    Format::Json => json!({ "place": place }).to_string(),
                });
            }
        }
        SettingsCommand::Get { key, place } => {
            let at = scope(&place)?;
            let state = match place.profile {
                Some(_) => profiles.setting_state(&store, &at, &key)?,
                None => store.state(&at, &key)?,
            };
            print(&match format {
                // A script takes a list line by line.
                Format::Words => match &state.value {
                    SettingValue::List(lines) => lines.join("\n"),
                    SettingValue::Toggle(_) | SettingValue::Number(_) | SettingValue::Text(_) => {
                        shown(&state.value)
                    }
                },
                Format::Json => line(&state, &at, format),
            });
        }
        SettingsCommand::Set { key, values, place } => {
            let at = scope(&place)?;
            match place.profile {
                Some(_) => profiles.set_words(&store, &at, &key, &values)?,
                None => store.set_words(&at, &key, &values)?,
            }
        }
        SettingsCommand::Reset { key, place } => {
            let at = scope(&place)?;
            match place.profile {
                Some(_) => profiles.set_value(&store, &at, &key, None)?,
                None => store.reset(&at, &key)?,
            }
        }
    }
    Ok(())
}

/// Everywhere, a project, a zone of it, or an instance.
fn scope(place: &SettingsPlace) -> Result<Scope, Failure> {
    let wrong = || {
        Failure::new(
            FailureCode::InvalidInput,
            "A zone needs its project",
            "Give --project too, or --instance PROJECT/ZONE/NAME.",
        )
    };
    Ok(match (&place.instance, &place.place.project, &place.place.zone) {
        (Some(instance), ..) => Scope::Vm { instance: target::instance(instance, &place.place)? },
        (None, Some(project), Some(zone)) => Scope::Zone { project: project.clone(), zone: zone.clone() },
        (None, Some(project), None) => Scope::Project { project: project.clone() },
        (None, None, Some(_)) => return Err(wrong()),
        (None, None, None) => Scope::Everywhere,
    })
}

fn print(text: &str) {
    // Whoever reads may have had enough, as `head` has.
    drop(writeln!(std::io::stdout().lock(), "{text}"));
}

fn line(state: &SettingState, at: &Scope, format: Format) -> String {
    let here = matches!(&state.origin, Origin::Scope { scope } if scope == at);
    match format {
        Format::Json => json!({
            "key": state.key,
            "value": state.value,
            "origin": origin(&state.origin),
            "changed": here,
            "inherited": state.inherited,
            "locked": state.locked,
            "problem": state.problem,
        })
        .to_string(),
        Format::Words => {
            let value = match shown(&state.value) {
                value if value.is_empty() => "-".to_owned(),
                value => value,
            };
            let from = match &state.origin {
                Origin::Default => String::new(),
                Origin::Policy if state.locked => "  (set by your organisation)".to_owned(),
                Origin::Policy => "  (your organisation's default)".to_owned(),
                Origin::Scope { .. } if here => "  (set here)".to_owned(),
                Origin::Scope { scope } => format!("  (from {})", called(scope)),
            };
            format!("{:<28} {value}{from}", state.key)
        }
    }
}

/// The stable form (docs/cli.md).
fn origin(origin: &Origin) -> Value {
    match origin {
        Origin::Default => json!("default"),
        Origin::Policy => json!("policy"),
        Origin::Scope { scope } => json!(called(scope)),
    }
}

#[cfg(test)]
mod tests {
    use adit_contract::{FailureCode, Origin, Scope, SettingState, SettingValue};
    use serde_json::json;

    use super::{line, scope};
    use crate::{
        arguments::{Place, SettingsPlace},
        ending::Format,
    };

    fn place(instance: Option<&str>, project: Option<&str>, zone: Option<&str>) -> SettingsPlace {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        SettingsPlace {
            instance: owned(instance),
            profile: None,
            place: Place { project: owned(project), zone: owned(zone) },
        }
    }

    #[test]
    fn a_place_is_as_narrow_as_it_is_named() {
        let project = || "p".to_owned();
        assert_eq!(scope(&place(None, None, None)), Ok(Scope::Everywhere));
        assert_eq!(scope(&place(None, Some("p"), None)), Ok(Scope::Project { project: project() }));
        let zone = Scope::Zone { project: project(), zone: "z".to_owned() };
        assert_eq!(scope(&place(None, Some("p"), Some("z"))), Ok(zone.clone()));
        let vm = scope(&place(Some("p/z/web-1"), None, None));
        assert_eq!(vm.as_ref().ok().and_then(Scope::parent), Some(zone));
        assert_eq!(scope(&place(Some("web-1"), Some("p"), Some("z"))), vm);
        for wrong in [place(None, None, Some("z")), place(Some("web-1"), Some("p"), None)] {
            assert_eq!(scope(&wrong).map_err(|failure| failure.code), Err(FailureCode::InvalidInput));
        }
    }

    #[test]
    fn a_line_says_where_the_value_comes_from() {
        let project = Scope::Project { project: "acme-prod".to_owned() };
        let state = SettingState {
            key: "rdp.port".to_owned(),
            value: SettingValue::Number(3390),
            origin: Origin::Scope { scope: project.clone() },
            inherited: SettingValue::Number(3389),
            inherited_origin: Origin::Default,
            locked: false,
            problem: None,
        };
        assert!(line(&state, &project, Format::Words).ends_with(" 3390  (set here)"));
        assert!(line(&state, &Scope::Everywhere, Format::Words).ends_with(" 3390  (from acme-prod)"));
        let json: serde_json::Value =
            serde_json::from_str(&line(&state, &project, Format::Json)).expect("JSON");
        assert_eq!(
            json,
            json!({
                "key": "rdp.port", "value": 3390, "origin": "acme-prod", "changed": true, "inherited": 3389,
                "locked": false, "problem": null,
            })
        );
        let fixed = SettingState { origin: Origin::Policy, locked: true, ..state };
        assert!(line(&fixed, &project, Format::Words).ends_with("(set by your organisation)"));
    }
}
