//! The table of the user guide, from the declarations.

use std::fmt::Write as _;

use adit_contract::{SettingKind, SettingSpec, SettingValue};

use super::{said, shown, specs};

/// The settings as Markdown, a table for each heading and one of what addresses can say (docs/settings.md holds it, and a test that it does).
#[must_use]
pub fn guide() -> String {
    let mut text = String::new();
    let mut group = String::new();
    for spec in specs() {
        if spec.group != group {
            group.clone_from(&spec.group);
            let _ = write!(
                text,
                "\n### {group}\n\n| key | what it sets | values | default | where |\n|---|---|---|---|---|\n"
            );
        }
        let _ = writeln!(
            text,
            "| `{}` | **{}.** {} | {} | {} | {} |",
            spec.key,
            spec.title,
            spec.help,
            values(&spec.kind),
            default(&spec.default),
            reach(&spec),
        );
    }
    let _ = write!(text, "\n{}", said::guide());
    text.trim_start().to_owned()
}

fn values(kind: &SettingKind) -> String {
    match kind {
        SettingKind::Toggle => "`on`, `off`".to_owned(),
        SettingKind::Choice { options } => {
            let told = options.iter().map(|option| {
                if option.help.is_empty() {
                    format!("`{}`: {}", option.value, option.title)
                } else {
                    format!("`{}`: {}. {}", option.value, option.title, option.help)
                }
            });
            told.collect::<Vec<_>>().join("<br>")
        }
        SettingKind::Number { min, max, unit } => format!("{min} to {max} {unit}").trim_end().to_owned(),
        SettingKind::Text { hint, .. } => format!("text, such as `{hint}`"),
        SettingKind::List { max, hint } => format!("up to {max} lines, such as `{hint}`"),
    }
}

fn default(value: &SettingValue) -> String {
    let shown = shown(value);
    if shown.is_empty() { "none".to_owned() } else { format!("`{shown}`") }
}

fn reach(spec: &SettingSpec) -> &'static str {
    if spec.scopes.len() > 1 { "everywhere, project, zone, VM, profile" } else { "everywhere" }
}
