//! `cargo xtask update-list`: what the app reads to learn of a release (`docs/decisions/0019-updates.md`).

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::process;

/// Its name beside the packages.
const NAME: &str = "latest.json";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Writes the list of a folder of packages, as they will lie at `releases` under the tag. Without any signature there is
/// nothing that an app could take, and no list.
pub(crate) fn write(folder: &str, tag: &str, releases: &str) -> Result<()> {
    if tag.strip_prefix('v') != Some(VERSION) {
        bail!("the tag {tag} is not v{VERSION}, which the packages are");
    }
    if !releases.starts_with("https://") {
        bail!("{releases} is not https");
    }
    let folder = Path::new(folder);
    let files = files(folder)?;
    if files.values().all(Option::is_none) {
        println!("no package is signed, so there is no {NAME}");
        return Ok(());
    }
    let changes = fs::read_to_string(process::root().join("CHANGELOG.md"))?;
    let at = process::output("git", &["log", "-1", "--format=%cI"]).context("git tells no date")?;
    let list = list(&files, &format!("{releases}/download/{tag}"), notes(&changes), &at)?;
    fs::write(folder.join(NAME), format!("{}\n", serde_json::to_string_pretty(&list)?))?;
    println!(
        "{} names {} packages",
        folder.join(NAME).display(),
        list["platforms"].as_object().map_or(0, |all| all.len())
    );
    Ok(())
}

/// The files of a folder, each with its signature.
fn files(folder: &Path) -> Result<BTreeMap<String, Option<String>>> {
    let mut files = BTreeMap::new();
    for file in fs::read_dir(folder).with_context(|| format!("could not read {}", folder.display()))? {
        let name = file?.file_name();
        let name = name.to_str().context("a file's name is no text")?;
        if name.ends_with(".sig") {
            continue;
        }
        let signature = folder.join(format!("{name}.sig"));
        let signature = if signature.is_file() { Some(fs::read_to_string(signature)?) } else { None };
        files.insert(name.to_owned(), signature);
    }
    Ok(files)
}

/// A kind of package: how its names end, what the updater calls it, and who puts it in place.
const KINDS: [(&str, &str, &str, By); 6] = [
    (".AppImage", "linux", "appimage", By::App),
    (".deb", "linux", "deb", By::System),
    (".rpm", "linux", "rpm", By::System),
    ("-setup.exe", "windows", "nsis", By::App),
    (".msi", "windows", "msi", By::App),
    (".app.tar.gz", "darwin", "app", By::App),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// The app, after it has checked the signature.
    App,
    /// The system. The app only leads to it.
    System,
}

/// The processor that a package is for. Only the name of what a Mac takes has none: the workflow's Mac is an ARM one.
fn processor(name: &str) -> &'static str {
    let of = |words: [&str; 3]| words.iter().any(|word| name.contains(word));
    if of(["amd64", "x86_64", "_x64"]) { "x86_64" } else { "aarch64" }
}

fn list(files: &BTreeMap<String, Option<String>>, at: &str, notes: &str, date: &str) -> Result<Value> {
    let mut platforms = serde_json::Map::new();
    for (name, signature) in files {
        let Some((_, system, kind, by)) = KINDS.iter().find(|(ending, ..)| name.ends_with(ending)) else {
            continue;
        };
        let signature = match (signature, by) {
            (Some(signature), _) => signature.trim(),
            (None, By::System) => "",
            (None, By::App) => bail!("{name} is not signed"),
        };
        let platform = format!("{system}-{}-{kind}", processor(name));
        let package = json!({ "url": format!("{at}/{name}"), "signature": signature });
        if platforms.insert(platform.clone(), package).is_some() {
            bail!("there are two packages for {platform}");
        }
    }
    Ok(json!({ "version": VERSION, "notes": notes, "pub_date": date, "platforms": platforms }))
}

/// What the list of changes says of this version; nothing where it has no part of its own yet.
fn notes(changes: &str) -> &str {
    let part = changes.split("\n## ").find(|part| part.lines().next() == Some(VERSION));
    part.and_then(|part| part.split_once('\n')).map_or("", |(_, notes)| notes.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[(&str, Option<&str>)]) -> BTreeMap<String, Option<String>> {
        names.iter().map(|(name, signature)| ((*name).to_owned(), signature.map(str::to_owned))).collect()
    }

    #[test]
    fn each_package_is_named_as_the_updater_looks_for_it() {
        let files = of(&[
            ("Adit_0.1.0_amd64.AppImage", Some("a\n")),
            ("Adit_0.1.0_amd64.deb", Some("b")),
            ("Adit-0.1.0-1.x86_64.rpm", None),
            ("Adit_0.1.0_x64-setup.exe", Some("c")),
            ("Adit_0.1.0_x64_en-US.msi", Some("d")),
            ("Adit.app.tar.gz", Some("e")),
            ("Adit_0.1.0_aarch64.dmg", None),
            ("SHA256SUMS", None),
        ]);
        let list = list(&files, "https://acme.example/download/v1", "- new", "2026-11-29T12:00:00+00:00")
            .expect("a list");
        let platforms = list["platforms"].as_object().expect("platforms");
        let names: Vec<&str> = platforms.keys().map(String::as_str).collect();
        let mut wanted = [
            "darwin-aarch64-app",
            "linux-x86_64-appimage",
            "linux-x86_64-deb",
            "linux-x86_64-rpm",
            "windows-x86_64-msi",
            "windows-x86_64-nsis",
        ];
        wanted.sort_unstable();
        assert_eq!(names, wanted);
        assert_eq!(
            platforms["linux-x86_64-appimage"],
            json!({ "url": "https://acme.example/download/v1/Adit_0.1.0_amd64.AppImage", "signature": "a" })
        );
        assert_eq!(platforms["linux-x86_64-rpm"]["signature"], "");
    }

    #[test]
    fn what_the_app_would_install_has_to_be_signed_and_there_is_one_of_each() {
        let refused = |files| list(&files, "https://acme.example", "", "").expect_err("refused").to_string();
        assert_eq!(refused(of(&[("Adit_x64-setup.exe", None)])), "Adit_x64-setup.exe is not signed");
        let twice = of(&[("Adit_1_amd64.AppImage", Some("a")), ("Adit_2_amd64.AppImage", Some("a"))]);
        assert_eq!(refused(twice), "there are two packages for linux-x86_64-appimage");
    }

    #[test]
    fn the_notes_are_those_of_this_version() {
        let changes = format!(
            "# Changelog\n\n## Unreleased\n\n- later\n\n## {VERSION}\n\n- now\n- too\n\n## 0.0.1\n\n- before\n"
        );
        assert_eq!(notes(&changes), "- now\n- too");
        assert_eq!(notes("# Changelog\n\n## Unreleased\n\n- later\n"), "");
    }
}
