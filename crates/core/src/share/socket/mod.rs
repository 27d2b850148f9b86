//! The socket itself: private to this system user, by the means that each system has.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use self::unix::{Incoming, Listener, Outgoing, connect};
#[cfg(windows)]
pub(super) use self::windows::{Incoming, Listener, Outgoing, connect};

/// The socket's name in the run folder, and the beginning of the pipe's where there are pipes.
const NAME: &str = "adit.sock";

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::{Listener, connect};

    #[tokio::test]
    async fn a_socket_is_private_and_outlives_a_dead_one() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        assert!(connect(&run).await.unwrap().is_none(), "nobody is there yet");
        let first = Listener::bind(&run).await.unwrap();
        assert_eq!(std::fs::metadata(&run).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(connect(&run).await.unwrap().is_some());
        assert!(Listener::bind(&run).await.is_err(), "a living one is not pushed away");
        // As after a crash: the file stays, nobody listens.
        std::mem::forget(first.forget_file());
        assert!(connect(&run).await.unwrap().is_none());
        drop(Listener::bind(&run).await.unwrap());
    }

    #[tokio::test]
    async fn a_folder_that_others_may_write_to_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        std::fs::create_dir(&run).unwrap();
        std::fs::set_permissions(&run, std::fs::Permissions::from_mode(0o777)).unwrap();
        assert!(Listener::bind(&run).await.is_err());
        assert!(connect(&run).await.is_err());
    }
}
