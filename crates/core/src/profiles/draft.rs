//! A profile made from what there is: a session, a tunnel, a VM. Nothing is saved.

use std::collections::BTreeMap;

use adit_contract::{
    InstanceRef, LinkParameters, Profile, ProfileAction, ProfileForward, ProfileStart, ProfileTarget,
    Protocol, SessionInfo, TunnelSpec, TunnelTarget,
};

use super::check::LONGEST_NAME;
use crate::{settings, tunnels};

/// A VM and what is to be opened there.
pub(crate) fn from_vm(instance: InstanceRef, action: ProfileAction) -> Profile {
    Profile {
        name: name(&instance.name),
        folder: Vec::new(),
        target: ProfileTarget::Instance { instance },
        action,
        account: None,
        settings: BTreeMap::new(),
        start: ProfileStart::ByHand,
        unconfirmed: None,
    }
}

/// A session, with what its address said of it. `of` is the profile that it was started from.
pub(crate) fn from_session(session: &SessionInfo, linked: &LinkParameters, of: Option<Profile>) -> Profile {
    let action = match session.protocol {
        Protocol::Ssh => ProfileAction::Ssh,
        Protocol::Rdp => ProfileAction::Rdp,
    };
    let mut profile = from_vm(session.instance.clone(), action);
    if let Some(Profile { folder, account, settings, .. }) = of {
        (profile.folder, profile.account, profile.settings) = (folder, account, settings);
    }
    if let Some(given) = &session.name {
        profile.name = name(given);
    }
    match session.protocol {
        Protocol::Ssh => {}
        Protocol::Rdp => profile.settings.extend(settings::sound(linked)),
    }
    profile
}

/// A tunnel. `of` is the profile that it was started from.
pub(crate) fn from_tunnel(spec: TunnelSpec, of: Option<Profile>) -> Profile {
    let usual = format!("{}:{}", tunnels::called(&spec.target), tunnels::port(&spec.target));
    let (target, interface, port) = match spec.target {
        TunnelTarget::Instance { instance, interface, port } => {
            (ProfileTarget::Instance { instance }, interface, port)
        }
        TunnelTarget::Host { project, region, network, group, host, port } => {
            let target = ProfileTarget::Host { project, region, network, group, host };
            (target, String::new(), port)
        }
    };
    let forward = ProfileForward {
        interface,
        port,
        protocol: spec.protocol,
        http: spec.http,
        audience: spec.audience,
        place: spec.place,
        wait_for_vm: spec.wait_for_vm,
    };
    let (folder, account) = of.map(|of| (of.folder, of.account)).unwrap_or_default();
    Profile {
        name: if spec.name.trim().is_empty() { usual } else { name(&spec.name) },
        folder,
        target,
        action: ProfileAction::Forward { forward },
        account,
        settings: BTreeMap::new(),
        start: ProfileStart::ByHand,
        unconfirmed: None,
    }
}

/// A name as a profile may have it.
fn name(of: &str) -> String {
    let kept = of.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_NAME);
    kept.collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use adit_contract::SessionState;

    use super::*;
    use crate::{
        link,
        profiles::{
            check::{check, spec, target},
            tests::{forward, profile, session, vm},
        },
    };

    #[test]
    fn a_session_becomes_a_profile_with_what_its_address_said() {
        let offer = link::parse("adit://rdp/p/z/vm?user=ana&port=3390&display=fit&clipboard=off&sound=off");
        let linked = offer.unwrap().parameters;
        let mut open = session("1", None, SessionState::Live);
        assert_eq!(from_session(&open, &linked, None).settings, BTreeMap::new());
        open.protocol = Protocol::Rdp;
        open.name = Some("Books".to_owned());
        let made = from_session(&open, &linked, None);
        assert_eq!((made.name.as_str(), made.action.clone()), ("Books", ProfileAction::Rdp));
        assert_eq!(made.settings.len(), 5);
        assert_eq!(crate::settings::wrong_in_profile(&made.settings), []);
        assert_eq!(check(made.clone()), Ok(made));
    }

    #[test]
    fn a_tunnel_becomes_the_profile_that_would_start_it() {
        let ProfileAction::Forward { forward } = forward(5432) else { panic!("no forward") };
        let asked = spec(String::new(), target(vm("db-1"), &forward), &forward);
        let of = Profile { folder: vec!["DB".to_owned()], ..profile("of") };
        let made = from_tunnel(asked.clone(), Some(of));
        assert_eq!((made.name.as_str(), made.folder.as_slice()), ("db-1:5432", &["DB".to_owned()][..]));
        let again = super::super::plan(&made, |_| panic!("it has a VM")).unwrap();
        let wanted = TunnelSpec { name: "db-1:5432".to_owned(), ..asked };
        assert_eq!(again, super::super::Plan::Tunnel(Box::new(wanted)));
    }
}
