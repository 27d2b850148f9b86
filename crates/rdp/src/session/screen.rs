//! What the server has drawn, what of it has not been painted yet, and the messages that tell it.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use ironrdp_graphics::pointer::DecodedPointer;

use crate::{
    damage::{Changed, Rect},
    limits::MAX_POINTER,
    message::{self, FLAG_DEFAULT, FLAG_FULL, FLAG_HIDDEN, Header, Kind, Pixels, State},
    picture::Picture,
};

/// The shape of the pointer.
#[derive(Debug, Clone)]
pub(super) enum Pointer {
    Hidden,
    Default,
    Shape(Arc<DecodedPointer>),
}

pub(super) struct Screen {
    pub(super) picture: Picture,
    pointer: Option<Pointer>,
    resized: bool,
    state: Option<State>,
    session: u32,
    sequence: u32,
    began: Instant,
}

impl Screen {
    pub(super) fn new(width: u16, height: u16, session: u32) -> Self {
        Self {
            picture: Picture::new(width, height),
            pointer: None,
            // The first message says how large the picture is.
            resized: true,
            state: None,
            session,
            sequence: 0,
            began: Instant::now(),
        }
    }

    /// Takes another size of the picture, as the server has.
    pub(super) fn resize(&mut self, width: u16, height: u16) {
        self.picture.resize(width, height);
        self.resized = true;
    }

    pub(super) fn set_pointer(&mut self, pointer: Pointer) {
        let fits = match &pointer {
            Pointer::Shape(shape) => shape.width <= MAX_POINTER && shape.height <= MAX_POINTER,
            Pointer::Hidden | Pointer::Default => true,
        };
        if fits {
            self.pointer = Some(pointer);
        }
    }

    pub(super) fn tell(&mut self, state: State) {
        self.state = Some(state);
    }

    /// Whether there is anything to tell.
    pub(super) fn is_new(&self) -> bool {
        self.resized || self.state.is_some() || self.pointer.is_some() || !self.picture.damage.is_empty()
    }

    /// The next message, if there is anything to tell.
    pub(super) fn take(&mut self) -> Option<Bytes> {
        if self.resized {
            self.resized = false;
            return Some(message::message(&self.header(Kind::Resized, 0), None));
        }
        if let Some(state) = self.state.take() {
            return Some(message::message(&self.header(Kind::State, state as u16), None));
        }
        if let Some(pointer) = self.pointer.take() {
            return Some(self.pointer_message(&pointer));
        }
        let (flags, rects) = match self.picture.damage.take()? {
            Changed::Rects(rects) => (0, rects),
            Changed::Full => {
                let (width, height) = (self.picture.width(), self.picture.height());
                (FLAG_FULL, vec![Rect { x: 0, y: 0, width, height }])
            }
        };
        let header = self.header(Kind::Frame, flags);
        let source = Pixels { data: self.picture.data(), width: self.picture.width() };
        Some(message::frame(&header, source, &rects))
    }

    /// Takes back a picture that could not be told: size and picture are told anew.
    pub(super) fn put_back(&mut self) {
        self.resized = true;
        self.picture.damage.add_all();
    }

    fn pointer_message(&mut self, pointer: &Pointer) -> Bytes {
        match pointer {
            Pointer::Hidden => message::message(&self.header(Kind::Pointer, FLAG_HIDDEN), None),
            Pointer::Default => message::message(&self.header(Kind::Pointer, FLAG_DEFAULT), None),
            Pointer::Shape(shape) => {
                let rect =
                    Rect { x: shape.hotspot_x, y: shape.hotspot_y, width: shape.width, height: shape.height };
                message::message(&self.header(Kind::Pointer, 0), Some((rect, &shape.bitmap_data)))
            }
        }
    }

    fn header(&mut self, kind: Kind, flags: u16) -> Header {
        let header = Header {
            kind,
            flags,
            session: self.session,
            sequence: self.sequence,
            width: self.picture.width(),
            height: self.picture.height(),
            // Wraps after 49 days.
            milliseconds: (self.began.elapsed().as_millis() & u128::from(u32::MAX)).try_into().unwrap_or(0),
        };
        self.sequence = self.sequence.wrapping_add(1);
        header
    }
}

#[cfg(test)]
mod tests {
    use ironrdp_pdu::geometry::ExclusiveRectangle;

    use super::{Pointer, Screen};
    use crate::message::{FLAG_FULL, Kind, Message, State};

    fn kinds(screen: &mut Screen) -> Vec<(Kind, u16)> {
        std::iter::from_fn(|| screen.take())
            .map(|bytes| Message::read(&bytes).expect("a message").header)
            .map(|header| (header.kind, header.flags))
            .collect()
    }

    #[test]
    fn a_size_is_told_before_what_has_that_size() {
        let mut screen = Screen::new(200, 200, 1);
        assert_eq!(kinds(&mut screen), [(Kind::Resized, 0)]);
        screen.picture.put(&ExclusiveRectangle { left: 0, top: 0, right: 1, bottom: 1 }, &[9; 4]);
        assert_eq!(kinds(&mut screen), [(Kind::Frame, 0)]);
        screen.tell(State::ResizeUnavailable);
        screen.set_pointer(Pointer::Hidden);
        screen.resize(300, 200);
        assert!(screen.is_new());
        assert_eq!(
            kinds(&mut screen),
            [(Kind::Resized, 0), (Kind::State, 1), (Kind::Pointer, 2), (Kind::Frame, FLAG_FULL)]
        );
        assert!(!screen.is_new());
    }
}
