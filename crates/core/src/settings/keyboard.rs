//! The keyboards to choose from, and the number that Windows has for each.

use super::declared::Choice;

/// "As this computer has it", then the usual ones by name.
pub(super) const LAYOUTS: &[Choice] = &[
    Choice { value: "auto", title: "As on this computer", help: "" },
    layout("pt-BR", "Brazilian (ABNT)"),
    layout("bg-BG", "Bulgarian"),
    layout("fr-CA", "Canadian French"),
    layout("hr-HR", "Croatian"),
    layout("cs-CZ", "Czech"),
    layout("da-DK", "Danish"),
    layout("nl-BE", "Dutch (Belgium)"),
    layout("nl-NL", "Dutch (Netherlands)"),
    layout("en-GB", "English (United Kingdom)"),
    layout("en-US", "English (United States)"),
    layout("et-EE", "Estonian"),
    layout("fi-FI", "Finnish"),
    layout("fr-BE", "French (Belgium)"),
    layout("fr-FR", "French (France)"),
    layout("fr-CH", "French (Switzerland)"),
    layout("de-DE", "German (Germany)"),
    layout("de-CH", "German (Switzerland)"),
    layout("el-GR", "Greek"),
    layout("he-IL", "Hebrew"),
    layout("hu-HU", "Hungarian"),
    layout("is-IS", "Icelandic"),
    layout("it-IT", "Italian"),
    layout("ja-JP", "Japanese"),
    layout("ko-KR", "Korean"),
    layout("es-MX", "Latin American Spanish"),
    layout("lv-LV", "Latvian"),
    layout("lt-LT", "Lithuanian"),
    layout("nb-NO", "Norwegian"),
    layout("pl-PL", "Polish"),
    layout("pt-PT", "Portuguese"),
    layout("ro-RO", "Romanian"),
    layout("ru-RU", "Russian"),
    layout("sk-SK", "Slovak"),
    layout("sl-SI", "Slovenian"),
    layout("es-ES", "Spanish"),
    layout("sv-SE", "Swedish"),
    layout("tr-TR", "Turkish"),
    layout("uk-UA", "Ukrainian"),
];

const fn layout(value: &'static str, title: &'static str) -> Choice {
    Choice { value, title, help: "" }
}

/// The Windows input locale of a value of `rdp.keyboardLayout`; none for `auto`.
#[must_use]
pub fn keyboard_layout_id(value: &str) -> Option<u32> {
    Some(match value {
        "pt-BR" => 0x0416,
        "bg-BG" => 0x0402,
        "fr-CA" => 0x1009,
        "hr-HR" => 0x041a,
        "cs-CZ" => 0x0405,
        "da-DK" => 0x0406,
        "nl-BE" => 0x0813,
        "nl-NL" => 0x0413,
        "en-GB" => 0x0809,
        "en-US" => 0x0409,
        "et-EE" => 0x0425,
        "fi-FI" => 0x040b,
        "fr-BE" => 0x080c,
        "fr-FR" => 0x040c,
        "fr-CH" => 0x100c,
        "de-DE" => 0x0407,
        "de-CH" => 0x0807,
        "el-GR" => 0x0408,
        "he-IL" => 0x040d,
        "hu-HU" => 0x040e,
        "is-IS" => 0x040f,
        "it-IT" => 0x0410,
        "ja-JP" => 0x0411,
        "ko-KR" => 0x0412,
        "es-MX" => 0x080a,
        "lv-LV" => 0x0426,
        "lt-LT" => 0x0427,
        "nb-NO" => 0x0414,
        "pl-PL" => 0x0415,
        "pt-PT" => 0x0816,
        "ro-RO" => 0x0418,
        "ru-RU" => 0x0419,
        "sk-SK" => 0x041b,
        "sl-SI" => 0x0424,
        "es-ES" => 0x040a,
        "sv-SE" => 0x041d,
        "tr-TR" => 0x041f,
        "uk-UA" => 0x0422,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{LAYOUTS, keyboard_layout_id};

    #[test]
    fn every_layout_but_auto_has_a_number_of_its_own() {
        let ids: BTreeSet<u32> = LAYOUTS.iter().filter_map(|one| keyboard_layout_id(one.value)).collect();
        assert_eq!(ids.len(), LAYOUTS.len() - 1);
        assert_eq!(keyboard_layout_id("auto"), None);
    }
}
