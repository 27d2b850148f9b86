use ClipboardKind::{Files, Html, Image, Text};
use adit_rdp::Clipboard as _;

use super::*;
use crate::clipboard::MemoryClipboard;

struct Scene {
    clipboard: Arc<MemoryClipboard>,
    link: Link,
}

impl Scene {
    fn new(sharing: ClipboardSharing) -> Self {
        let clipboard = Arc::new(MemoryClipboard::default());
        Self { link: Link::new(clipboard.clone(), sharing), clipboard }
    }

    /// One whose tab has the keyboard.
    fn focused(sharing: ClipboardSharing) -> Self {
        let scene = Self::new(sharing);
        scene.link.state().has_keyboard = true;
        scene
    }

    /// Begins to fetch what the server has copied.
    fn fetch(&self, kinds: &[ClipboardKind]) -> Vec<ClipboardKind> {
        self.link.offers(kinds);
        let mut state = self.link.state();
        let kinds = std::mem::take(&mut state.there);
        state.coming = Some(Coming::new(kinds.clone()));
        kinds
    }

    /// Puts on the clipboard what has come.
    async fn take_over(&self) {
        let ready = self.link.state().ready.take();
        self.link.take_over(ready.expect("something has come")).await;
    }

    fn news(&self) -> Vec<News> {
        std::mem::take(&mut self.link.state().news)
    }
}

fn image(value: u8) -> ClipboardImage {
    ClipboardImage::new(1, 1, vec![value; 4]).unwrap()
}

#[tokio::test]
async fn a_server_gets_what_it_was_offered_and_nothing_that_came_later() {
    let Scene { clipboard, link } = Scene::focused(ClipboardSharing::Text);
    clipboard.set_text("for everybody").unwrap();
    assert_eq!(link.text(), None, "nothing was offered");
    assert!(link.look().await);
    assert!(!link.look().await, "it is the same");
    assert_eq!(link.text().as_deref(), Some("for everybody"));
    clipboard.set_text("a password").unwrap();
    assert_eq!(link.text(), None);
}

