//! How many files and sockets this process may have open.

/// As many as tunnels may need: two for each connection, and room for the rest.
#[cfg(unix)]
const WANTED: libc::rlim_t = 10_240;

/// Raises the soft limit of open files as far as the hard one allows, and no further than tunnels need: many systems
/// begin with 256 or 1,024, and each tunnelled connection takes two. What cannot be raised stays as it is; connections
/// beyond it are then refused, not lost.
pub fn raise_limit() {
    #[cfg(unix)]
    {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: the structure is ours and writable, and the call writes nothing else.
        if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } != 0 || limit.rlim_cur >= WANTED {
            return;
        }
        limit.rlim_cur = WANTED.min(limit.rlim_max);
        // SAFETY: the structure is ours and only read.
        if unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) } != 0 {
            tracing::debug!("the limit of open files could not be raised");
        }
    }
}
