//! What goes beside the picture: the clipboards, sound, folders, printers.

use std::{sync::atomic::Ordering, time::Duration};

use adit_contract::{Event, FailureCode, FilesAction, NoteKind, Scope, SessionState, SettingValue};
use adit_core::{
    clipboard::{ClipboardImage, Content, SystemClipboard as _},
    loudspeaker::Sound as _,
};
use serde_json::Value;

use crate::{PATIENCE, page::Page, scene::Scene};

/// Buttons of the stand-in's desktop.
const COPY_PICTURE: (u16, u16) = (230, 158);
const BEEP: (u16, u16) = (470, 158);
#[cfg(unix)]
const PRINT: (u16, u16) = (580, 158);

async fn set(scene: &Scene, key: &str, value: SettingValue) {
    scene.desk.app.setting_set(Scope::Everywhere, key.to_owned(), value).await.unwrap();
}

async fn until(words: &str, so: impl Fn() -> bool) {
    let waiting = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("never: {words}"));
}

/// The words of what does not work, once there are any.
async fn limited(scene: &Scene, id: &str) -> String {
    noted(scene, id, NoteKind::Limited).await
}

/// The words of a note, once there is one.
async fn noted(scene: &Scene, id: &str, kind: NoteKind) -> String {
    let found = async {
        loop {
            let notes = scene.info(id).await.notes;
            if let Some(note) = notes.into_iter().find(|note| note.kind == kind) {
                return note.text;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("nothing was told"))
}

fn is(what: &'static str) -> impl Fn(&Value) -> bool {
    move |line| line["event"] == "clipboard" && line["what"] == what
}

#[tokio::test]
async fn a_tone_is_played_here() {
    let scene = Scene::new(&[]).await;
    let id = scene.live().await;
    let mut page = Page::whole(&scene, &id).await;
    assert!(scene.desk.ear.queue().is_none(), "there was no sound");
    page.click(BEEP).await;
    until("a loudspeaker", || scene.desk.ear.queue().is_some()).await;
    let queue = scene.desk.ear.queue().unwrap();
    let mut heard = 0;
    until("a tone", || !queue.latency().is_zero()).await;
    let mut frames = vec![[0; 2]; 4410];
    let taken = async {
        while heard == 0 {
            queue.take(&mut frames);
            heard = frames.iter().filter(|frame| **frame != [0, 0]).count();
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, taken).await.expect("it is not silent");
}

#[tokio::test]
async fn where_no_loudspeaker_is_the_tab_says_so() {
    let scene = Scene::new(&[]).await;
    scene.desk.ear.missing.store(true, Ordering::SeqCst);
    let id = scene.live().await;
    let mut page = Page::whole(&scene, &id).await;
    page.click(BEEP).await;
    assert!(limited(&scene, &id).await.contains("loudspeaker"));
}

#[tokio::test]
async fn a_desktop_whose_sound_is_not_wanted_sends_none() {
    let scene = Scene::new(&[]).await;
    set(&scene, "rdp.sound", SettingValue::Toggle(false)).await;
    let id = scene.live().await;
    let mut page = Page::whole(&scene, &id).await;
    page.click(BEEP).await;
    scene.host.got(0, |line| line["event"] == "sound" && line["what"] == "nobody listens").await;
    assert!(scene.desk.ear.queue().is_none());
}

#[tokio::test]
async fn pictures_and_html_go_both_ways_where_everything_is_shared() {
    let scene = Scene::new(&[]).await;
    set(&scene, "rdp.clipboard", SettingValue::Text("all".to_owned())).await;
    let clipboard = scene.desk.clipboard.clone();
    let id = scene.live().await;
    let mut page = Page::whole(&scene, &id).await;
    page.send(&[5]).await;
    page.click(COPY_PICTURE).await;
    until("the picture", || clipboard.image().is_some()).await;

    let image = ClipboardImage::new(3, 2, vec![200; 24]).unwrap();
    clipboard.set(Content::Image(image)).unwrap();
    page.send(&[5]).await;
    // What is pasted is what has been offered by then.
    let offered = |line: &Value| {
        line["what"] == "offered" && line["formats"].as_array().is_some_and(|formats| !formats.is_empty())
    };
    let at = scene.host.got(0, offered).await;
    page.chord(&["ControlLeft", "KeyV"]).await;
    let at =
        scene.host.got(at, |line| is("picture")(line) && line["width"] == 3 && line["height"] == 2).await;

    clipboard.set(Content::Html { html: "<b>from here</b>".to_owned(), text: None }).unwrap();
    page.send(&[5]).await;
    let at = scene.host.got(at, offered).await;
    page.chord(&["ControlLeft", "KeyV"]).await;
    let has = |line: &Value| line["html"].as_str().is_some_and(|html| html.contains("<b>from here</b>"));
    scene.host.got(at, |line| is("html")(line) && has(line)).await;
}

#[tokio::test]
async fn where_text_alone_is_shared_a_picture_stays() {
    let scene = Scene::new(&[]).await;
    let clipboard = scene.desk.clipboard.clone();
    let id = scene.live().await;
    let mut page = Page::whole(&scene, &id).await;
    clipboard.set(Content::Image(ClipboardImage::new(1, 1, vec![1; 4]).unwrap())).unwrap();
    page.send(&[5]).await;
    page.chord(&["ControlLeft", "KeyV"]).await;
    scene.host.got(0, is("nothing to paste")).await;
}

#[tokio::test]
async fn files_that_were_not_copied_are_not_saved() {
    let scene = Scene::new(&[]).await;
    let id = scene.open().await;
    let early = scene.desk.app.desktop_files(&id, FilesAction::Save).await;
    assert_eq!(early.unwrap_err().code, FailureCode::InvalidInput, "no desktop is shown");
    scene.desk.app.session_close(&id).await.unwrap();
    let id = scene.live().await;
    let none = scene.desk.app.desktop_files(&id, FilesAction::Save).await;
    assert_eq!(none.unwrap_err().code, FailureCode::InvalidInput);
    // There is nothing to be ended, which is no mistake.
    scene.desk.app.desktop_files(&id, FilesAction::Cancel).await.unwrap();
    assert!(!scene.desk.config.downloads.as_ref().unwrap().exists());
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_is_not_there_is_told() {
    let scene = Scene::new(&[]).await;
    let gone = scene.desk.config.folders.data.join("gone").display().to_string();
    set(&scene, "rdp.folders", SettingValue::List(vec![gone.clone()])).await;
    let id = scene.live().await;
    assert!(limited(&scene, &id).await.contains(&gone));
}

/// Two printers, of which one is the usual one.
#[cfg(unix)]
const LPSTAT: &str =
    "case $1 in -e) echo Attic; echo Office;; -d) echo 'system default destination: Office';; esac";

#[cfg(unix)]
#[tokio::test]
async fn what_is_printed_there_comes_to_a_printer_here_byte_by_byte() {
    use sha2::{Digest as _, Sha256};

    let scene = Scene::new(&[]).await;
    scene.desk.command("lpstat", LPSTAT);
    let programs = scene.desk.command("lp", "printf '%s\\n' \"$@\" > \"$0.said\"; cat > \"$0.document\"");
    set(&scene, "rdp.printers", SettingValue::Toggle(true)).await;
    let id = scene.live().await;
    assert!(scene.info(&id).await.desktop.unwrap().printers);
    let is = |what: &'static str| move |line: &Value| line["event"] == "print" && line["what"] == what;
    let printer = |name: &'static str, usual| {
        move |line: &Value| is("printer")(line) && line["name"] == name && line["usual"] == usual
    };
    let at = scene.host.got(0, printer("Office", true)).await;
    let at = scene.host.got(at, printer("Attic", false)).await;
    let mut page = Page::whole(&scene, &id).await;
    page.type_keys(&["KeyA", "KeyD", "KeyI", "KeyT"]).await;
    page.click(PRINT).await;
    assert_eq!(
        noted(&scene, &id, NoteKind::Printed).await,
        "What was printed there was given to the printer Office."
    );
    let document = std::fs::read(programs.join("lp.document")).unwrap();
    let hash: String = Sha256::digest(&document).iter().map(|byte| format!("{byte:02x}")).collect();
    scene.host.got(at, |line| is("sent")(line) && line["sha256"] == hash.as_str()).await;
    assert!(String::from_utf8_lossy(&document).contains("(adit) show"));
    let said = std::fs::read_to_string(programs.join("lp.said")).unwrap();
    assert!(said.starts_with("-d\nOffice\n-t\nAdit: ") && said.contains("application/postscript"), "{said}");
    assert!(scene.info(&id).await.notes.iter().all(|note| note.kind != NoteKind::Limited));
}

#[cfg(unix)]
#[tokio::test]
async fn what_a_printer_does_not_take_is_told_with_its_reason() {
    let scene = Scene::new(&[]).await;
    scene.desk.command("lpstat", LPSTAT);
    scene.desk.command("lp", "echo 'lp: Error - The printer is not accepting jobs.' >&2; exit 1");
    set(&scene, "rdp.printers", SettingValue::Toggle(true)).await;
    let id = scene.live().await;
    scene.host.got(0, |line| line["event"] == "print" && line["what"] == "printer").await;
    let mut page = Page::whole(&scene, &id).await;
    page.click(PRINT).await;
    let said = limited(&scene, &id).await;
    assert!(said.contains("Office") && said.contains("“The printer is not accepting jobs.”"), "{said}");
}

/// Prints, and has the printing system refuse it once the test says so.
#[cfg(unix)]
async fn print_and_wait(scene: &Scene) -> (String, std::path::PathBuf) {
    scene.desk.command("lpstat", LPSTAT);
    let refuses = "cat > /dev/null; : > \"$0.began\"; until [ -e \"$0.go\" ]; do sleep 0.05; done; \
                   echo 'lp: Error - The printer is on fire.' >&2; exit 1";
    let programs = scene.desk.command("lp", refuses);
    set(scene, "rdp.printers", SettingValue::Toggle(true)).await;
    let id = scene.live().await;
    scene.host.got(0, |line| line["event"] == "print" && line["what"] == "printer").await;
    let mut page = Page::whole(scene, &id).await;
    page.click(PRINT).await;
    until("the job to be handed on", || programs.join("lp.began").exists()).await;
    (id, programs.join("lp.go"))
}

#[cfg(unix)]
#[tokio::test]
async fn what_becomes_of_a_job_after_its_session_stands_in_the_tab() {
    let scene = Scene::new(&[]).await;
    let (id, go) = print_and_wait(&scene).await;
    scene.desk.app.session_cancel(&id).await.unwrap();
    assert!(matches!(scene.info(&id).await.state, SessionState::Ended { .. }));
    std::fs::write(go, "").unwrap();
    assert!(limited(&scene, &id).await.contains("“The printer is on fire.”"));
}

#[cfg(unix)]
#[tokio::test]
async fn what_becomes_of_a_job_whose_tab_is_closed_is_told_beside_the_tabs() {
    let scene = Scene::new(&[]).await;
    let (id, go) = print_and_wait(&scene).await;
    scene.desk.app.session_close(&id).await.unwrap();
    std::fs::write(go, "").unwrap();
    let remark = scene.desk.events.find(|event| match event {
        Event::Remark(remark) => Some(remark.clone()),
        _ => None,
    });
    let remark = remark.await;
    assert_eq!((remark.kind, remark.title.as_str()), (NoteKind::Limited, "Trouble with printing from win-1"));
    assert!(remark.advice.contains("“The printer is on fire.”"), "{remark:?}");
    let events = scene.desk.events.all();
    let closed = events.iter().position(|event| *event == Event::SessionClosed(id.clone())).unwrap();
    let is_back = |event: &Event| matches!(event, Event::Session(info) if info.id == id);
    assert!(!events[closed..].iter().any(is_back), "its tab would come back");
}

#[cfg(unix)]
#[tokio::test]
async fn printers_are_looked_for_while_the_tunnel_is_on_its_way() {
    let scene = Scene::new(&[]).await;
    let programs = scene.desk.command("lpstat", &format!(": > \"$0.asked\"; {LPSTAT}"));
    set(&scene, "rdp.printers", SettingValue::Toggle(true)).await;
    // Where nothing answers, the tunnel does not come up.
    set(&scene, "rdp.port", SettingValue::Number(1)).await;
    let id = scene.open().await;
    let info = scene.next(&id, &mut 0).await;
    assert!(matches!(info.state, SessionState::Failed { was_live: false, .. }), "{info:?}");
    until("a look", || programs.join("lpstat.asked").exists()).await;
}

#[cfg(unix)]
#[tokio::test]
async fn printers_are_shared_only_where_that_is_set_and_there_are_some() {
    let scene = Scene::new(&[]).await;
    let id = scene.live().await;
    let mut page = Page::whole(&scene, &id).await;
    page.click(PRINT).await;
    let none = |line: &Value| line["event"] == "print" && line["what"] == "no printer";
    let at = scene.host.got(0, none).await;
    scene.desk.app.session_close(&id).await.unwrap();
    set(&scene, "rdp.printers", SettingValue::Toggle(true)).await;
    let id = scene.live().await;
    assert!(limited(&scene, &id).await.contains("lpstat is missing here"));
    let mut page = Page::whole(&scene, &id).await;
    page.click(PRINT).await;
    scene.host.got(at, none).await;
}
