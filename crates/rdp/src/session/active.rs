//! One connection that shows a desktop: what comes is decoded, what has to be answered is.

use std::sync::{Arc, PoisonError};

use ironrdp_connector::{
    ConnectionResult, MultitransportResult, connection_activation::ConnectionActivationFactory,
};
use ironrdp_core::WriteBuf;
use ironrdp_dvc::DrdynvcClient;
use ironrdp_graphics::image_processing::PixelFormat;
use ironrdp_pdu::{
    Action,
    mcs::{DisconnectProviderUltimatum, DisconnectReason, McsMessage},
    rdp::{
        headers::ShareDataPdu,
        multitransport::MultitransportResponsePdu,
        session_info::{LogonErrorNotificationType, LogonErrorsInfo},
    },
    x224::X224,
};
use ironrdp_session::{
    ActiveStage, ActiveStageBuilder, ActiveStageOutput, GracefulDisconnectReason, SessionError,
    image::DecodedImage,
};

use super::{
    Shared, Visibility,
    beside::Told,
    exchange::Exchange,
    screen::{Pointer, Screen},
};
use crate::{
    bandwidth::Bandwidth,
    clipboard::Notes,
    connect::Private,
    display,
    ended::{Ended, ended},
    error::{Error, SignIn, Stage},
    input::{Input, Keyboard},
    limits::Limits,
    options::{Cookie, Options},
    picture::Painter,
    sequence::Parked,
    updates::Updates,
    wire::{Unit, Wire},
};

/// What follows from a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// Go on.
    On,
    /// The picture has another size, which took no new beginning.
    Resized,
    /// The server begins the desktop anew, most often at another size.
    Deactivated,
}

/// What the server does for a client that wants a picture again, or none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Support {
    pub(super) refresh: bool,
    pub(super) suppress: bool,
}

pub(super) struct Active {
    pub(super) wire: Wire<Private>,
    pub(super) stage: ActiveStage,
    /// What the library would draw on; it gets nothing that draws.
    undrawn: DecodedImage,
    pub(super) screen: Screen,
    pub(super) painter: Painter,
    pub(super) keyboard: Keyboard,
    /// How large things are drawn, in percent, as the server was told last.
    pub(super) scale: u16,
    pub(super) factory: ConnectionActivationFactory,
    pub(super) support: Support,
    /// Whether anyone sees the picture, as the server was told last.
    pub(super) visibility: Visibility,
    /// Whether something was not drawn because nobody saw it.
    pub(super) behind: bool,
    /// Whether a picture that could not be decoded has been asked for again since the desktop began.
    pub(super) asked_again: bool,
    limits: Limits,
    updates: Updates,
    bandwidth: Bandwidth,
    /// What the clipboards exchange, if they are shared.
    pub(super) exchange: Option<Exchange>,
    /// Why the user is not let in, as the server has said; it closes the connection afterwards.
    refused: Option<SignIn>,
    pub(super) shared: Arc<Shared>,
}

impl Active {
    pub(super) fn new(
        wire: Wire<Private>,
        result: ConnectionResult,
        options: Options,
        notes: Notes,
        shared: Arc<Shared>,
    ) -> Result<Self, Error> {
        let (width, height) = (result.desktop_size.width, result.desktop_size.height);
        if !display::is_bearable(width, height) {
            return Err(Error::protocol(
                Stage::Activation,
                format!("a picture of {width} x {height} is too large"),
            ));
        }
        let dynamic = result.static_channels.get_channel_id_by_type::<DrdynvcClient>();
        let limits = Limits::new(result.io_channel_id, result.message_channel_id, dynamic);
        let bandwidth = Bandwidth::new(result.user_channel_id, result.message_channel_id);
        let stage = ActiveStageBuilder {
            static_channels: result.static_channels,
            user_channel_id: result.user_channel_id,
            io_channel_id: result.io_channel_id,
            message_channel_id: result.message_channel_id,
            share_id: result.share_id,
            compression_type: result.compression_type,
            enable_server_pointer: result.enable_server_pointer,
            pointer_software_rendering: result.pointer_software_rendering,
        }
        .build();
        Ok(Self {
            wire,
            stage,
            undrawn: DecodedImage::new(PixelFormat::RgbA32, 1, 1),
            painter: Painter::new(),
            screen: Screen::new(width, height, options.session),
            keyboard: Keyboard::new(result.input_flags),
            scale: options.size.clamped().scale,
            factory: result.activation_factory,
            support: Support {
                refresh: result.refresh_rect_support,
                suppress: result.suppress_output_support,
            },
            visibility: Visibility::Shown,
            behind: false,
            asked_again: false,
            limits,
            updates: Updates::new(result.io_channel_id),
            bandwidth,
            exchange: Exchange::new(&options, notes),
            refused: None,
            shared,
        })
    }

