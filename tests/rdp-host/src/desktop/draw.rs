//! How the desktop looks.

use embedded_graphics::{
    mono_font::{
        MonoFont, MonoTextStyle,
        iso_8859_1::{FONT_9X18_BOLD, FONT_10X20},
    },
    pixelcolor::Rgb888,
    prelude::*,
    primitives::{CornerRadii, Line, PrimitiveStyle, PrimitiveStyleBuilder, Rectangle, RoundedRectangle},
    text::{Baseline, Text},
};

use super::{
    Desktop, busy, clock,
    layout::{Action, GAP},
};
use crate::canvas::{Area, Canvas, Zoom};

/// The sky, above and below.
const SKY: [[u8; 3]; 2] = [[18, 46, 86], [42, 98, 150]];
const PAPER: Rgb888 = Rgb888::new(246, 247, 249);
const INK: Rgb888 = Rgb888::new(28, 32, 38);
const QUIET: Rgb888 = Rgb888::new(112, 120, 132);
const PEN: Rgb888 = Rgb888::new(0, 120, 212);
const BUTTON: Rgb888 = Rgb888::new(222, 232, 244);
const BUTTON_DOWN: Rgb888 = Rgb888::new(182, 204, 230);
const LIGHT: Rgb888 = Rgb888::new(186, 210, 236);

type Drawn = Result<(), std::convert::Infallible>;

/// Letters in one of the two fonts.
#[derive(Clone, Copy)]
struct Letters {
    font: &'static MonoFont<'static>,
    color: Rgb888,
    zoom: u16,
}

impl Letters {
    /// Draws one line from its left upper corner; its width.
    fn draw(self, canvas: &mut Canvas, words: &str, at: Point) -> u16 {
        let count = u16::try_from(words.chars().count()).unwrap_or(u16::MAX);
        let wide = u16::try_from(self.font.character_size.width).unwrap_or_default() * self.zoom;
        let width = count.saturating_mul(wide);
        let size = Size::new(width.into(), self.font.character_size.height * u32::from(self.zoom));
        // Letters are the slow part: those that nobody sees are left out.
        if canvas.bounding_box().intersection(&Rectangle::new(at, size)).size != Size::zero() {
            let style = MonoTextStyle::new(self.font, self.color);
            // Nothing that is drawn on memory fails.
            let Ok(_) = if self.zoom == 1 {
                Text::with_baseline(words, at, style, Baseline::Top).draw(canvas)
            } else {
                let mut zoomed = Zoom { canvas, origin: at, factor: self.zoom };
                Text::with_baseline(words, Point::zero(), style, Baseline::Top).draw(&mut zoomed)
            };
        }
        width
    }
}

fn card(canvas: &mut Canvas, area: Area, fill: Rgb888, radius: u16) -> Drawn {
    let style = PrimitiveStyleBuilder::new().fill_color(fill).stroke_color(QUIET).stroke_width(1).build();
    let corners = CornerRadii::new(Size::new_equal(radius.into()));
    RoundedRectangle::new(area.rectangle(), corners).into_styled(style).draw(canvas)
}

fn sees(canvas: &Canvas, area: Area) -> bool {
    canvas.area.cut(area).pixels() > 0
}

impl Desktop {
    /// The picture of a part.
    pub(super) fn paint(&self, area: Area) -> Vec<u8> {
        let mut canvas = Canvas::new(area);
        if self.busy.full.is_some() {
            busy::film(&mut canvas, self.layout.everything(), self.busy.step);
        } else {
            let Ok(()) = self.draw(&mut canvas);
        }
        canvas.into_pixels()
    }

    fn bold(&self, color: Rgb888) -> Letters {
        Letters { font: &FONT_9X18_BOLD, color, zoom: self.layout.scale }
    }

    fn draw(&self, canvas: &mut Canvas) -> Drawn {
        let height = u32::from(self.layout.height.max(1));
        canvas.fill_by(self.layout.everything(), |_, y| {
            let part = u32::from(y) * 255 / height;
            let mix = |above: u8, below: u8| {
                u8::try_from((u32::from(above) * (255 - part) + u32::from(below) * part) / 255)
                    .unwrap_or(above)
            };
            let [above, below] = SKY;
            [mix(above[0], below[0]), mix(above[1], below[1]), mix(above[2], below[2])]
        });
        let at = |x: u16, y: u16| Point::new(self.layout.of(x).into(), self.layout.of(y).into());
        Letters { zoom: 2 * self.layout.scale, ..self.bold(PAPER) }.draw(canvas, &self.name, at(GAP, 8));
        self.bold(LIGHT).draw(canvas, "Type here:", at(GAP, 50));
        self.draw_field(canvas)?;
        for action in Action::ALL {
            self.draw_button(canvas, action)?;
        }
        self.bold(PAPER).draw(canvas, &self.status(), self.inside(self.layout.status(), 8, 9));
        self.draw_drawing(canvas)?;
        self.draw_bar(canvas)
    }

    fn inside(&self, area: Area, x: u16, y: u16) -> Point {
        area.corner() + Point::new(self.layout.of(x).into(), self.layout.of(y).into())
    }

