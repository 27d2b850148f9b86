//! Who needs the person, and whether something is on its way: what the icon and its tip say.

use adit_contract::{AccountState, ProfileState, SessionInfo, SessionState, TunnelState};

use super::{Shown, short, tunnel_name};
use crate::{notice::tunnel_says, words::tray as words};

/// Whether it was lost, which a person who does not see the window has to learn.
pub(super) fn was_lost(session: &SessionInfo) -> bool {
    matches!(session.state, SessionState::Failed { was_live: true, .. })
}

/// What waits for the person, in words; what only they can answer comes first.
pub(super) fn needs(shown: &Shown<'_>) -> Vec<String> {
    let accounts = shown.accounts.iter().filter(|account| account.state == AccountState::SignInNeeded);
    let mut needs: Vec<String> =
        accounts.map(|account| words::needs_sign_in_as(&short(&account.email))).collect();
    for session in shown.sessions {
        let name = short(session.name.as_ref().unwrap_or(&session.instance.name));
        if matches!(session.state, SessionState::Asking { .. }) {
            needs.push(words::needs_answer(&name));
        } else if was_lost(session) {
            needs.push(words::lost(&name));
        }
    }
    for tunnel in shown.tunnels {
        match tunnel.state {
            TunnelState::Failed { .. } => needs.push(words::tunnel_has_failed(&tunnel_name(tunnel))),
            // One sign-in is enough, and is named already where the account is known.
            TunnelState::SignInNeeded { .. } if needs.is_empty() => {
                needs.push(words::NEEDS_SIGN_IN.to_owned())
            }
            TunnelState::SignInNeeded { .. }
            | TunnelState::Stopped
            | TunnelState::Starting { .. }
            | TunnelState::Listening
            | TunnelState::Live
            | TunnelState::Resuming { .. } => {}
        }
    }
    for info in shown.profiles {
        // Whoever started one by hand has seen that it failed. Of one that has opened something that is told already.
        if let ProfileState::Failed { .. } = info.state
            && shown.unseen.contains(&info.id)
            && !shown
                .sessions
                .iter()
                .any(|session| session.profile.as_ref() == Some(&info.id) && was_lost(session))
            && !tunnel_says(info, shown.tunnels)
        {
            needs.push(words::profile_has_failed(&short(&info.profile.name)));
        }
    }
    needs
}

/// What the tip says of them; `None` where there are none.
pub(super) fn tip(needs: &[String]) -> Option<String> {
    needs.split_first().map(|(first, more)| words::needs_you(first, more.len()))
}

/// Whether something is being connected or resumed.
pub(super) fn is_busy(shown: &Shown<'_>) -> bool {
    shown.sessions.iter().any(|session| {
        matches!(session.state, SessionState::Connecting { .. } | SessionState::Resuming { .. })
    }) || shown
        .tunnels
        .iter()
        .any(|tunnel| matches!(tunnel.state, TunnelState::Starting { .. } | TunnelState::Resuming { .. }))
}