    /// Processes what came before the desktop was ready for it.
    pub(super) fn replay(&mut self, parked: Parked) -> Result<(), Error> {
        for unit in parked.into_units() {
            // None that begins an activation is ever kept for later.
            if self.take(&unit, None)? == Flow::Deactivated {
                return Err(Error::protocol(Stage::Session, "an activation began within another"));
            }
        }
        Ok(())
    }

    /// Draws or otherwise processes a unit, and answers it. What a person does while a large picture is drawn goes out
    /// meanwhile.
    pub(super) fn process(&mut self, unit: &Unit, told: &mut Told) -> Result<Flow, Error> {
        self.take(unit, Some(told))
    }

    fn take(&mut self, unit: &Unit, told: Option<&mut Told>) -> Result<Flow, Error> {
        let refused = |error| Error::protocol(Stage::Session, error);
        if unit.action == Action::X224 {
            self.limits.check(&unit.bytes).map_err(refused)?;
        }
        let taken = self.updates.take(unit).map_err(refused)?;
        if let Some(ended) = ended(unit, self.factory.io_channel_id()) {
            return Err(self.refused.map_or(Error::Ended(ended), Error::SignIn));
        }
        if let Some(answer) = self.bandwidth.take(unit) {
            self.wire.outgoing.put(&answer);
            return Ok(Flow::On);
        }
        if !taken.drawings.is_empty() {
            self.draw(&taken.drawings, told)?;
        }
        match &taken.rest {
            Some(rest) => self.by_library(unit, rest),
            None => Ok(Flow::On),
        }
    }

    /// Has the library process what does not draw.
    fn by_library(&mut self, unit: &Unit, bytes: &[u8]) -> Result<Flow, Error> {
        let outputs = self.stage.process(&mut self.undrawn, unit.action, bytes, Some(unit.at));
        let resized = unit.action == Action::X224 && self.composite();
        let outputs = match outputs {
            Ok(outputs) => outputs,
            Err(error) if unit.action == Action::FastPath && !self.asked_again => {
                tracing::debug!(%error, "an update could not be decoded");
                self.ask_again()?;
                return Ok(Flow::On);
            }
            Err(error) => return Err(broken(&error)),
        };
        let mut flow = if resized { Flow::Resized } else { Flow::On };
        for output in outputs {
            if self.output(output)? == Flow::Deactivated {
                flow = Flow::Deactivated;
            }
        }
        self.exchange_clipboards()?;
        Ok(flow)
    }

