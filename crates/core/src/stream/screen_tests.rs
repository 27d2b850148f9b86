use super::*;
use adit_rdp::input::{Button, Press};
use futures_util::FutureExt as _;

fn message(kind: Kind, tag: u8) -> Bytes {
    Bytes::from(vec![b'A', b'P', 1, kind as u8, tag])
}

fn size(tag: u8) -> Bytes {
    message(Kind::Resized, tag)
}

fn frame(tag: u8) -> Bytes {
    message(Kind::Frame, tag)
}

fn got(screen: &Screen, front: Attachment) -> Option<Bytes> {
    screen.next(front).now_or_never().flatten()
}

fn wishes(screen: &Screen) -> Vec<Wish> {
    std::iter::from_fn(|| screen.wish().now_or_never().flatten()).collect()
}

fn is_wanted(screen: &Screen) -> bool {
    screen.wanted().now_or_never().is_some()
}

#[test]
fn a_picture_is_made_when_it_is_asked_for_and_one_at_most_waits() {
    let screen = Screen::new();
    assert!(!is_wanted(&screen));
    let front = screen.attach();
    assert!(!is_wanted(&screen));
    for _ in 0..2 {
        screen.take(front, Gesture::Ask).unwrap();
    }
    assert!(is_wanted(&screen));
    screen.put(size(1));
    assert!(!is_wanted(&screen), "one waits");
    assert_eq!(got(&screen, front), Some(size(1)));
    assert!(is_wanted(&screen), "two were asked for");
    screen.put(frame(2));
    assert_eq!(got(&screen, front), Some(frame(2)));
    assert!(!is_wanted(&screen));
    for _ in 0..MOST_ASKED {
        screen.take(front, Gesture::Ask).unwrap();
    }
    assert_eq!(screen.take(front, Gesture::Ask), Err(NotTaken::Wrong(NotAFrame)));
}

#[test]
fn whoever_is_hidden_or_gone_gets_none() {
    let screen = Screen::new();
    let front = screen.attach();
    screen.take(front, Gesture::Ask).unwrap();
    wishes(&screen);
    screen.take(front, Gesture::Seen(Visibility::Hidden)).unwrap();
    assert!(!is_wanted(&screen));
    assert_eq!(wishes(&screen), [Wish::Show(Visibility::Hidden)]);
    screen.take(front, Gesture::Seen(Visibility::Shown)).unwrap();
    assert!(is_wanted(&screen));
    assert_eq!(wishes(&screen), [Wish::Show(Visibility::Shown)]);
    screen.detach(front);
    assert!(!is_wanted(&screen));
    assert_eq!(
        wishes(&screen),
        [Wish::Show(Visibility::Hidden), Wish::Input(vec![Input::ReleaseAll])],
        "no key stays down"
    );
}

#[test]
fn a_front_end_that_comes_back_gets_size_pointer_and_picture() {
    let screen = Screen::new();
    let pointer = message(Kind::Pointer, 9);
    let first = screen.attach();
    screen.take(first, Gesture::Ask).unwrap();
    screen.put(frame(1));
    assert_eq!(got(&screen, first), None, "it does not know the size");
    screen.put(size(2));
    assert_eq!(got(&screen, first), Some(size(2)));
    screen.take(first, Gesture::Ask).unwrap();
    screen.put(pointer.clone());
    assert_eq!(got(&screen, first), Some(pointer.clone()));
    wishes(&screen);

    let second = screen.attach();
    assert_eq!(got(&screen, first), None);
    assert_eq!(wishes(&screen), [Wish::Redraw, Wish::Input(vec![Input::ReleaseAll])]);
    for _ in 0..3 {
        screen.take(second, Gesture::Ask).unwrap();
    }
    // What was under way for the one before.
    screen.put(frame(3));
    screen.put(size(4));
    assert_eq!(got(&screen, second), Some(size(4)));
    screen.put(frame(5));
    assert_eq!(got(&screen, second), Some(pointer));
    assert_eq!(got(&screen, second), Some(frame(5)));
    screen.end();
    assert!(screen.next(second).now_or_never().unwrap().is_none());
}

