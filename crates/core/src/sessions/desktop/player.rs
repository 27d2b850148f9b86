//! Plays what a desktop sounds like. The loudspeaker is taken with the first sound, and given back after a silence: one
//! that is held keeps a headset awake, and other programs out where only one can have it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use adit_rdp::{Frame, Rate, Sound, SoundQueue, Volume};
use tokio::{runtime::Handle, sync::Notify, time::sleep};

use crate::{
    loudspeaker::{Loudspeaker, NoLoudspeaker, Playing},
    words::desktop as words,
};

/// As much sound waits at most; what comes beyond pushes the oldest out.
const LONGEST: Duration = Duration::from_millis(300);
/// Sound after a silence waits so long for more, since a network does not bring it evenly.
const CUSHION: Duration = Duration::from_millis(60);
/// How often a loudspeaker that plays is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// After so many looks without any sound it is given back.
const SILENCE: u32 = 15;
/// So long after none was found none is looked for.
const NONE: Duration = Duration::from_secs(30);

/// See the module.
pub(super) struct Player {
    loudspeaker: Arc<dyn Loudspeaker>,
    queue: Arc<SoundQueue>,
    /// There was a sound since this was looked at last.
    sounded: AtomicBool,
    began: Notify,
}

impl Player {
    pub(super) fn new(loudspeaker: Arc<dyn Loudspeaker>) -> Self {
        let queue = Arc::new(SoundQueue::new(LONGEST).with_cushion(CUSHION));
        Self { loudspeaker, queue, sounded: AtomicBool::new(false), began: Notify::new() }
    }

    /// Plays, for as long as it is polled. Says once if there is nothing to play with, or nothing that works.
    pub(super) async fn run(&self, mut tell: impl FnMut(&str)) {
        let mut told = false;
        let mut tell_once = |text| {
            if !std::mem::replace(&mut told, true) {
                tell(text);
            }
        };
        loop {
            // It is told of every sound, those that were played already too.
            while !self.sounded.swap(false, Ordering::Relaxed) {
                self.began.notified().await;
            }
            match self.open().await {
                Ok(held) => {
                    if self.hold(&held).await == Held::BrokeAtOnce {
                        tracing::info!("a loudspeaker broke as soon as it played");
                        tell_once(words::LOUDSPEAKER_FAILS);
                        drop(held);
                        sleep(NONE).await;
                    }
                }
                Err(error) => {
                    tracing::info!(%error, "a desktop is silent");
                    tell_once(words::NO_LOUDSPEAKER);
                    sleep(NONE).await;
                }
            }
        }
    }

    async fn open(&self) -> Result<Taken, NoLoudspeaker> {
        let (loudspeaker, queue) = (Arc::clone(&self.loudspeaker), Arc::clone(&self.queue));
        // However long that takes: another try would not be faster, and hold one more thread.
        let opening = move || loudspeaker.open(queue).map(|playing| Taken(Some(playing)));
        let opened = tokio::task::spawn_blocking(opening).await;
        opened.unwrap_or_else(|error| Err(NoLoudspeaker(error.to_string())))
    }

    /// Until it has gone, or nothing has sounded for a while.
    async fn hold(&self, taken: &Taken) -> Held {
        let (mut looks, mut silent) = (0_u64, 0);
        while silent < SILENCE {
            if taken.is_lost() {
                return if looks <= 1 { Held::BrokeAtOnce } else { Held::Enough };
            }
            sleep(LOOK).await;
            looks += 1;
            silent = if self.sounded.swap(false, Ordering::Relaxed) { 0 } else { silent + 1 };
        }
        Held::Enough
    }
}

/// How a loudspeaker was held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    /// For as long as it was there and wanted.
    Enough,
    /// It had gone at the first look.
    BrokeAtOnce,
}

/// A loudspeaker that is held. It is given back where that may take its time, also when whoever waited for the end of it
/// is dropped.
struct Taken(Option<Box<dyn Playing>>);

impl Taken {
    fn is_lost(&self) -> bool {
        self.0.as_ref().is_none_or(|playing| playing.is_lost())
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let playing = self.0.take();
        // Without a runtime there is nobody whom that would hold up.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn_blocking(move || drop(playing));
        }
    }
}

impl Sound for Player {
    fn play(&self, rate: Rate, frames: &[Frame]) {
        self.queue.play(rate, frames);
        self.sounded.store(true, Ordering::Relaxed);
        self.began.notify_one();
    }

    fn latency(&self) -> Duration {
        self.queue.latency()
    }

    fn volume(&self, volume: Volume) {
        self.queue.volume(volume);
    }

    fn stop(&self) {
        self.queue.stop();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Mutex,
        atomic::{AtomicU32, AtomicU64},
    };

    use super::*;

    /// Counts how often it was opened and how many hold it. The first so many times there is none.
    #[derive(Default)]
    struct Fake {
        missing: AtomicU32,
        opened: AtomicU64,
        held: Arc<AtomicU64>,
        lost: Arc<AtomicBool>,
        queue: Mutex<Option<Arc<SoundQueue>>>,
        news: Notify,
    }

