//! Text that is typed into a desktop in the person's place, as where a clipboard is not shared or not yet.

use std::time::Duration;

use adit_contract::Failure;
use adit_rdp::input::{Input, Press, Scancode};

use super::super::session::Session;
use crate::{failure, file, words::desktop as words};

/// Longest text that is typed, in bytes.
const LONGEST: usize = 16 * 1024;
/// So many keys are typed at once.
const BATCH: usize = 32;
/// Between two batches: sign-in screens lose what comes faster.
const PAUSE: Duration = Duration::from_millis(25);
/// The Enter key.
const ENTER: Scancode = Scancode::Plain(0x1C);
/// The Tab key.
const TAB: Scancode = Scancode::Plain(0x0F);

impl Session {
    /// Types the text that is on the clipboard here.
    pub(crate) async fn type_clipboard(&self) -> Result<(), Failure> {
        // Asked for each batch: when the tab is closed, or its desktop lost, nothing more is typed.
        let control = || self.held(|held| held.control.clone()).flatten().ok_or_else(words::not_shown);
        control()?;
        let clipboard = self.surroundings.desktops().clipboard;
        let text = file::blocking(move || Ok(clipboard.text())).await.ok().flatten();
        for batch in keys(text.as_deref())?.chunks(BATCH) {
            let sent = control()?.input(batch.to_vec()).await;
            sent.map_err(|error| failure::rdp(&error, &self.instance))?;
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }
}

fn keys(text: Option<&str>) -> Result<Vec<Input>, Failure> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Err(words::nothing_to_type());
    };
    if text.len() > LONGEST {
        return Err(words::too_long_to_type());
    }
    let mut keys = Vec::with_capacity(text.len());
    for character in text.replace("\r\n", "\n").chars() {
        let key = match character {
            '\n' | '\r' => ENTER,
            '\t' => TAB,
            _ if character.is_control() => continue,
            _ => {
                keys.push(Input::Character(character));
                continue;
            }
        };
        keys.extend([Input::Key(key, Press::Down), Input::Key(key, Press::Up)]);
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use adit_contract::FailureCode;

    use super::*;

    #[test]
    fn lines_end_with_enter_and_nothing_else_controls() {
        let enter = [Input::Key(ENTER, Press::Down), Input::Key(ENTER, Press::Up)];
        let typed = keys(Some("a\r\nß\u{1b}\n")).unwrap();
        let expected = [&[Input::Character('a')][..], &enter, &[Input::Character('ß')], &enter].concat();
        assert_eq!(typed, expected);
    }

    #[test]
    fn no_text_and_too_much_are_refused() {
        for text in [None, Some(String::new()), Some("x".repeat(LONGEST + 1))] {
            assert_eq!(keys(text.as_deref()).unwrap_err().code, FailureCode::InvalidInput);
        }
        assert_eq!(keys(Some(&"x".repeat(LONGEST))).unwrap().len(), LONGEST);
    }
}
