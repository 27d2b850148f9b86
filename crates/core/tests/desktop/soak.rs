//! One desktop through all that happens to it in a day: other sizes, a keyboard that is lost with keys down, a page that
//! hides or comes anew, a relay that is lost, and one that no longer knows the session.
//!
//! In the tests it goes through each once. `cargo xtask soak desktop --minutes N` sets `ADIT_SOAK_MINUTES`, and it goes
//! on by chance for so long; then it looks at the memory as well.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use adit_cloud::Faults;
use adit_contract::{SessionState, Step};
use serde_json::Value;

use crate::{
    PATIENCE,
    page::{PAPER, Page, count},
    scene::Scene,
};

/// The relay is lost each time that so many bytes came from it.
const LOST_EVERY: u64 = 4_000_000;
/// A desktop comes back by itself five times in a minute, and is then left to the person. A session may be lost once
/// more before the test has seen that it was.
const SESSIONS_IN_A_MINUTE: usize = 2;
/// Keys that are down when the keyboard is lost.
const KEYS: [&str; 6] = ["ShiftLeft", "ControlLeft", "AltLeft", "KeyA", "ArrowLeft", "F5"];
/// What may be in use more than after the first fifth, in bytes.
const GROWTH: u64 = 16 * 1024 * 1024;

#[derive(Debug, Clone, Copy)]
enum Happening {
    Size,
    Keys,
    Hidden,
    Anew,
    Relay,
    Session,
}

