//! Systems whose scripts are not run.

use super::Scripts;

pub(super) struct Unavailable;

impl Scripts for Unavailable {
    fn configured() -> Option<String> {
        None
    }

    fn run(_: &str, _: &str) -> Result<Option<String>, String> {
        Err("running such scripts is not available on this system, set a proxy by its address".to_owned())
    }
}
