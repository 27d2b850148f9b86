//! Profiles that come from a file or go into one: what was left out and why.

use std::net::IpAddr;

use adit_contract::Failure;

use super::invalid;

pub(crate) const NOT_READ: &str = "The file could not be read";

pub(crate) fn not_profiles() -> Failure {
    not_such("This is no file of profiles")
}

pub(crate) fn not_rdp() -> Failure {
    not_such("This is no .rdp file")
}

pub(crate) fn not_iapc() -> Failure {
    not_such("This is no .iapc file")
}

fn not_such(title: &str) -> Failure {
    invalid(title, "Choose profiles that Adit has exported, an .rdp file, or an .iapc file of IAP Desktop.")
}

pub(crate) fn too_much() -> Failure {
    invalid("That is too much for one file of profiles", "Export them folder by folder.")
}

pub(crate) fn own_file() -> Failure {
    invalid("Adit keeps its profiles in this file", "Choose another name, such as adit-profiles.json.")
}

/// What profiles of a file are called that has no name itself.
pub(crate) const IMPORTED: &str = "Imported";

// ---- what was done with any of them

pub(crate) fn more_notes(more: usize) -> String {
    format!("And {more} more.")
}

/// Not taken over; at most `most` are named.
pub(crate) fn not_taken_over(all: &[String], most: usize) -> String {
    match all.get(..most).filter(|first| first.len() < all.len()) {
        Some(first) => format!("Not taken over: {}, and others.", first.join(", ")),
        None => format!("Not taken over: {}.", all.join(", ")),
    }
}

pub(crate) fn began_at_login(name: &str) -> String {
    format!("\"{name}\" began at login there. Here it is started by hand.")
}

pub(crate) fn let_in_all_sites(name: &str) -> String {
    format!("\"{name}\" let in requests from all sites there. Here it does not.")
}

pub(crate) fn let_in_everyone(name: &str) -> String {
    format!("\"{name}\" let in everyone on its computer there. Here it lets in you.")
}

pub(crate) fn setting_left_out(key: &str, name: &str, why: &str) -> String {
    format!("The setting {key} of \"{name}\" was left out: {why}.")
}

pub(crate) fn weak_sign_in(name: &str) -> String {
    format!(
        "\"{name}\" signed in with less protection of the password there. Choose so in its settings if you want it."
    )
}

pub(crate) fn folders_changed(name: &str) -> String {
    format!(
        "\"{name}\" let the desktop change files in shared folders there. Choose so in its settings if you want it."
    )
}

pub(crate) fn clipboard_shared(name: &str) -> String {
    format!(
        "\"{name}\" shared files and pictures by the clipboard there. Choose so in its settings if you want it."
    )
}

pub(crate) fn printers_shared(name: &str) -> String {
    format!("\"{name}\" shared the printers there. Choose so in its settings if you want it.")
}

pub(crate) fn folders_shared(name: &str, folders: &[String]) -> String {
    let folders = folders.join(", ");
    format!("\"{name}\" shared folders ({folders}) there. Choose so in its settings if you want it.")
}

/// What a profile starts, once a person has agreed.
pub(crate) fn runs(name: &str, command_line: &str) -> String {
    format!("{name}: {command_line}")
}

// ---- our own exports

/// What is always left out, for whoever reads the file.
pub(crate) const SECRETS_STAY: &str =
    "Passwords and keys: they stay in the keychain of the computer that wrote this.";

pub(crate) fn not_understood(name: &str) -> String {
    format!("\"{name}\": this version of Adit does not understand it.")
}

pub(crate) fn more_not_understood(more: usize) -> String {
    format!("{more} more that this version of Adit does not understand.")
}

pub(crate) fn password_among_arguments(name: &str) -> String {
    format!("\"{name}\": what looked like a password among its program's arguments.")
}

pub(crate) fn later() -> Failure {
    invalid("A later version of Adit wrote this file", "Update Adit, and import it then.")
}

pub(crate) const WITHOUT_NAME: &str = "One without a name";
pub(crate) const OF_LATER_VERSION: &str = "This version of Adit does not understand it.";

pub(crate) fn left_out(name: &str, why: &str) -> String {
    format!("\"{name}\" was left out. {why}")
}

pub(crate) const NO_PASSWORDS: &str =
    "Passwords are in no such file. A desktop asks for them at its first start.";

// ---- .rdp files

pub(crate) const ADMINISTRATIVE_SESSION: &str =
    "The server's administrative session is not asked for: it is an ordinary one.";