const ALL: [Happening; 6] = [
    Happening::Size,
    Happening::Keys,
    Happening::Hidden,
    Happening::Relay,
    Happening::Anew,
    Happening::Session,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_desktop_lasts_through_all_that_happens_in_a_day() {
    let minutes = std::env::var("ADIT_SOAK_MINUTES").ok().map(|text| text.parse::<f64>().unwrap());
    let length = minutes.map(|minutes| Duration::from_secs_f64(minutes * 60.0));
    let scene = Scene::new(&["--bitmaps"]).await;
    scene.desk.cloud.set_faults(lost(None)).unwrap();
    let id = scene.live().await;
    let page = Page::whole(&scene, &id).await;
    let mut day = Day { scene, id, page, counts: [0; ALL.len()], lost: Vec::new(), warm: None };
    let Some(length) = length else {
        for happening in ALL {
            day.happen(happening, 17).await;
        }
        return;
    };
    let began = Instant::now();
    let mut seed = u64::from(std::process::id()) | 1;
    eprintln!("seed {seed}");
    while began.elapsed() < length {
        // Xorshift: the same again with the same seed.
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        day.happen(ALL[usize::try_from(seed >> 32).unwrap() % ALL.len()], seed).await;
        day.look_at_memory(began.elapsed() * 5 > length).await;
    }
    let Day { counts, warm, .. } = day;
    eprintln!(
        "{:?} happened {counts:?} times; {} kB in use when warm, {} at the end",
        ALL,
        warm.unwrap_or_default() / 1000,
        in_use() / 1000
    );
}

struct Day {
    scene: Scene,
    id: String,
    page: Page,
    counts: [u32; ALL.len()],
    /// When sessions were lost.
    lost: Vec<Instant>,
    warm: Option<u64>,
}

impl Day {
    /// Has that happen, and sees that the desktop is as it was: it lives, shows what it has, and holds no key.
    async fn happen(&mut self, mut happening: Happening, chance: u64) {
        if matches!(happening, Happening::Session) {
            self.lost.retain(|at| at.elapsed() < Duration::from_secs(60));
            if self.lost.len() >= SESSIONS_IN_A_MINUTE {
                happening = Happening::Relay;
            } else {
                self.lost.push(Instant::now());
            }
        }
        self.counts[happening as usize] += 1;
        match happening {
            Happening::Size => self.resize((800 + 4 * (chance % 200), 600 + 4 * (chance % 100))).await,
            Happening::Keys => {
                let down = KEYS.iter().enumerate().filter(|(at, _)| chance >> at & 1 == 1);
                let mut batch = vec![0];
                for (_, code) in down {
                    batch.extend([4, 1, u8::try_from(code.len()).unwrap()]);
                    batch.extend(code.as_bytes());
                }
                batch.push(7);
                self.page.send(&batch).await;
            }
            Happening::Hidden => {
                self.page.send(&[3, 0]).await;
                tokio::time::sleep(Duration::from_millis(chance % 1500)).await;
                self.page.send(&[3, 1]).await;
            }
            Happening::Anew => self.page = Page::whole(&self.scene, &self.id).await,
            Happening::Relay => {
                self.lose(None, |state| matches!(state, SessionState::Resuming { .. })).await;
            }
            Happening::Session => {
                let reconnects = |state: &SessionState| {
                    matches!(state, SessionState::Connecting { step: Step::Reconnect, .. })
                };
                self.lose(Some(4001), reconnects).await;
            }
        }
        self.page.goes_on(&self.scene).await;
        self.keys_are_up().await;
        self.shows_what_it_has().await;
        self.scene.desk.events.forget();
        self.scene.host.report.lock().unwrap().clear();
    }

    async fn resize(&mut self, (width, height): (u64, u64)) {
        let (width, height) = (u16::try_from(width).unwrap(), u16::try_from(height).unwrap());
        let ([w0, w1], [h0, h1]) = (width.to_le_bytes(), height.to_le_bytes());
        self.page.send(&[2, w0, w1, h0, h1, 100, 0]).await;
        let fits = |canvas: &adit_rdp::Canvas| {
            (canvas.width(), canvas.height()) == (width, height) && count(canvas, PAPER) > 10_000
        };
        self.page.paint_until(fits).await;
    }

    /// Loses the relay, which says this when it is to be resumed, and waits until the desktop is back.
    async fn lose(&mut self, code: Option<u16>, shown: impl Fn(&SessionState) -> bool) {
        self.scene.desk.cloud.set_faults(lost(code)).unwrap();
        let since = self.scene.desk.events.all().len();
        // As soon as it is lost the relay is well again: what comes back is not to be lost before it is there.
        let at = tokio::select! {
            at = self.scene.came_to(&self.id, since, &shown) => at,
            () = self.page.stir_until(&self.scene, &self.id, since, &shown) => {
                self.scene.place_of(&self.id, since, &shown).unwrap()
            }
        };
        self.scene.desk.cloud.set_faults(lost(None)).unwrap();
        self.scene.came_to(&self.id, at, |state| matches!(state, SessionState::Live)).await;
    }

    async fn keys_are_up(&self) {
        let end = Instant::now() + PATIENCE;
        loop {
            let down = down(&self.scene.host.report.lock().unwrap());
            if down.is_empty() {
                return;
            }
            assert!(Instant::now() < end, "keys stay down: {down:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What was painted bit by bit is what a page that comes anew gets whole. The desktop's clock may go on in between,
    /// so that a difference counts when it is there time and again.
    async fn shows_what_it_has(&mut self) {
        for _ in 0..20 {
            let whole = Page::whole(&self.scene, &self.id).await;
            let before = std::mem::replace(&mut self.page, whole);
            if before.canvas.pixels() == self.page.canvas.pixels() {
                return;
            }
        }
        panic!("the picture is not what the desktop has");
    }

    /// What is in use goes by the picture's size, so that it is looked at with always the same.
    async fn look_at_memory(&mut self, is_warm: bool) {
        self.resize((1000, 700)).await;
        let used = in_use();
        if is_warm {
            let warm = *self.warm.get_or_insert(used);
            assert!(used < warm + GROWTH, "from {warm} to {used} bytes in use");
        }
    }
}

/// The relay is lost again and again, and says this when it is to be resumed.
fn lost(reconnect_close: Option<u16>) -> Faults {
    let mut faults = Faults::default();
    faults.drop_after = Some(LOST_EVERY);
    faults.repeat = true;
    faults.reconnect_close = reconnect_close;
    faults
}

fn down(report: &[Value]) -> BTreeSet<String> {
    let mut down = BTreeSet::new();
    for line in report.iter().filter(|line| line["event"] == "key") {
        let key = format!("{} {}", line["code"], line["extended"]);
        if line["down"] == true {
            down.insert(key);
        } else {
            down.remove(&key);
        }
    }
    down
}

/// Bytes that the allocator has given away; what it keeps for itself depends on the sizes that pictures happened to have.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn in_use() -> u64 {
    // SAFETY: it takes nothing and counts under the allocator's own locks.
    let info = unsafe { libc::mallinfo2() };
    u64::try_from(info.uordblks.saturating_add(info.hblkhd)).unwrap()
}

/// Not known here.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn in_use() -> u64 {
    0
}
