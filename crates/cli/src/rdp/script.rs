//! What a script says: a line each, words between spaces; empty lines and those after `#` do not count.

use std::{path::PathBuf, time::Duration};

use adit_contract::{Failure, FailureCode};
use adit_rdp::{
    Size,
    input::{Axis, Button, Input, Press, Scancode, scancode},
};

use crate::arguments::PictureSize;

/// Longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// One line of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing for a while.
    Pause(Duration),
    /// Until the picture has settled.
    Settle,
    /// This is done.
    Input(Vec<Input>),
    /// Another size of the picture.
    Resize(Size),
    /// A picture, to a file.
    Picture(PathBuf),
}

/// Reads a script.
pub(crate) fn read(text: &str) -> Result<Vec<Step>, Failure> {
    let mut steps = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim_start();
        if line.trim_end().is_empty() || line.starts_with('#') {
            continue;
        }
        steps.push(step(line).ok_or_else(|| {
            Failure::new(
                FailureCode::InvalidInput,
                format!("line {} of the script says nothing that can be done: {line}", number + 1),
                "Lines: pause TIME, settle, move X Y, click [BUTTON], down BUTTON, up BUTTON, wheel NOTCHES, type TEXT, \
                 key CODE+CODE, resize WIDTHxHEIGHT, picture FILE.",
            )
        })?);
    }
    Ok(steps)
}

fn step(line: &str) -> Option<Step> {
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    let words: Vec<&str> = rest.split_whitespace().collect();
    Some(match (verb.trim_end(), words.as_slice()) {
        // All of the rest, spaces too.
        ("type", [_, ..]) => Step::Input(rest.chars().map(Input::Character).collect()),
        ("pause", [time]) => Step::Pause(pause(time)?),
        ("settle", []) => Step::Settle,
        ("move", [x, y]) => Step::Input(vec![Input::Move { x: x.parse().ok()?, y: y.parse().ok()? }]),
        ("click", []) => Step::Input(click(Button::Left)),
        ("click", [name]) => Step::Input(click(button(name)?)),
        ("down", [name]) => Step::Input(vec![Input::Button(button(name)?, Press::Down)]),
        ("up", [name]) => Step::Input(vec![Input::Button(button(name)?, Press::Up)]),
        ("wheel", [notches]) => {
            let units = notches.parse::<i16>().ok()?.checked_mul(120)?;
            Step::Input(vec![Input::Wheel(Axis::Vertical, units)])
        }
        ("key", [codes]) => Step::Input(chord(codes)?),
        ("resize", [size]) => Step::Resize(size.parse::<PictureSize>().ok()?.0),
        ("picture", [_, ..]) => Step::Picture(rest.trim().into()),
        _ => return None,
    })
}

fn pause(time: &str) -> Option<Duration> {
    let time = match (time.strip_suffix("ms"), time.strip_suffix('s')) {
        (Some(milliseconds), _) => Duration::from_millis(milliseconds.parse().ok()?),
        (None, Some(seconds)) => Duration::from_secs(seconds.parse().ok()?),
        (None, None) => return None,
    };
    (time <= LONGEST_PAUSE).then_some(time)
}

fn click(button: Button) -> Vec<Input> {
    vec![Input::Button(button, Press::Down), Input::Button(button, Press::Up)]
}

fn button(name: &str) -> Option<Button> {
    Some(match name {
        "left" => Button::Left,
        "middle" => Button::Middle,
        "right" => Button::Right,
        _ => return None,
    })
}

/// Keys that go down in this order and come up in the other.
fn chord(codes: &str) -> Option<Vec<Input>> {
    let keys: Vec<Scancode> = codes.split('+').map(scancode).collect::<Option<_>>()?;
    let down = keys.iter().map(|key| Input::Key(*key, Press::Down));
    let up = keys.iter().rev().map(|key| Input::Key(*key, Press::Up));
    Some(down.chain(up).collect())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use adit_contract::FailureCode;
    use adit_rdp::{
        Size,
        input::{Input, Press, Scancode},
    };

    use super::{Step, read};

    #[test]
    fn each_line_is_a_step() {
        let script = "# a comment\n\nmove 10 20\nclick right\ntype a  b\nkey ControlLeft+KeyA\npause 250ms\nsettle\n\
                      wheel -2\nresize 1024x768\npicture a b.png\n";
        let steps = read(script).expect("a script");
        assert_eq!(steps.len(), 9, "{steps:?}");
        assert_eq!(steps.first(), Some(&Step::Input(vec![Input::Move { x: 10, y: 20 }])));
        assert_eq!(
            steps.get(2),
            Some(&Step::Input(['a', ' ', ' ', 'b'].into_iter().map(Input::Character).collect()))
        );
        let (control, a) = (Scancode::Plain(0x1D), Scancode::Plain(0x1E));
        assert_eq!(
            steps.get(3),
            Some(&Step::Input(vec![
                Input::Key(control, Press::Down),
                Input::Key(a, Press::Down),
                Input::Key(a, Press::Up),
                Input::Key(control, Press::Up),
            ]))
        );
        assert_eq!(steps.get(4), Some(&Step::Pause(Duration::from_millis(250))));
        assert_eq!(steps.get(7), Some(&Step::Resize(Size::new(1024, 768))));
        assert_eq!(steps.get(8), Some(&Step::Picture("a b.png".into())));
    }

    #[test]
    fn a_line_that_cannot_be_done_is_named() {
        for line in [
            "dance",
            "move 1",
            "move x y",
            "key Nothing",
            "pause 5",
            "pause 9999s",
            "resize 1x1",
            "wheel 9999",
            "type",
        ] {
            let failure = read(&format!("settle\n{line}")).expect_err(line);
            assert_eq!(failure.code, FailureCode::InvalidInput);
            assert!(failure.title.starts_with("line 2 of the script"), "{}", failure.title);
        }
    }
}