pub(crate) const CONSOLE: &str = "The server's console is not asked for: the session is an ordinary one.";
pub(crate) const KERBEROS_PROXY: &str =
    "Kerberos is missing here, and with it the proxy to it that the file names.";
pub(crate) const CONNECTION_BROKER: &str =
    "No connection broker is asked: the desktop is that of the VM itself.";
pub(crate) const PROMPT: &str =
    "The password is asked for only while none is saved for the profile or its VM.";

pub(crate) fn no_computer() -> Failure {
    invalid("This .rdp file names no computer", "Choose one with a full address in it.")
}

pub(crate) fn port_unusable(port: u16) -> String {
    format!("The port cannot be used, and is {port}.")
}

pub(crate) const DOMAIN_WITHOUT_USER: &str = "The domain was left out: the file names no user of it.";
pub(crate) const USER_UNUSABLE: &str = "The user's name cannot be used, and was left out.";
pub(crate) const SOUND_UNKNOWN: &str = "What the file says of sound is not understood, and was left out.";
pub(crate) const CLIPBOARD_TEXT: &str =
    "The clipboard shares text. Pictures and files can be chosen in the profile's settings.";
pub(crate) const CLIPBOARD_UNKNOWN: &str =
    "What the file says of the clipboard is not understood, and was left out.";

pub(crate) fn size_left_out(width: &str, height: &str) -> String {
    format!("The size of {width} × {height} was left out: a desktop begins with that of its tab.")
}

pub(crate) fn lines_left_out(most: usize) -> String {
    format!("What stands after the first {most} lines was left out.")
}

pub(crate) fn gateway(host: &str) -> String {
    format!("The gateway {host} is not used: the way leads through IAP.")
}

pub(crate) const SECRETS_LEFT_OUT: &str =
    "Passwords and tokens were left out. The first start asks for the password.";
pub(crate) const DEVICES: &str = "Drives, printers and other devices are not shared. Folders and printers can be chosen in the profile's \
     settings.";

pub(crate) fn program_not_started(program: &str) -> String {
    format!("The program {program} is not started: the whole desktop is shown.")
}

pub(crate) const SCREENS: &str = "Full screen and several displays are chosen in the tab.";
pub(crate) const WEAK: &str = "The file asks for less protection of the sign-in, which was left out. If the server has no Network Level \
     Authentication, choose so in the profile's settings.";

pub(crate) fn is_this_computer(host: &str) -> String {
    format!("{host} is this computer: choose the VM in the profile.")
}

pub(crate) fn address_looked_for(address: &str) -> String {
    format!("The VM that has the address {address} is looked for at each start.")
}

pub(crate) fn no_name_of_computer(host: &str) -> String {
    format!("{host} is no name of a computer: choose the VM in the profile.")
}

pub(crate) fn name_looked_for(name: &str) -> String {
    format!("An .rdp file names no VM: the one that is called {name} is looked for at each start.")
}

// ---- .iapc files

/// What a profile is called whose file has no name that can be used.
pub(crate) const IAP_DESKTOP: &str = "IAP Desktop";

pub(crate) fn iapc_unknown_form() -> Failure {
    invalid("This form of .iapc file is not known", "Adit reads version 1.")
}

pub(crate) fn iapc_without_port() -> Failure {
    invalid("This .iapc file names no port", "It needs a remotePort from 1 to 65535.")
}

pub(crate) const FOR_ANY_VM: &str =
    "IAP Desktop offers this on any VM; a profile is for one. Choose it in the profile.";

pub(crate) fn condition(condition: &str) -> String {
    format!("Its condition was left out: {condition}")
}

pub(crate) fn local_end(address: IpAddr) -> String {
    format!("The local end is on 127.0.0.1 in place of {address}.")
}

pub(crate) const LOCAL_PORT_UNUSABLE: &str =
    "Its local port cannot be used. The tunnel takes the one that belongs to its target.";
pub(crate) const NO_PROGRAM: &str = "It names no program: the port is forwarded, and nothing is started.";

pub(crate) fn program_of_windows(program: &str) -> String {
    format!("{program} is a program of Windows: choose one of this computer in the profile.")
}

pub(crate) fn whole_path(program: &str) -> String {
    format!("Write the whole path of {program} in the profile if it is not found.")
}

pub(crate) fn variable_among_arguments(variable: &str) -> String {
    format!("Write what %{variable}% stands for among the program's arguments.")
}

pub(crate) const NAME_OF_USER: &str = "Write the user's name in place of {username} in the profile.";
