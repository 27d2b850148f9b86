//! A desktop that is shown: its pictures to the tab, what the person does to it, until one of them ends.

use adit_contract::SessionEnd;
use adit_rdp::Error;
use tokio::time::timeout;

use super::{
    super::attempt::{Failed, LAST_WORDS, Tab, TunnelEnd},
    files, locks,
    open::Connection,
    room,
};
use crate::{
    failure::{self, Farewell},
    stream::{Screen, Wish},
};

/// How a desktop that was shown went away.
pub(super) enum Left {
    /// On purpose.
    Ended(SessionEnd),
    /// The way to it was lost: it may come back.
    Lost(Failed),
    /// For good.
    Over(Failed),
}

/// Carries until the desktop has ended.
pub(super) async fn carry(tab: &Tab, connection: &mut Connection, screen: &Screen) -> Left {
    let Connection { session, watch, link, player } = connection;
    let (link, player) = (link.as_deref(), player.as_deref());
    let control = session.control.clone();
    let pictures = async {
        loop {
            screen.wanted().await;
            match session.pictures.next().await {
                Ok(message) => screen.put(message),
                // Why is asked for elsewhere.
                Err(_) => return,
            }
        }
    };
    let wishes = async {
        while let Some(wish) = screen.wish().await {
            let done = match wish {
                Wish::Show(visibility) => control.show(visibility).await,
                Wish::Size(size) => {
                    let size = room(size);
                    tab.session.held(|held| held.size = size);
                    control.resize(size).await
                }
                Wish::Redraw => control.redraw().await,
                Wish::Keyboard => {
                    if let Some(link) = link
                        && screen.has_keyboard()
                    {
                        link.got_keyboard().await;
                    }
                    Ok(())
                }
                Wish::Input(input) => {
                    tab.session.held(|held| held.locks = locks::after(held.locks, &input));
                    control.input(input).await
                }
            };
            if done.is_err() {
                return;
            }
        }
    };
    // Beside the wishes, which wait while the server does not read.
    let losses = async {
        if let Some(link) = link {
            loop {
                screen.keyboard_lost().await;
                if !screen.has_keyboard() {
                    link.lost_keyboard();
                }
            }
        }
    };
    let clipboard = async {
        if let Some(link) = link {
            link.run(&control, |news| files::tell(tab, news)).await;
        }
    };
    let sound = async {
        if let Some(player) = player {
            player.run(|text| tab.limited(text)).await;
        }
    };
    // Never dropped before the end: a picture that was given must not be lost.
    let work = async {
        tokio::join!(pictures, wishes, losses, clipboard, sound);
        // The desktop's own end says more.
        std::future::pending::<()>().await;
    };
    tokio::pin!(work);
    let mut tunnel_end = None;
    let error = loop {
        tokio::select! {
            error = control.ended() => break error,
            () = &mut work => {}
            event = watch.next(), if tunnel_end.is_none() => tunnel_end = tab.tunnel(event),
        }
    };
    if let Error::Disconnected(_) | Error::TimedOut(_) = error {
        let last_words = async {
            while tunnel_end.is_none() {
                tunnel_end = tab.tunnel(watch.next().await);
            }
        };
        // Without an answer in time it is an end without a word.
        let _ = timeout(LAST_WORDS, last_words).await;
    }
    left(tab, &error, tunnel_end)
}

fn left(tab: &Tab, error: &Error, tunnel: Option<TunnelEnd>) -> Left {
    let instance = &tab.session.instance;
    match (error, tunnel) {
        (Error::Disconnected(_) | Error::TimedOut(_), Some(TunnelEnd::Lost(failure))) => {
            let failed = Failed::from(tab.lost(&failure));
            if super::is_passing(failed.failure.code) { Left::Lost(failed) } else { Left::Over(failed) }
        }
        (Error::Ended(_), _) => match failure::farewell(error, instance) {
            Farewell::Said(text) => Left::Ended(SessionEnd::Said { text }),
            Farewell::Broken(failure) => Left::Lost(failure.into()),
            Farewell::Refused(failure) => Left::Over(failure.into()),
        },
        (Error::Disconnected(_) | Error::TimedOut(_) | Error::Protocol { .. }, _) => {
            Left::Lost(failure::rdp(error, instance).into())
        }
        (
            Error::CertificateUnknown(_)
            | Error::CertificateChanged { .. }
            | Error::NoTls
            | Error::NoNla
            | Error::PinNeeded(_)
            | Error::Negotiation(_)
            | Error::Tls(_)
            | Error::SignIn(_)
            | Error::Redirected
            | Error::Crashed
            | Error::Closed,
            _,
        ) => Left::Over(failure::rdp(error, instance).into()),
    }
}
