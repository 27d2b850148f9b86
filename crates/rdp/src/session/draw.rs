//! What is drawn of what the server sends, and what it is asked for again.

use ironrdp_pdu::{
    codecs::rfx::FrameAcknowledgePdu,
    rdp::{
        headers::ShareDataPdu, refresh_rectangle::RefreshRectanglePdu, suppress_output::SuppressOutputPdu,
    },
};

use super::{
    Visibility,
    active::{Active, broken},
    beside::{Told, beside},
};
use crate::{
    error::{Error, Stage},
    graphics::Pipeline,
    picture::{Drawn, Outcome, Undrawn},
    updates::Drawing,
};

impl Active {
    /// Draws, and tells the server what it waits for.
    pub(super) fn draw(&mut self, drawings: &[Drawing<'_>], told: Option<&mut Told>) -> Result<(), Error> {
        let drawn = self.drawn();
        let Self { painter, screen, wire, keyboard, .. } = self;
        let mut draw = || painter.draw(&mut screen.picture, drawings, drawn);
        let long = drawn == Drawn::Seen && drawings.iter().any(Drawing::is_long);
        let outcome = match told.filter(|_| long && keyboard.is_fast()) {
            Some(told) => {
                let (outcome, sent) = beside(&mut wire.outgoing, keyboard, told, draw);
                sent.map_err(|error| self.lost(&error))?.map_err(|error| broken(&error))?;
                outcome
            }
            None => draw(),
        };
        let Outcome { incomplete, skipped, frames } = match outcome {
            Ok(outcome) => outcome,
            Err(error @ Undrawn::Exceeded(_)) => return Err(Error::protocol(Stage::Session, error)),
            Err(error) if !self.asked_again => {
                tracing::debug!(%error, "a picture could not be decoded");
                return self.ask_again();
            }
            Err(error) => return Err(Error::protocol(Stage::Session, error)),
        };
        self.behind |= skipped;
        for frame_id in frames {
            self.tell(ShareDataPdu::FrameAcknowledge(FrameAcknowledgePdu { frame_id }))?;
        }
        if incomplete && !self.asked_again {
            self.ask_again()?;
        }
        Ok(())
    }

    /// What nobody sees is drawn only where the server could not be asked for it afterwards: some go on sending although they
    /// were told.
    fn drawn(&self) -> Drawn {
        match self.visibility {
            Visibility::Hidden if self.support.refresh => Drawn::Skipped,
            Visibility::Hidden | Visibility::Shown => Drawn::Seen,
        }
    }

    /// Takes what the graphics pipeline has drawn; gives whether the picture has another size.
    pub(super) fn composite(&mut self) -> bool {
        let Some(mut pipeline) = self.stage.get_dvc_mut::<Pipeline>() else { return false };
        let client = pipeline.processor_mut().client();
        let reset = client.take_output_reset();
        if let Some((width, height)) = reset {
            self.screen.resize(width, height);
        }
        for update in client.drain_output() {
            self.screen.picture.put(&update.region, &update.data);
        }
        // Of single windows of the server's, which were not asked for.
        drop(client.drain_window_updates());
        reset.is_some()
    }

    /// Asks for the whole picture, as soon as somebody sees it.
    pub(super) fn ask_again(&mut self) -> Result<(), Error> {
        self.asked_again = true;
        match self.visibility {
            Visibility::Shown => self.ask_for_all(),
            Visibility::Hidden => {
                self.behind = true;
                Ok(())
            }
        }
    }

    /// Asks for the whole picture in both ways, since some servers that take one do not follow it.
    fn ask_for_all(&mut self) -> Result<(), Error> {
        let all = self.screen.picture.edges();
        if self.support.suppress {
            for desktop_rect in [None, Some(all.clone())] {
                self.tell(ShareDataPdu::SuppressOutput(SuppressOutputPdu { desktop_rect }))?;
            }
        }
        if self.support.refresh {
            let areas_to_refresh = vec![all];
            self.tell(ShareDataPdu::RefreshRectangle(RefreshRectanglePdu { areas_to_refresh }))?;
        }
        Ok(())
    }

    /// Tells the server whether anyone sees the picture, where it wants to know. Until it has sent the whole of it, what is
    /// seen is the picture as it was when it was hidden.
    pub(super) fn show(&mut self, visibility: Visibility) -> Result<(), Error> {
        self.visibility = visibility;
        match visibility {
            Visibility::Shown => {
                self.screen.picture.damage.add_all();
                if std::mem::take(&mut self.behind) {
                    return self.ask_for_all();
                }
                let desktop_rect = Some(self.screen.picture.edges());
                self.suppress(SuppressOutputPdu { desktop_rect })
            }
            Visibility::Hidden => self.suppress(SuppressOutputPdu { desktop_rect: None }),
        }
    }

    fn suppress(&mut self, pdu: SuppressOutputPdu) -> Result<(), Error> {
        if self.support.suppress { self.tell(ShareDataPdu::SuppressOutput(pdu)) } else { Ok(()) }
    }
}
