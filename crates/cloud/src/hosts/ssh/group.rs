//! A program with everything it started: signalled together, and ended together.

use std::time::Duration;

use russh::Sig;

/// How long a program may take to end after its terminal was hung up, before it is killed.
pub(super) const HANG_UP: Duration = Duration::from_millis(500);

#[cfg(not(unix))]
pub(super) use other::Group;
#[cfg(unix)]
pub(super) use unix::{Group, exit_of_signal, wait};

#[cfg(unix)]
mod unix {
    use std::sync::{Mutex, PoisonError};

    use super::super::program::Exit;
    use super::Sig;

    /// A process group by its leader, which is a child of this process. Signals stop when the leader has been
    /// waited for: its number may then be another's.
    pub(in super::super) struct Group {
        leader: libc::pid_t,
        reaped: Mutex<bool>,
    }

    impl Group {
        pub(in super::super) fn new(leader: u32) -> Option<Self> {
            let leader = libc::pid_t::try_from(leader).ok().filter(|leader| *leader > 1)?;
            Some(Self { leader, reaped: Mutex::new(false) })
        }

        pub(in super::super) fn leader(&self) -> libc::pid_t {
            self.leader
        }

        /// Reaps the leader, which must have ended, with `reap`.
        pub(in super::super) fn reap(&self, reap: impl FnOnce()) {
            let mut reaped = self.reaped.lock().unwrap_or_else(PoisonError::into_inner);
            reap();
            *reaped = true;
        }

        pub(in super::super) fn signal(&self, signal: &Sig) {
            if let Some(number) = number(signal) {
                self.send(number);
            }
        }

        pub(in super::super) fn hang_up(&self) {
            self.send(libc::SIGHUP);
        }

        pub(in super::super) fn kill(&self) {
            self.send(libc::SIGKILL);
        }

        fn send(&self, number: libc::c_int) {
            let reaped = self.reaped.lock().unwrap_or_else(PoisonError::into_inner);
            if !*reaped {
                // SAFETY: `kill` takes no pointers, and the group's leader has not been waited for, so that its
                // number is still its own.
                let _ = unsafe { libc::kill(-self.leader, number) };
            }
        }
    }

    impl Drop for Group {
        fn drop(&mut self) {
            self.kill();
        }
    }

    /// Waits for the end of a child and leaves it to be reaped. `None` where there is no such child.
    pub(in super::super) fn wait(leader: libc::pid_t) -> Option<Exit> {
        let id = libc::id_t::try_from(leader).ok()?;
        loop {
            // SAFETY: all-zero bytes are a valid `siginfo_t`, a plain structure of integers.
            let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
            // SAFETY: `info` is a valid place for one `siginfo_t` during the call.
            let result =
                unsafe { libc::waitid(libc::P_PID, id, &raw mut info, libc::WEXITED | libc::WNOWAIT) };
            if result == 0 {
                // SAFETY: `waitid` has filled in the fields of a child's end, of which this is one.
                let status = unsafe { info.si_status() };
                return Some(match info.si_code {
                    libc::CLD_KILLED | libc::CLD_DUMPED => exit_of_signal(status),
                    _ => Exit::Status(u32::try_from(status).unwrap_or(255)),
                });
            }
            if std::io::Error::last_os_error().kind() != std::io::ErrorKind::Interrupted {
                return None;
            }
        }
    }

    /// The signals that RFC 4254 names, section 6.10.
    fn number(signal: &Sig) -> Option<libc::c_int> {
        Some(match signal {
            Sig::ABRT => libc::SIGABRT,
            Sig::ALRM => libc::SIGALRM,
            Sig::FPE => libc::SIGFPE,
            Sig::HUP => libc::SIGHUP,
            Sig::ILL => libc::SIGILL,
            Sig::INT => libc::SIGINT,
            Sig::KILL => libc::SIGKILL,
            Sig::PIPE => libc::SIGPIPE,
            Sig::QUIT => libc::SIGQUIT,
            Sig::SEGV => libc::SIGSEGV,
            Sig::TERM => libc::SIGTERM,
            Sig::USR1 => libc::SIGUSR1,
            Sig::Custom(name) => return (name == "USR2").then_some(libc::SIGUSR2),
        })
    }

    /// The end of a program by a signal.
    pub(in super::super) fn exit_of_signal(number: libc::c_int) -> Exit {
        Exit::Signal(match number {
            libc::SIGABRT => Sig::ABRT,
            libc::SIGALRM => Sig::ALRM,
            libc::SIGFPE => Sig::FPE,
            libc::SIGHUP => Sig::HUP,
            libc::SIGILL => Sig::ILL,
            libc::SIGINT => Sig::INT,
            libc::SIGKILL => Sig::KILL,
            libc::SIGPIPE => Sig::PIPE,
            libc::SIGQUIT => Sig::QUIT,
            libc::SIGSEGV => Sig::SEGV,
            libc::SIGTERM => Sig::TERM,
            libc::SIGUSR1 => Sig::USR1,
            libc::SIGUSR2 => Sig::Custom("USR2".to_owned()),
            // as OpenSSH does for those without a name
            _ => Sig::Custom("SIG@openssh.com".to_owned()),
        })
    }
}

#[cfg(not(unix))]
mod other {
    use std::sync::{Mutex, PoisonError};

    use portable_pty::ChildKiller;

    use super::Sig;

    /// A program on a terminal; what it started ends with its terminal.
    pub(in super::super) struct Group(Mutex<Box<dyn ChildKiller + Send + Sync>>);

    impl Group {
        pub(in super::super) fn new(killer: Box<dyn ChildKiller + Send + Sync>) -> Self {
            Self(Mutex::new(killer))
        }

        /// There are no signals; those that ask for the end bring it.
        pub(in super::super) fn signal(&self, signal: &Sig) {
            if matches!(signal, Sig::HUP | Sig::INT | Sig::KILL | Sig::QUIT | Sig::TERM) {
                self.kill();
            }
        }

        pub(in super::super) fn hang_up(&self) {
            self.kill();
        }

        pub(in super::super) fn kill(&self) {
            let mut killer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // it may have ended by itself
            let _ = killer.kill();
        }
    }

    impl Drop for Group {
        fn drop(&mut self) {
            self.kill();
        }
    }
}