    fn draw_field(&self, canvas: &mut Canvas) -> Drawn {
        let area = self.layout.field();
        if !sees(canvas, area) {
            return Ok(());
        }
        card(canvas, area, PAPER, self.layout.of(6))?;
        let fits = usize::from(area.width.saturating_sub(self.layout.of(32)) / self.layout.of(10));
        let skipped = self.text.chars().count().saturating_sub(fits);
        let shown: String = self.text.chars().skip(skipped).collect();
        let at = self.inside(area, 16, 18);
        let letters = Letters { font: &FONT_10X20, color: INK, zoom: self.layout.scale };
        let width = letters.draw(canvas, &shown, at);
        let caret = Size::new(self.layout.of(2).into(), self.layout.of(20).into());
        Rectangle::new(at + Point::new(width.into(), 0), caret)
            .into_styled(PrimitiveStyle::with_fill(PEN))
            .draw(canvas)
    }

    fn draw_button(&self, canvas: &mut Canvas, action: Action) -> Drawn {
        let area = self.layout.button(action);
        if !sees(canvas, area) {
            return Ok(());
        }
        let down = self.pressed_on == Some(action);
        card(canvas, area, if down { BUTTON_DOWN } else { BUTTON }, self.layout.of(6))?;
        self.bold(INK).draw(canvas, action.title(), self.inside(area, 20, 9));
        Ok(())
    }

    fn draw_drawing(&self, canvas: &mut Canvas) -> Drawn {
        let area = self.layout.drawing();
        if !sees(canvas, area) {
            return Ok(());
        }
        card(canvas, area, PAPER, self.layout.of(6))?;
        self.bold(QUIET).draw(
            canvas,
            "Draw here with the mouse; the right button clears",
            self.inside(area, 16, 14),
        );
        let words = format!("mouse at {}, {}", self.mouse.0, self.mouse.1);
        self.bold(QUIET).draw(canvas, &words, self.layout.place().corner());
        if let Some(picture) = &self.picture {
            let frame = self.layout.pasted();
            // As large as fits, by a whole number where it can be.
            let (width, height) = picture.fitting(frame.width, frame.height);
            let shown = Area { x: frame.right() - width, y: frame.bottom() - height, width, height };
            canvas.fill_by(shown, |x, y| picture.pixel(x - shown.x, y - shown.y, (width, height)));
        }
        let point = |(x, y): (u16, u16)| Point::new(x.into(), y.into());
        {
            let mut inside = canvas.clipped(&area.rectangle());
            for (from, to) in &self.lines {
                let line = Line::new(point(*from), point(*to));
                line.into_styled(PrimitiveStyle::with_stroke(PEN, self.pen().into())).draw(&mut inside)?;
            }
        }
        if self.busy.windows.is_some() {
            self.draw_windows(canvas)?;
        }
        Ok(())
    }

    fn draw_windows(&self, canvas: &mut Canvas) -> Drawn {
        let window = self.layout.scrolling();
        if sees(canvas, window) {
            window.rectangle().into_styled(PrimitiveStyle::with_fill(INK)).draw(canvas)?;
            let (line, letter) = (self.layout.of(18), self.layout.of(9));
            let columns = usize::from(window.width / letter.max(1)).saturating_sub(1);
            for row in 0..window.height / line.max(1) {
                let words = busy::line(self.busy.step.wrapping_add(row.into()), columns);
                let at = window.corner() + Point::new(i32::from(letter / 2), i32::from(row * line));
                self.bold(LIGHT).draw(canvas, &words, at);
            }
        }
        let window = self.layout.moving(self.busy.step);
        if sees(canvas, window) {
            card(canvas, window, BUTTON, self.layout.of(6))?;
            self.bold(INK).draw(canvas, "a window", self.inside(window, 12, 12));
        }
        Ok(())
    }

    fn draw_bar(&self, canvas: &mut Canvas) -> Drawn {
        let bar = self.layout.bar();
        if !sees(canvas, bar) {
            return Ok(());
        }
        bar.rectangle().into_styled(PrimitiveStyle::with_fill(INK)).draw(canvas)?;
        // Four squares, as on a window.
        for (x, y) in [(0, 0), (11, 0), (0, 11), (11, 11)] {
            let pane =
                Rectangle::new(self.inside(bar, GAP + x, 12 + y), Size::new_equal(self.layout.of(9).into()));
            pane.into_styled(PrimitiveStyle::with_fill(PEN)).draw(canvas)?;
        }
        let size = format!("{} x {}", self.layout.width, self.layout.height);
        let words = match &self.user {
            Some(user) => format!("{}   {user}   {size}", self.name),
            None => format!("{}   {size}", self.name),
        };
        self.bold(PAPER).draw(canvas, &words, self.inside(bar, GAP + 36, 13));
        let area = self.layout.clock();
        area.rectangle().into_styled(PrimitiveStyle::with_fill(INK)).draw(canvas)?;
        self.bold(PAPER).draw(canvas, &clock(), self.inside(area, 12, 13));
        Ok(())
    }
}
