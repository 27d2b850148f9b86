use std::net::SocketAddr;

use super::*;

/// Answers as it is told to.
struct Told {
    user: Option<PeerUser>,
    /// The process at the far end.
    peer: u32,
    processes: Vec<Process>,
}

impl PeerLookup for Told {
    fn user(&self, _link: Link) -> io::Result<PeerUser> {
        self.user.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn process(&self, _link: Link) -> io::Result<Process> {
        self.running(self.peer)
    }

    fn running(&self, pid: u32) -> io::Result<Process> {
        let found = self.processes.iter().find(|process| process.pid == pid);
        found.cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

fn process(pid: u32, parent: u32, started: u64) -> Process {
    Process {
        pid,
        parent: Some(parent),
        group: Some(pid),
        program: Some("/usr/bin/curl".into()),
        started: Some(started),
    }
}

fn local() -> Link {
    Link::Tcp { peer: "127.0.0.1:40000".parse().unwrap(), local: "127.0.0.1:10001".parse().unwrap() }
}

async fn ask(audience: &Audience, told: Told) -> Result<Option<u32>, (RefusalKind, String)> {
    let peers: Arc<dyn PeerLookup> = Arc::new(told);
    let admitted = audience.admit(local(), &peers).await;
    admitted.map(|process| process.map(|process| process.pid)).map_err(|refusal| (refusal.kind, refusal.why))
}

#[tokio::test]
async fn this_users_processes_come_in_and_nobody_elses() {
    let told = |user| Told { user, peer: 4121, processes: vec![process(4121, 1, 5)] };
    assert_eq!(ask(&Audience::User, told(Some(PeerUser::Same))).await, Ok(None));
    let (kind, why) = ask(&Audience::User, told(Some(PeerUser::Other))).await.unwrap_err();
    assert_eq!(kind, RefusalKind::OtherUser);
    assert_eq!(why, "curl (pid 4121) of another user is not let in");
    let unnamed = Told { processes: Vec::new(), ..told(Some(PeerUser::Other)) };
    let (_, why) = ask(&Audience::User, unnamed).await.unwrap_err();
    assert_eq!(why, "a program of another user is not let in");
    assert_eq!(ask(&Audience::User, told(None)).await.unwrap_err().0, RefusalKind::Untold);
    assert_eq!(ask(&Audience::Everyone, told(Some(PeerUser::Other))).await, Ok(None));
}

#[tokio::test]
async fn nobody_comes_in_from_another_machine() {
    let peers: Arc<dyn PeerLookup> =
        Arc::new(Told { user: Some(PeerUser::Same), peer: 7, processes: vec![process(7, 1, 5)] });
    let near: SocketAddr = "127.0.0.1:10001".parse().unwrap();
    for peer in ["192.0.2.7:40000", "[2001:db8::7]:40000", "[::ffff:192.0.2.7]:40000"] {
        let link = Link::Tcp { peer: peer.parse().unwrap(), local: near };
        for audience in [Audience::User, Audience::Everyone] {
            assert_eq!(audience.admit(link, &peers).await.unwrap_err().kind, RefusalKind::NotLocal);
        }
    }
}

#[tokio::test]
async fn named_programs_are_told_by_their_file() {
    let folder = tempfile::tempdir().unwrap();
    let (psql, other) = (folder.path().join("psql"), folder.path().join("other"));
    std::fs::write(&psql, "").unwrap();
    std::fs::write(&other, "").unwrap();
    let told = |user, program: &PathBuf| Told {
        user: Some(user),
        peer: 7,
        processes: vec![Process { program: Some(program.clone()), ..process(7, 1, 5) }],
    };
    let mut names = vec![psql.clone(), folder.path().join("missing"), folder.path().join(".").join("psql")];
    #[cfg(unix)]
    {
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&psql, &link).unwrap();
        names.push(link);
    }
    for name in names {
        let audience = Audience::Programs(vec![name.clone()]);
        let admitted = ask(&audience, told(PeerUser::Same, &psql)).await;
        assert_eq!(admitted.is_ok(), name.exists(), "{name:?}");
        let refused = ask(&audience, told(PeerUser::Same, &other)).await.unwrap_err();
        assert_eq!(refused.0, RefusalKind::OtherProgram);
        let refused = ask(&audience, told(PeerUser::Other, &psql)).await.unwrap_err();
        assert_eq!(refused.0, RefusalKind::OtherUser);
    }
    let nobody = Audience::Programs(Vec::new());
    assert!(ask(&nobody, told(PeerUser::Same, &psql)).await.is_err());
}

#[tokio::test]
async fn a_launched_program_and_its_descendants_come_in() {
    // 10 is launched, 11 and 12 come from it; 13 has no parent that is known.
    let all = [process(10, 1, 100), process(11, 10, 110), process(12, 11, 120), process(13, 9, 130)];
    let told = |peer, processes: &[Process]| Told {
        user: Some(PeerUser::Same),
        peer,
        processes: processes.to_vec(),
    };
    let launched = Audience::Launched(begun(10, &told(10, &all)));
    for (peer, let_in) in [(10, true), (11, true), (12, true), (13, false)] {
        assert_eq!(ask(&launched, told(peer, &all)).await.is_ok(), let_in, "{peer}");
    }
    // The child has ended, and a younger process has its number now.
    let reused = [process(10, 1, 115), process(11, 10, 110), process(12, 11, 120)];
    for peer in [10, 11, 12] {
        let (kind, why) = ask(&launched, told(peer, &reused)).await.unwrap_err();
        assert_eq!(kind, RefusalKind::NotLaunched);
        assert!(why.starts_with(&format!("curl (pid {peer}) ")), "{why}");
    }
    // A grandchild whose parent has ended, in the group that the child leads.
    let orphan = Process { group: Some(10), ..process(12, 1, 120) };
    assert!(ask(&launched, told(12, &[process(10, 1, 100), orphan.clone()])).await.is_ok());
    assert!(ask(&launched, told(12, &[process(10, 1, 115), orphan.clone()])).await.is_err());
    assert!(ask(&launched, told(12, &[orphan])).await.is_err());
}

#[tokio::test]
async fn a_circle_of_parents_has_an_end() {
    let circle = [process(10, 1, 1), process(20, 21, 5), process(21, 20, 5)];
    let told = Told { user: Some(PeerUser::Same), peer: 20, processes: circle.to_vec() };
    let launched = Audience::Launched(begun(10, &told));
    assert_eq!(ask(&launched, told).await.unwrap_err().0, RefusalKind::NotLaunched);
}

fn begun(pid: u32, peers: &dyn PeerLookup) -> Launched {
    let launched = Launched::awaited();
    launched.begun(pid, peers).unwrap();
    launched
}
