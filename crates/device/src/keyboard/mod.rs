//! The keyboard's layout, by the identifier that Windows has for it: a remote desktop is told which keys mean what.
//!
//! The tables hold layouts whose keys lie as they do in Windows' layout of that identifier; one that is not in them is
//! unknown, and the remote desktop's own layout stays.

mod layouts;
pub(crate) mod linux;

use layouts::{MAC, XKB};

use crate::Fact;
use crate::here::Here;
use crate::probe::{Hive, Probe};

/// The keyboard's layout, as Windows counts them ("KLID"), such as 0x0407 for German. Takes [`crate::LIMIT`] at
/// most; needs a tokio runtime with I/O and time.
pub async fn keyboard_layout() -> Fact<u32> {
    match std::env::consts::OS {
        "linux" => linux::look(&Here).await,
        "macos" => macos(&Here).await,
        "windows" => windows(&Here),
        _ => Fact::unknown("this system is not known here"),
    }
}

/// The layout of X's keyboard extension; a variant that is not known counts as the layout without it.
pub(crate) fn xkb(layout: &str, variant: &str) -> Option<u32> {
    let of = |variant: &str| XKB.iter().find(|(name, of, _)| *name == layout && *of == variant);
    of(variant).or_else(|| of("")).map(|(_, _, id)| *id)
}

pub(crate) async fn macos(probe: &impl Probe) -> Fact<u32> {
    let arguments = ["read", "com.apple.HIToolbox", "AppleSelectedInputSources"];
    let said = probe.run("/usr/bin/defaults", &arguments).await;
    Fact::from(said.and_then(|said| mac(&said)), "defaults: AppleSelectedInputSources")
}

/// The layout among the selected input sources; an input method has none of its own.
fn mac(said: &str) -> Option<u32> {
    said.lines().find_map(|line| {
        let name = line.trim().strip_prefix("\"KeyboardLayout Name\" =")?;
        let name = name.trim().trim_end_matches(';').trim_matches('"');
        MAC.iter().find(|(known, _)| *known == name).map(|(_, id)| *id)
    })
}

pub(crate) fn windows(probe: &impl Probe) -> Fact<u32> {
    const PRELOAD: &str = r"Keyboard Layout\Preload";
    const SUBSTITUTES: &str = r"Keyboard Layout\Substitutes";
    let id = probe.registry(Hive::User, PRELOAD, "1").map(|id| {
        // A language is preloaded under its own name, with the layout that it has there.
        probe.registry(Hive::User, SUBSTITUTES, &id).unwrap_or(id)
    });
    let id = id.and_then(|id| u32::from_str_radix(id.trim(), 16).ok());
    // Those from 0xD0000000 on are names that Windows makes up; the language is in their lower half.
    let id = id.map(|id| if id >= 0xD000_0000 { id & 0xFFFF } else { id });
    Fact::from(id, &format!(r"registry: HKCU\{PRELOAD}"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::layouts::{MAC, XKB};
    use super::{macos, windows, xkb};
    use crate::recorded::Recorded;

    #[test]
    fn a_variant_that_is_not_known_is_the_layout_itself() {
        assert_eq!(xkb("de", ""), Some(0x0407));
        assert_eq!(xkb("de", "nodeadkeys"), Some(0x0407));
        assert_eq!(xkb("us", "intl"), Some(0x2_0409));
        assert_eq!(xkb("ch", "fr"), Some(0x100C));
        assert_eq!(xkb("xx", ""), None);
    }

    #[test]
    fn no_layout_stands_in_a_table_twice_and_each_variant_has_its_layout() {
        let mut seen = HashSet::new();
        for (layout, variant, _) in XKB {
            assert!(seen.insert((layout, variant)), "{layout} {variant}");
            assert!(XKB.iter().any(|(name, of, _)| name == layout && of.is_empty()), "{layout}");
        }
        let names: HashSet<_> = MAC.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), MAC.len());
    }

    #[tokio::test]
    async fn a_mac_tells_its_layout_by_name() {
        let command = "/usr/bin/defaults read com.apple.HIToolbox AppleSelectedInputSources";
        let said = "(\n        {\n        InputSourceKind = \"Keyboard Layout\";\n        \"KeyboardLayout ID\" = 3;\n        \
                    \"KeyboardLayout Name\" = German;\n    }\n)\n";
        assert_eq!(macos(&Recorded::default().says(command, said)).await.value, Some(0x0407));
        let quoted = said.replace("German", "\"Swiss French\"");
        assert_eq!(macos(&Recorded::default().says(command, &quoted)).await.value, Some(0x100C));
        let other = said.replace("German", "Klingon");
        assert_eq!(macos(&Recorded::default().says(command, &other)).await.value, None);
        assert_eq!(macos(&Recorded::default()).await.value, None);
    }

    #[test]
    fn windows_tells_its_layout_by_what_is_preloaded() {
        let preload = r"HKCU\Keyboard Layout\Preload";
        let german = Recorded::default().value(preload, "1", "00000407");
        assert_eq!(windows(&german).value, Some(0x0407));
        let substituted = Recorded::default().value(preload, "1", "d0010409").value(
            r"HKCU\Keyboard Layout\Substitutes",
            "d0010409",
            "00020409",
        );
        assert_eq!(windows(&substituted).value, Some(0x2_0409));
        let made_up = Recorded::default().value(preload, "1", "d0010409");
        assert_eq!(windows(&made_up).value, Some(0x0409));
        assert_eq!(windows(&Recorded::default().value(preload, "1", "?")).value, None);
    }
}