    struct Fakes {
        held: Arc<AtomicU64>,
        lost: Arc<AtomicBool>,
    }

    impl Playing for Fakes {
        fn is_lost(&self) -> bool {
            self.lost.load(Ordering::SeqCst)
        }
    }

    impl Drop for Fakes {
        fn drop(&mut self) {
            self.held.fetch_sub(1, Ordering::SeqCst);
        }
    }

    impl Loudspeaker for Fake {
        fn open(&self, queue: Arc<SoundQueue>) -> Result<Box<dyn Playing>, NoLoudspeaker> {
            self.opened.fetch_add(1, Ordering::SeqCst);
            let missing = self.missing.load(Ordering::SeqCst);
            self.news.notify_one();
            if missing > 0 {
                self.missing.store(missing - 1, Ordering::SeqCst);
                return Err(NoLoudspeaker("unplugged".to_owned()));
            }
            *self.queue.lock().unwrap() = Some(queue);
            self.held.fetch_add(1, Ordering::SeqCst);
            Ok(Box::new(Fakes { held: Arc::clone(&self.held), lost: Arc::clone(&self.lost) }))
        }
    }

    fn beep(player: &Player) {
        player.play(Rate::Hz48000, &[[100, -100]; 4800]);
    }

    struct Scene {
        fake: Arc<Fake>,
        player: Arc<Player>,
        told: Arc<Mutex<Vec<String>>>,
    }

    impl Scene {
        fn new(missing: u32) -> Self {
            let fake = Arc::new(Fake { missing: AtomicU32::new(missing), ..Fake::default() });
            let player = Arc::new(Player::new(Arc::clone(&fake) as Arc<dyn Loudspeaker>));
            let told = Arc::new(Mutex::new(Vec::new()));
            let (running, words) = (Arc::clone(&player), Arc::clone(&told));
            tokio::spawn(async move {
                running.run(|text| words.lock().unwrap().push(text.to_owned())).await;
            });
            Self { fake, player, told }
        }

        fn held(&self) -> u64 {
            self.fake.held.load(Ordering::SeqCst)
        }
    }

    // Time stands still but where everything waits for it.
    #[tokio::test(start_paused = true)]
    async fn the_loudspeaker_is_held_while_there_is_sound_and_no_longer() {
        let scene = Scene::new(0);
        assert_eq!(scene.fake.opened.load(Ordering::SeqCst), 0, "nothing has sounded");
        beep(&scene.player);
        scene.fake.news.notified().await;
        sleep(LOOK * 2).await;
        let queue = scene.fake.queue.lock().unwrap().clone().unwrap();
        let mut frames = [[0; 2]; 480];
        assert_eq!((queue.take(&mut frames), frames[0]), (480, [100, -100]));
        for _ in 0..SILENCE {
            sleep(LOOK).await;
            beep(&scene.player);
        }
        assert_eq!((scene.held(), scene.fake.opened.load(Ordering::SeqCst)), (1, 1));
        sleep(LOOK * (SILENCE + 2)).await;
        assert_eq!(scene.held(), 0);
        // The last of those sounds has come while it was held; a new one takes it again.
        beep(&scene.player);
        sleep(LOOK * 2).await;
        assert_eq!(scene.held(), 1);
        assert_eq!(*scene.told.lock().unwrap(), Vec::<String>::new());
    }

    #[tokio::test(start_paused = true)]
    async fn where_there_is_none_it_is_told_once_and_looked_for_again() {
        let scene = Scene::new(2);
        for _ in 0..3 {
            beep(&scene.player);
            sleep(NONE + LOOK).await;
        }
        assert_eq!(scene.told.lock().unwrap().len(), 1);
        assert_eq!(scene.fake.opened.load(Ordering::SeqCst), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_has_gone_is_looked_for_anew() {
        let scene = Scene::new(0);
        beep(&scene.player);
        sleep(LOOK * 3).await;
        scene.fake.lost.store(true, Ordering::SeqCst);
        sleep(LOOK * 2).await;
        assert_eq!(scene.held(), 0);
        scene.fake.lost.store(false, Ordering::SeqCst);
        beep(&scene.player);
        sleep(LOOK * 2).await;
        assert_eq!(scene.held(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_breaks_at_once_is_told_of_and_left_alone_for_a_while() {
        let scene = Scene::new(0);
        scene.fake.lost.store(true, Ordering::SeqCst);
        for _ in 0..20 {
            beep(&scene.player);
            sleep(LOOK).await;
        }
        assert_eq!(scene.fake.opened.load(Ordering::SeqCst), 1);
        assert_eq!(scene.told.lock().unwrap().len(), 1);
        sleep(NONE).await;
        assert_eq!((scene.held(), scene.fake.opened.load(Ordering::SeqCst)), (0, 2));
        assert_eq!(scene.told.lock().unwrap().len(), 1);
    }

    #[test]
    fn no_more_waits_than_is_worth_hearing() {
        let player = Player::new(Arc::new(Fake::default()));
        for _ in 0..10 {
            beep(&player);
        }
        assert!(player.latency() <= LONGEST + CUSHION, "{:?}", player.latency());
    }
}
