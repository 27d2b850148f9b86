//! A named pipe that only its owner may open. Type-checked, and not yet run on Windows.

use std::{io, os::windows::io::AsRawHandle as _, path::Path, ptr};

use adit_tunnel::peer::PeerUser;
use sha2::{Digest as _, Sha256};
use tokio::net::windows::named_pipe::{
    ClientOptions, NamedPipeClient, NamedPipeServer, PipeMode, ServerOptions,
};
use windows_sys::Win32::{
    Foundation::{ERROR_FILE_NOT_FOUND, LocalFree},
    Security::{
        Authorization::{ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1},
        PSECURITY_DESCRIPTOR, SECURITY_ATTRIBUTES,
    },
    System::Pipes::GetNamedPipeServerProcessId,
};

use super::NAME;

/// The app's end of a connection.
pub(in super::super) type Incoming = NamedPipeServer;
/// The command's end of a connection.
pub(in super::super) type Outgoing = NamedPipeClient;

/// All rights to the owner, none to anybody else, nothing inherited.
const OWNER_ONLY: &str = "D:P(A;;GA;;;OW)";

/// See the module.
#[derive(Debug)]
pub(in super::super) struct Listener {
    name: String,
    /// The instance that the next one to connect gets.
    next: NamedPipeServer,
}

impl Listener {
    /// Listens by the name that belongs to this folder.
    ///
    /// # Errors
    /// [`io::ErrorKind::PermissionDenied`] when another process has the name, and whatever the system says.
    pub(in super::super) async fn bind(folder: &Path) -> io::Result<Self> {
        let name = name(folder);
        let next = instance(&name, Instance::First)?;
        Ok(Self { name, next })
    }

    /// The next connection.
    pub(in super::super) async fn accept(&mut self) -> io::Result<Incoming> {
        let connected = self.next.connect().await;
        // Also after a failure: an instance whose client vanished before it was taken serves nobody else.
        let fresh = instance(&self.name, Instance::Further)?;
        let next = std::mem::replace(&mut self.next, fresh);
        connected.map(|()| next)
    }
}

/// Connects to whoever listens by the name of this folder; `None` when nobody does.
///
/// # Errors
/// [`io::ErrorKind::PermissionDenied`] when another user's process listens there, and whatever the system says.
pub(in super::super) async fn connect(folder: &Path) -> io::Result<Option<Outgoing>> {
    match ClientOptions::new().open(name(folder)) {
        Ok(pipe) if server_user(&pipe)? == PeerUser::Same => Ok(Some(pipe)),
        Ok(_) => Err(io::ErrorKind::PermissionDenied.into()),
        Err(error) if error.raw_os_error() == i32::try_from(ERROR_FILE_NOT_FOUND).ok() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whose process is at the other end. The name belongs to whoever made the pipe first, who need not be this user.
fn server_user(pipe: &NamedPipeClient) -> io::Result<PeerUser> {
    let mut pid = 0;
    // SAFETY: the handle is open for as long as `pipe`, and the number is writable.
    if unsafe { GetNamedPipeServerProcessId(pipe.as_raw_handle(), &raw mut pid) } == 0 {
        return Err(io::Error::last_os_error());
    }
    adit_tunnel::peer::process_user(pid)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Instance {
    First,
    Further,
}

fn instance(name: &str, which: Instance) -> io::Result<NamedPipeServer> {
    let descriptor = Descriptor::new()?;
    let size = u32::try_from(size_of::<SECURITY_ATTRIBUTES>()).map_err(io::Error::other)?;
    let mut attributes =
        SECURITY_ATTRIBUTES { nLength: size, lpSecurityDescriptor: descriptor.0, bInheritHandle: 0 };
    let mut options = ServerOptions::new();
    options
        .first_pipe_instance(which == Instance::First)
        .reject_remote_clients(true)
        .pipe_mode(PipeMode::Byte);
    // SAFETY: the attributes, and the descriptor that they point to, live until the call returns.
    unsafe { options.create_with_security_attributes_raw(name, ptr::from_mut(&mut attributes).cast()) }
}

/// The pipe's name: pipes share one name space, so the folder's path tells ours from others'.
fn name(folder: &Path) -> String {
    let digest = Sha256::digest(folder.as_os_str().as_encoded_bytes());
    let short: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!(r"\\.\pipe\{NAME}-{short}")
}

/// A security descriptor that the system allocated.
struct Descriptor(PSECURITY_DESCRIPTOR);

impl Descriptor {
    fn new() -> io::Result<Self> {
        let text: Vec<u16> = OWNER_ONLY.encode_utf16().chain([0]).collect();
        let mut descriptor: PSECURITY_DESCRIPTOR = ptr::null_mut();
        // SAFETY: the text ends with a zero and the result is writable; no size is asked for.
        let made = unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                text.as_ptr(),
                SDDL_REVISION_1,
                &raw mut descriptor,
                ptr::null_mut(),
            )
        };
        if made == 0 { Err(io::Error::last_os_error()) } else { Ok(Self(descriptor)) }
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: the system allocated it for us, and nobody else frees it.
        unsafe { LocalFree(self.0) };
    }
}