#[tokio::test]
async fn the_same_holds_for_each_kind() {
    let Scene { clipboard, link } = Scene::focused(ClipboardSharing::All);
    let html = |text: &str| Content::Html { html: format!("<b>{text}</b>"), text: Some(text.to_owned()) };
    clipboard.set(html("a")).unwrap();
    assert!(link.look().await);
    assert_eq!((link.kinds(), link.html().as_deref()), (vec![Text, Html], Some("<b>a</b>")));
    clipboard.set(html("b")).unwrap();
    assert_eq!((link.text(), link.html()), (None, None));

    clipboard.set(Content::Image(image(1))).unwrap();
    assert!(link.look().await);
    assert_eq!((link.kinds(), link.image()), (vec![Image], Some(image(1))));
    clipboard.set(Content::Image(image(2))).unwrap();
    assert_eq!(link.image(), None);

    clipboard.set_files(vec!["/a".into()]);
    assert!(link.look().await);
    assert_eq!((link.kinds(), link.files().len()), (vec![Files], 1));
    clipboard.set_files(vec!["/secret".into()]);
    assert_eq!(link.files(), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn what_is_not_shared_is_not_looked_at() {
    let Scene { clipboard, link } = Scene::focused(ClipboardSharing::Text);
    clipboard.set(Content::Image(image(1))).unwrap();
    assert!(!link.look().await);
    clipboard.set_files(vec!["/a".into()]);
    assert!(!link.look().await);
    assert_eq!((link.image(), link.kinds()), (None, vec![]));
}

#[tokio::test]
async fn what_was_copied_there_comes_together_and_is_not_offered_back() {
    let scene = Scene::new(ClipboardSharing::All);
    scene.link.state().has_keyboard = true;
    assert_eq!(scene.fetch(&[Text, Html, Image]), [Text, Html]);
    scene.link.fetched("a".to_owned());
    assert!(scene.link.state().ready.is_none(), "its form is still to come");
    scene.link.fetched_html("<i>a</i>".to_owned());
    scene.take_over().await;
    assert_eq!(scene.clipboard.text().as_deref(), Some("a"));
    assert_eq!(scene.clipboard.html().as_deref(), Some("<i>a</i>"));
    assert!(!scene.link.look().await);
    assert_eq!(scene.link.kinds(), []);

    assert_eq!(scene.fetch(&[Image]), [Image]);
    scene.link.fetched_image(image(7));
    scene.take_over().await;
    assert_eq!(scene.clipboard.image(), Some(image(7)));
    assert!(!scene.link.look().await);
}

#[tokio::test]
async fn a_form_that_is_not_to_be_had_does_not_hold_the_text_up() {
    let scene = Scene::new(ClipboardSharing::All);
    scene.link.state().has_keyboard = true;
    scene.fetch(&[Text, Html]);
    scene.link.fetched("a".to_owned());
    scene.link.unavailable(Html);
    scene.take_over().await;
    assert_eq!(scene.clipboard.text().as_deref(), Some("a"));
}

#[test]
fn what_comes_while_somebody_works_elsewhere_is_asked_for_again() {
    let scene = Scene::new(ClipboardSharing::All);
    scene.fetch(&[Text, Html]);
    scene.link.fetched("a".to_owned());
    scene.link.fetched_html("<i>a</i>".to_owned());
    let state = scene.link.state();
    assert!(state.ready.is_none());
    assert_eq!(state.there, [Text, Html]);
}

#[test]
fn what_can_be_done_with_files_is_told_when_it_changes() {
    let scene = Scene::new(ClipboardSharing::All);
    let saving = |percent| News::Files(CopiedFiles::Saving { percent });
    scene.link.offers(&[Text]);
    assert_eq!(scene.news(), []);
    scene.link.offers(&[Files]);
    scene.link.offers(&[Files]);
    // Copied a second time they are offered anew.
    assert_eq!(scene.news(), [News::Files(CopiedFiles::Offered { number: 2 })]);
    for bytes in [0, 1, 2, 500, 501] {
        scene.link.saving(Progress { files: 0, of_files: 1, bytes, of_bytes: 1000 });
    }
    // Only the last of them is worth telling.
    assert_eq!(scene.news(), [saving(50)]);
    scene.link.saved(Err(FileError::Busy));
    assert_eq!(scene.news(), []);
    scene.link.saved(Ok(vec!["/d/a".into()]));
    let offered = |number| News::Files(CopiedFiles::Offered { number });
    assert_eq!(scene.news(), [offered(2), News::Saved(vec!["/d/a".into()])]);
    // Something else that is copied meanwhile ends it, and what is there then can be saved, or not.
    for (kind, after) in [(Files, offered(3)), (Text, News::Files(CopiedFiles::None))] {
        scene.link.saving(Progress { files: 0, of_files: 1, bytes: 0, of_bytes: 1000 });
        scene.link.offers(&[kind]);
        assert_eq!(scene.news(), [saving(0)]);
        scene.link.saved(Err(FileError::Replaced));
        assert_eq!(scene.news(), [after, News::NotSaved(FileError::Replaced)]);
    }
    scene.link.offers(&[Files]);
    assert_eq!(scene.news(), [offered(4)]);
    scene.link.saved(Err(FileError::None));
    assert_eq!(scene.news(), [News::Files(CopiedFiles::None), News::NotSaved(FileError::None)]);
}

#[tokio::test]
async fn what_is_copied_once_the_keyboard_is_lost_is_not_looked_at() {
    let Scene { clipboard, link } = Scene::focused(ClipboardSharing::Text);
    link.state().look = true;
    link.lost_keyboard();
    assert!(!link.state().look);
    // One that was looked at already, while it was lost.
    clipboard.set_text("a password").unwrap();
    assert!(!link.look().await);
    assert_eq!((link.text(), link.kinds()), (None, vec![]));
    link.state().has_keyboard = true;
    assert!(link.look().await, "with the keyboard it is new");
}