    fn output(&mut self, output: ActiveStageOutput) -> Result<Flow, Error> {
        match output {
            ActiveStageOutput::ResponseFrame(bytes) => self.wire.outgoing.put(&bytes),
            ActiveStageOutput::PointerDefault => self.screen.set_pointer(Pointer::Default),
            ActiveStageOutput::PointerHidden => self.screen.set_pointer(Pointer::Hidden),
            ActiveStageOutput::PointerBitmap(shape) => self.screen.set_pointer(Pointer::Shape(shape)),
            ActiveStageOutput::DeactivateAll => return Ok(Flow::Deactivated),
            ActiveStageOutput::Terminate(reason) => return Err(self.ended(&reason)),
            ActiveStageOutput::ServerRedirection(_) => return Err(Error::Redirected),
            ActiveStageOutput::LogonErrors(errors) => self.refused = refusal(&errors).or(self.refused),
            ActiveStageOutput::AutoReconnectCookie(cookie) => {
                *self.shared.cookie.lock().unwrap_or_else(PoisonError::into_inner) = Some(Cookie(cookie));
            }
            ActiveStageOutput::MultitransportRequest(request) => {
                let declined = MultitransportResult::Failure(MultitransportResponsePdu::E_ABORT);
                if let Some(response) = declined.response_pdu(request.request_id, false) {
                    let bytes = self.stage.encode_multitransport_response(&response);
                    self.wire.outgoing.put(&bytes.map_err(|error| broken(&error))?);
                }
            }
            // Nothing that the library draws is shown, and nothing else of these concerns the one picture.
            ActiveStageOutput::GraphicsUpdate(_)
            | ActiveStageOutput::PointerPosition { .. }
            | ActiveStageOutput::MonitorLayout(_)
            | ActiveStageOutput::WindowingOrders(_)
            | ActiveStageOutput::WindowSurfaceUpdates(_)
            | ActiveStageOutput::SaveSessionInfo { .. }
            | ActiveStageOutput::SessionId(_)
            | ActiveStageOutput::AutoDetect(_)
            | ActiveStageOutput::AutoReconnectFailed => {}
        }
        Ok(Flow::On)
    }

    /// What it means that the connection is over.
    pub(super) fn ended(&self, reason: &GracefulDisconnectReason) -> Error {
        match (self.refused, reason) {
            (Some(refused), _) => Error::SignIn(refused),
            (None, GracefulDisconnectReason::Other(words)) => Error::Ended(Ended::said(words)),
            (None, GracefulDisconnectReason::UserInitiated | GracefulDisconnectReason::ServerInitiated) => {
                Error::Ended(Ended::unsaid())
            }
        }
    }

    /// What it means that the stream is over.
    pub(super) fn lost(&self, error: &std::io::Error) -> Error {
        match self.refused {
            Some(refused) => Error::SignIn(refused),
            None => crate::connect::lost(Stage::Session, error),
        }
    }

    pub(super) fn tell(&mut self, pdu: ShareDataPdu) -> Result<(), Error> {
        let mut out = WriteBuf::new();
        self.stage.encode_static(&mut out, pdu).map_err(|error| broken(&error))?;
        self.wire.outgoing.put(out.filled());
        Ok(())
    }

    pub(super) fn input(&mut self, input: &[Input]) -> Result<(), Error> {
        let bytes = self.keyboard.encode(&self.stage, input).map_err(|error| broken(&error))?;
        self.wire.outgoing.put(&bytes);
        Ok(())
    }

    /// Tells a server whose desktop has begun anew what it has forgotten.
    pub(super) fn begun_anew(&mut self) -> Result<(), Error> {
        let input = self.keyboard.begun_anew();
        self.input(&input)?;
        match self.visibility {
            Visibility::Shown => Ok(()),
            Visibility::Hidden => self.show(Visibility::Hidden),
        }
    }

    /// Tells the server that the user leaves.
    pub(super) fn leave(&mut self) {
        let ultimatum = DisconnectProviderUltimatum { reason: DisconnectReason::UserRequested };
        let message = X224(McsMessage::DisconnectProviderUltimatum(ultimatum));
        if let Ok(bytes) = ironrdp_core::encode_vec(&message) {
            self.wire.outgoing.put(&bytes);
        }
    }
}

/// What it means that bytes could not be processed.
pub(super) fn broken(error: &SessionError) -> Error {
    Error::of_session(Stage::Session, error)
}

/// Whether the server says that the user is not let in ([MS-RDPBCGR] 2.2.10.1.1.4.1.1).
fn refusal(errors: &LogonErrorsInfo) -> Option<SignIn> {
    match errors.error_type {
        LogonErrorNotificationType::NtStatus(status) => Some(SignIn::of_status(status)),
        LogonErrorNotificationType::AccessDenied | LogonErrorNotificationType::NoPermission => {
            Some(SignIn::NotAllowed)
        }
        // What a person may choose in the picture itself.
        _ => None,
    }
}
