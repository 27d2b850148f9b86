//! What a command is aimed at, from its words.

use adit_contract::{Failure, FailureCode, InstanceRef, TunnelTarget};

use crate::arguments::{Place, TargetArguments};

fn wrong(title: impl Into<String>, advice: &str) -> Failure {
    Failure::new(FailureCode::InvalidInput, title, advice)
}

/// An instance from `NAME` with --project and --zone, or from `PROJECT/ZONE/NAME`.
pub(crate) fn instance(word: &str, place: &Place) -> Result<InstanceRef, Failure> {
    const ADVICE: &str = "Name it as PROJECT/ZONE/NAME, or give --project and --zone.";
    let parts: Vec<&str> = word.split('/').collect();
    let (project, zone, name) = match (parts.as_slice(), &place.project, &place.zone) {
        ([project, zone, name], given_project, given_zone) => {
            if given_project.as_deref().is_some_and(|given| given != *project)
                || given_zone.as_deref().is_some_and(|given| given != *zone)
            {
                return Err(wrong(
                    format!("{word} is in another project or zone than the one given"),
                    ADVICE,
                ));
            }
            ((*project).to_owned(), (*zone).to_owned(), (*name).to_owned())
        }
        ([name], Some(project), Some(zone)) => (project.clone(), zone.clone(), (*name).to_owned()),
        _ => return Err(wrong(format!("`{word}` does not say which instance is meant"), ADVICE)),
    };
    if [&project, &zone, &name].iter().any(|part| part.is_empty()) {
        return Err(wrong(format!("`{word}` does not say which instance is meant"), ADVICE));
    }
    Ok(InstanceRef { project, zone, name })
}

/// A TCP port.
pub(crate) fn port(word: &str) -> Result<u16, Failure> {
    let port = word.parse::<u16>().ok().filter(|port| *port > 0);
    port.ok_or_else(|| wrong(format!("`{word}` is not a port"), "A port is a number from 1 to 65535."))
}

/// A port of an instance, or of a host behind a destination group.
pub(crate) fn target(arguments: &TargetArguments) -> Result<TunnelTarget, Failure> {
    let (instance_word, port_word) = match (arguments.words.as_slice(), &arguments.host) {
        ([port], Some(_)) => (None, port),
        ([instance, port], None) => (Some(instance), port),
        ([_], None) => return Err(wrong("the port is missing", "Give the instance and its port.")),
        _ => return Err(wrong("too many words", "With --host, give only the port.")),
    };
    let port = port(port_word)?;
    if let Some(word) = instance_word {
        let instance = instance(word, &arguments.place)?;
        return Ok(TunnelTarget::Instance { instance, interface: arguments.interface.clone(), port });
    }
    let missing = |option: &str| {
        wrong(format!("--{option} is missing"), "A host needs --project, --region, --network and --group.")
    };
    Ok(TunnelTarget::Host {
        project: arguments.place.project.clone().ok_or_else(|| missing("project"))?,
        region: arguments.region.clone().ok_or_else(|| missing("region"))?,
        network: arguments.network.clone().ok_or_else(|| missing("network"))?,
        group: arguments.group.clone().ok_or_else(|| missing("group"))?,
        host: arguments.host.clone().ok_or_else(|| missing("host"))?,
        port,
    })
}

#[cfg(test)]
mod tests {
    use adit_contract::FailureCode;

    use super::{Place, instance};

    fn place(project: Option<&str>, zone: Option<&str>) -> Place {
        Place { project: project.map(str::to_owned), zone: zone.map(str::to_owned) }
    }

    #[test]
    fn an_instance_is_named_in_full_or_by_options() {
        let full = instance("p/z/web-1", &place(None, None)).expect("a full name");
        let short = instance("web-1", &place(Some("p"), Some("z"))).expect("a name with options");
        assert_eq!(full, short);
    }

    #[test]
    fn half_a_name_is_wrong_usage() {
        for (word, project, zone) in [
            ("web-1", None, Some("z")),
            ("z/web-1", Some("p"), None),
            ("p//web-1", None, None),
            ("p/z/w", Some("q"), None),
        ] {
            let failure = instance(word, &place(project, zone)).expect_err(word);
            assert_eq!(failure.code, FailureCode::InvalidInput, "{word}");
        }
    }
}
