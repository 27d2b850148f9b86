//! `adit explain`: why the way is barred, or what would bar it.

mod case;
mod web;
mod words;

use std::{sync::Arc, time::Duration};

use adit_contract::{Explanation, Failure, FailureCode, TunnelTarget, Verdict};
use adit_core::{
    App,
    explain::{Asked, Case, Explainer},
};

use crate::{
    access,
    arguments::ExplainArguments,
    ending::{DENIED, DONE, FAILED, SIGN_IN, UNREACHABLE},
    target,
};

pub(crate) async fn run(arguments: ExplainArguments) -> Result<u8, Failure> {
    if let Some(file) = &arguments.case {
        let permission = match arguments.web {
            Some(_) => adit_access::Permission::Web,
            None => adit_access::Permission::Tunnel,
        };
        return case::run(file, permission, arguments.json).await.map(|()| DONE);
    }
    match &arguments.web {
        Some(url) => web::run(url, &arguments).await,
        None => port(&arguments).await,
    }
}

async fn port(arguments: &ExplainArguments) -> Result<u8, Failure> {
    let [instance, port] = arguments.words.as_slice() else {
        let title = "It takes an instance and a port";
        return Err(Failure::new(
            FailureCode::InvalidInput,
            title,
            "Such as: adit explain PROJECT/ZONE/NAME 22",
        ));
    };
    let target = TunnelTarget::Instance {
        instance: target::instance(instance, &arguments.place)?,
        interface: arguments.interface.clone(),
        port: target::port(port)?,
    };
    let account = access::account(&arguments.identity).await?;
    let public_address = App::settings_of(&account.config).public_address;
    let case = Case::beforehand(target, (account.id, account.access), public_address);
    let explanation = ask(case, Duration::from_secs(arguments.timeout)).await;
    words::print(&explanation, arguments.json)?;
    Ok(exit_code(&explanation))
}

/// The explanation when it is complete, or as it stands when the time is over.
async fn ask(case: Case, time: Duration) -> Explanation {
    let explainer = Explainer::default();
    let case = Arc::new(case);
    let mut last = explainer.first("cli", &case);
    let tell = |explanation| last = explanation;
    // Out of time: what was told last stands.
    let _ = tokio::time::timeout(time, explainer.explain("cli", case, Asked::First, 0, tell)).await;
    last
}

/// What a script is told (docs/cli.md).
fn exit_code(explanation: &Explanation) -> u8 {
    match explanation.verdict {
        Verdict::Allowed => DONE,
        Verdict::Checking | Verdict::Undecided | Verdict::UnknownError => FAILED,
        Verdict::NoGrant
        | Verdict::AccessLevelNotMet
        | Verdict::ConditionNotMet
        | Verdict::ConditionNeverTrue
        | Verdict::GroupMembership
        | Verdict::RoleUnreadable
        | Verdict::DenyPolicy
        | Verdict::PolicyConflict
        | Verdict::NotReadable
        | Verdict::AccessBinding
        | Verdict::VpcServiceControls
        | Verdict::SignInBlocked
        | Verdict::ApiDisabled
        | Verdict::QuotaProjectRejected
        | Verdict::PermissionDenied
        | Verdict::OrgRestriction => DENIED,
        Verdict::BackendUnreachable
        | Verdict::BackendClosed
        | Verdict::FirewallBlocked
        | Verdict::VmNotRunning
        | Verdict::TargetNotFound
        | Verdict::SessionLost
        | Verdict::HandshakeBlocked
        | Verdict::ProxyAuth => UNREACHABLE,
        Verdict::Reauth | Verdict::TokenRejected | Verdict::ScopeMissing => SIGN_IN,
    }
}