#[test]
fn input_keeps_its_order_and_is_bounded() {
    let screen = Screen::new();
    let front = screen.attach();
    wishes(&screen);
    let at = |x| vec![Input::Move { x, y: 0 }];
    let click = vec![Input::Button(Button::Left, Press::Down)];
    for x in 0..100 {
        screen.take(front, Gesture::Input(at(x))).unwrap();
    }
    screen.take(front, Gesture::Input(click.clone())).unwrap();
    screen.take(front, Gesture::Input(at(7))).unwrap();
    assert_eq!(wishes(&screen), [Wish::Input(at(99)), Wish::Input(click.clone()), Wish::Input(at(7))]);
    for _ in 0..MOST_INPUT {
        screen.take(front, Gesture::Input(click.clone())).unwrap();
    }
    assert_eq!(screen.take(front, Gesture::Input(click.clone())), Err(NotTaken::Full));
    assert!(screen.input_room(front).now_or_never().is_none());
    assert!(screen.wish().now_or_never().is_some());
    assert!(screen.input_room(front).now_or_never().is_some());
    // A desktop that begins anew is not clicked at blindly.
    screen.renew();
    screen.show();
    assert!(!wishes(&screen).contains(&Wish::Input(click)));
}

#[test]
fn only_the_last_size_counts() {
    let screen = Screen::new();
    let front = screen.attach();
    wishes(&screen);
    let size = |width| DesktopSize { width, height: 600, scale: 100 };
    for width in [800, 900, 1000] {
        screen.take(front, Gesture::Size(size(width))).unwrap();
    }
    assert_eq!(wishes(&screen), [Wish::Size(size(1000))]);
}

#[test]
fn a_tab_that_attaches_with_the_keyboard_has_it_after_all_keys_came_up() {
    let screen = Screen::new();
    let front = screen.attach();
    screen.take(front, Gesture::Keyboard).unwrap();
    screen.take(front, Gesture::Keyboard).unwrap();
    assert_eq!(wishes(&screen), [Wish::Redraw, Wish::Input(vec![Input::ReleaseAll]), Wish::Keyboard]);
}

#[test]
fn a_keyboard_that_was_lost_again_is_not_told_of() {
    let screen = Screen::new();
    let front = screen.attach();
    wishes(&screen);
    let click = vec![Input::Button(Button::Left, Press::Down)];
    screen.take(front, Gesture::Input(click.clone())).unwrap();
    screen.take(front, Gesture::Keyboard).unwrap();
    assert!(screen.has_keyboard());
    while screen.keyboard_lost().now_or_never().is_some() {}
    screen.take(front, Gesture::Input(vec![Input::ReleaseAll])).unwrap();
    assert!(screen.keyboard_lost().now_or_never().is_some(), "before anything is taken");
    assert!(!screen.has_keyboard());
    assert_eq!(wishes(&screen), [Wish::Input(click), Wish::Input(vec![Input::ReleaseAll])]);
    // It had been taken already.
    screen.take(front, Gesture::Keyboard).unwrap();
    assert_eq!(wishes(&screen), [Wish::Keyboard]);
    screen.detach(front);
    assert!(!screen.has_keyboard());
}

#[test]
fn where_no_more_is_taken_nobody_has_the_keyboard() {
    let screen = Screen::new();
    let front = screen.attach();
    wishes(&screen);
    let click = Gesture::Input(vec![Input::Button(Button::Left, Press::Down)]);
    screen.take(front, Gesture::Keyboard).unwrap();
    while screen.take(front, click.clone()).is_ok() {}
    assert!(!screen.has_keyboard());
    screen.take(front, click).unwrap();
    screen.take(front, Gesture::Keyboard).unwrap();
    assert!(!screen.has_keyboard());
    assert!(!wishes(&screen).contains(&Wish::Keyboard));
}

#[test]
fn a_desktop_that_begins_anew_does_not_have_the_keyboard_of_before() {
    let screen = Screen::new();
    let front = screen.attach();
    screen.take(front, Gesture::Keyboard).unwrap();
    screen.show();
    assert!(!screen.has_keyboard());
    assert_eq!(wishes(&screen), [Wish::Redraw]);
}
