//! Where everything on the desktop is.

use crate::canvas::Area;

/// What a click on a button asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    CopyText,
    CopyPicture,
    Paste,
    Beep,
    Print,
}

impl Action {
    pub(super) const ALL: [Self; 5] =
        [Self::CopyText, Self::CopyPicture, Self::Paste, Self::Beep, Self::Print];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::CopyText => "Copy text",
            Self::CopyPicture => "Copy picture",
            Self::Paste => "Paste",
            Self::Beep => "Beep",
            Self::Print => "Print",
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::CopyText => "copy-text",
            Self::CopyPicture => "copy-picture",
            Self::Paste => "paste",
            Self::Beep => "beep",
            Self::Print => "print",
        }
    }
}

/// Height of the bar below, at scale 1; so are all the numbers here.
pub(super) const BAR: u16 = 44;
/// Room between things.
pub(super) const GAP: u16 = 24;
const CLOCK: u16 = 108;
const BUTTONS: u16 = 140;

/// The size of the desktop and how large things on it are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) width: u16,
    pub(super) height: u16,
    /// 1, or 2 for a screen with small pixels.
    pub(super) scale: u16,
}

impl Layout {
    pub(super) fn of(self, length: u16) -> u16 {
        length.saturating_mul(self.scale)
    }

    pub(super) fn everything(self) -> Area {
        Area { x: 0, y: 0, width: self.width, height: self.height }
    }

    fn area(self, x: u16, y: u16, width: u16, height: u16) -> Area {
        Area { x, y, width, height }.cut(self.everything())
    }

    /// The width between the two margins.
    fn inner(self) -> u16 {
        self.width.saturating_sub(2 * self.of(GAP)).max(1)
    }

    pub(super) fn bar(self) -> Area {
        let height = self.of(BAR);
        self.area(0, self.height.saturating_sub(height), self.width, height)
    }

    pub(super) fn clock(self) -> Area {
        let (bar, width) = (self.bar(), self.of(CLOCK));
        self.area(self.width.saturating_sub(width), bar.y, width, bar.height)
    }

    pub(super) fn field(self) -> Area {
        self.area(self.of(GAP), self.of(72), self.inner(), self.of(56))
    }

    pub(super) fn button(self, action: Action) -> Area {
        // By the length of their titles.
        let (x, width) = match action {
            Action::CopyText => (24, 124),
            Action::CopyPicture => (160, 152),
            Action::Paste => (324, 96),
            Action::Beep => (432, 88),
            Action::Print => (532, 96),
        };
        self.area(self.of(x), self.of(BUTTONS), self.of(width), self.of(36))
    }

    /// Modifiers that are down and the turns of the wheel.
    pub(super) fn status(self) -> Area {
        let x = self.of(652);
        let width = self.width.saturating_sub(self.of(GAP)).saturating_sub(x);
        self.area(x, self.of(BUTTONS), width, self.of(36))
    }

    pub(super) fn drawing(self) -> Area {
        let y = self.of(192);
        let height = self.height.saturating_sub(y + self.of(BAR) + self.of(GAP)).max(1);
        self.area(self.of(GAP), y, self.inner(), height)
    }

    /// Where the mouse is, in words.
    pub(super) fn place(self) -> Area {
        let drawing = self.drawing();
        self.area(drawing.x + self.of(16), drawing.y + self.of(40), self.of(280), self.of(20)).cut(drawing)
    }

    /// Where a pasted picture is shown.
    pub(super) fn pasted(self) -> Area {
        let drawing = self.drawing();
        let (width, height) = (self.of(320).min(drawing.width), self.of(200).min(drawing.height));
        let gap = self.of(12);
        self.area(
            drawing.right().saturating_sub(width + gap),
            drawing.bottom().saturating_sub(height + gap),
            width,
            height,
        )
    }

    /// The window whose text scrolls.
    pub(super) fn scrolling(self) -> Area {
        let drawing = self.drawing();
        self.area(
            drawing.x + drawing.width / 20,
            drawing.y + drawing.height / 6,
            drawing.width / 2,
            drawing.height / 4 * 3,
        )
    }

    /// The window that moves, at one of its places.
    pub(super) fn moving(self, step: u32) -> Area {
        let drawing = self.drawing();
        let (width, height) = (drawing.width / 4, drawing.height / 4);
        let to_and_fro = |room: u16, step: u32| {
            let room = u32::from(room.max(1));
            let place = step % (2 * room);
            u16::try_from(place.min(2 * room - place)).unwrap_or_default()
        };
        let left = drawing.x + drawing.width / 2;
        let x = left.saturating_add(to_and_fro(drawing.width / 2 - width, step.wrapping_mul(6)));
        let y = drawing.y + to_and_fro(drawing.height - height, step.wrapping_mul(4));
        self.area(x, y, width, height)
    }
}
