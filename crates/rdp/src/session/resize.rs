//! Another size of the desktop: asked of the server once the wish has settled, and taken over without losing what the
//! server sends meanwhile.

use std::time::Duration;

use ironrdp_connector::{Sequence as _, connection_activation::ConnectionActivationState};
use ironrdp_core::WriteBuf;
use tokio::time::{Instant, timeout};

use super::active::{Active, Support, broken};
use crate::{
    connect::lost,
    display::{self, Size},
    ended::ended,
    error::{Error, Stage},
    message::State,
    picture::Painter,
    sequence::{Fate, Parked, Phase, fate},
};

/// How long a wish has to stay the last one.
pub(super) const SETTLED: Duration = Duration::from_millis(250);
/// How long the channel for it may take to open.
const OPENING: Duration = Duration::from_secs(2);
/// How often it is looked whether it has.
const LOOK: Duration = Duration::from_millis(100);
/// How long the server may take to begin, and then to finish.
const LIMIT: Duration = Duration::from_secs(5);

/// A wish for another size.
#[derive(Debug, Default)]
pub(super) enum Resizing {
    /// None.
    #[default]
    Idle,
    /// To be asked for at a time; given up for want of a channel at another.
    Wished { size: Size, at: Instant, give_up: Instant },
    /// Asked for; the server should have begun by then.
    Asked { limit: Instant },
}

impl Resizing {
    /// The size is wished for from now on.
    pub(super) fn wish(&mut self, size: Size) {
        let at = Instant::now() + SETTLED;
        *self = Self::Wished { size: size.clamped(), at, give_up: at + OPENING };
    }

    /// The server has done it.
    pub(super) fn done(&mut self) {
        if matches!(self, Self::Asked { .. }) {
            *self = Self::Idle;
        }
    }

    /// When there is something to do.
    pub(super) fn next(&self) -> Option<Instant> {
        match self {
            Self::Idle => None,
            Self::Wished { at, .. } => Some(*at),
            Self::Asked { limit } => Some(*limit),
        }
    }

    /// Does it.
    pub(super) fn due(&mut self, active: &mut Active) -> Result<(), Error> {
        match *self {
            Self::Wished { size, give_up, .. } => self.ask(active, size, give_up),
            Self::Idle => Ok(()),
            Self::Asked { .. } => {
                active.screen.tell(State::ResizeUnavailable);
                *self = Self::Idle;
                Ok(())
            }
        }
    }

    fn ask(&mut self, active: &mut Active, size: Size, give_up: Instant) -> Result<(), Error> {
        let same =
            (size.width, size.height) == (active.screen.picture.width(), active.screen.picture.height());
        if same && size.scale == active.scale {
            *self = Self::Idle;
            return Ok(());
        }
        let (width, height) = (u32::from(size.width), u32::from(size.height));
        match active.stage.encode_resize(width, height, Some(size.scale_factor()), None) {
            Some(bytes) => {
                active.wire.outgoing.put(&bytes.map_err(|error| broken(&error))?);
                active.scale = size.scale;
                // A server that only draws things larger, or does not, need not begin anew.
                *self = if same { Self::Idle } else { Self::Asked { limit: Instant::now() + LIMIT } };
            }
            None if Instant::now() < give_up => {
                *self = Self::Wished { size, at: Instant::now() + LOOK, give_up };
            }
            None => {
                // As it is, the picture fits.
                if !same {
                    active.screen.tell(State::ResizeUnavailable);
                }
                *self = Self::Idle;
            }
        }
        Ok(())
    }
}

/// Follows the server through the activation that it has begun ([MS-RDPBCGR] 1.3.1.3).
pub(super) async fn reactivate(active: &mut Active) -> Result<(), Error> {
    let parked = timeout(LIMIT, sequence(active)).await.map_err(|_| Error::TimedOut(Stage::Resize))??;
    active.replay(parked)
}

async fn sequence(active: &mut Active) -> Result<Parked, Error> {
    let stage = Stage::Resize;
    let mut sequence = active.factory.create();
    let io_channel = Some(sequence.io_channel_id());
    let mut parked = Parked::default();
    let mut out = WriteBuf::new();
    loop {
        out.clear();
        if sequence.next_pdu_hint().is_some() {
            let unit = active.wire.exchange().await.map_err(|error| lost(stage, &error))?;
            if let Some(ended) = ended(&unit, sequence.io_channel_id()) {
                return Err(Error::Ended(ended));
            }
            match fate(Phase::of_sequence(&sequence), io_channel, &unit) {
                Fate::Step => {
                    let step = sequence.step(&unit.bytes, Some(unit.at), &mut out);
                    step.map_err(|error| Error::of_connector(stage, &error))?;
                }
                Fate::Restart => sequence = active.factory.create(),
                Fate::Park if parked.keep(unit) => {}
                Fate::Park => {
                    return Err(Error::protocol(stage, "too much came before the desktop was ready"));
                }
                Fate::Disconnect => return Err(Error::Disconnected(stage)),
            }
        } else {
            sequence.step_no_input(&mut out).map_err(|error| Error::of_connector(stage, &error))?;
        }
        active.wire.outgoing.put(out.filled());
        match sequence.connection_activation_state() {
            ConnectionActivationState::Redirected { .. } => return Err(Error::Redirected),
            state @ ConnectionActivationState::Finalized { .. } => {
                take_over(active, &state, sequence.user_channel_id())?;
                return Ok(parked);
            }
            ConnectionActivationState::Consumed
            | ConnectionActivationState::CapabilitiesExchange
            | ConnectionActivationState::ConnectionFinalization { .. } => {}
        }
    }
}

fn take_over(active: &mut Active, state: &ConnectionActivationState, user_channel: u16) -> Result<(), Error> {
    let ConnectionActivationState::Finalized {
        desktop_size,
        share_id,
        input_flags,
        static_channel_chunk_size,
        enable_server_pointer,
        pointer_software_rendering,
        refresh_rect_support,
        suppress_output_support,
        ..
    } = state
    else {
        return Err(Error::protocol(Stage::Resize, "the activation is not over"));
    };
    let (width, height) = (desktop_size.width, desktop_size.height);
    if !display::is_bearable(width, height) {
        return Err(Error::protocol(Stage::Resize, format!("a picture of {width} x {height} is too large")));
    }
    let taken = active.stage.reactivate(
        active.factory.io_channel_id(),
        user_channel,
        *share_id,
        *enable_server_pointer,
        *pointer_software_rendering,
        *static_channel_chunk_size,
    );
    if !taken {
        return Err(Error::protocol(Stage::Resize, "the size of a channel's pieces is not allowed"));
    }
    active.keyboard.set_flags(*input_flags);
    active.support = Support { refresh: *refresh_rect_support, suppress: *suppress_output_support };
    active.asked_again = false;
    active.painter = Painter::new();
    active.screen.resize(width, height);
    active.begun_anew()
}
