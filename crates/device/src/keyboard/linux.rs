//! Linux: what the desktop says it types with, then what X says, then what the system was set up with.

use super::xkb;
use crate::Fact;
use crate::probe::Probe;

/// Where distributions keep the layout that they were set up with, and the names of its parts there.
const FILES: [(&str, &str, &str); 3] = [
    ("/etc/default/keyboard", "XKBLAYOUT", "XKBVARIANT"),
    ("/etc/vconsole.conf", "XKBLAYOUT", "XKBVARIANT"),
    ("/etc/vconsole.conf", "KEYMAP", ""),
];
const XORG: &str = "/etc/X11/xorg.conf.d/00-keyboard.conf";

pub(crate) async fn look(probe: &impl Probe) -> Fact<u32> {
    let desktop = probe.variable("XDG_CURRENT_DESKTOP").unwrap_or_default().to_ascii_lowercase();
    if ["gnome", "unity", "cinnamon"].iter().any(|name| desktop.contains(name))
        && let Some(id) = gnome(probe).await
    {
        return Fact::known(id, "gsettings: org.gnome.desktop.input-sources");
    }
    // X's server within Wayland has a layout that says nothing about the desktop's.
    let wayland = probe.variable("WAYLAND_DISPLAY").is_some_and(|display| !display.is_empty());
    if !wayland
        && let Some(said) = probe.run("setxkbmap", &["-query"]).await
        && let Some(id) = fields(&said, ":", "layout", "variant")
    {
        return Fact::known(id, "setxkbmap -query");
    }
    for (path, layout, variant) in FILES {
        let id = probe.read(path).and_then(|text| fields(&text, "=", layout, variant));
        if let Some(id) = id {
            return Fact::known(id, path);
        }
    }
    Fact::from(probe.read(XORG).and_then(|text| options(&text)), "the keyboard's settings of this desktop")
}

/// The source used last, else the first: `[('xkb', 'de+nodeadkeys'), ('ibus', 'anthy')]`.
async fn gnome(probe: &impl Probe) -> Option<u32> {
    for key in ["mru-sources", "sources"] {
        let said = probe.run("gsettings", &["get", "org.gnome.desktop.input-sources", key]).await;
        let id = said.and_then(|said| {
            let (_, rest) = said.split_once("('xkb', '")?;
            let (source, _) = rest.split_once('\'')?;
            let (layout, variant) = source.split_once('+').unwrap_or((source, ""));
            xkb(layout, variant)
        });
        if id.is_some() {
            return id;
        }
    }
    None
}

/// The first layout of several, with its variant, from lines of names and values.
fn fields(text: &str, between: &str, layout: &str, variant: &str) -> Option<u32> {
    let value = |name: &str| {
        let value = text.lines().find_map(|line| {
            let (key, value) = line.split_once(between)?;
            (key.trim() == name && !name.is_empty()).then_some(value)
        });
        first(value.unwrap_or_default())
    };
    xkb(value(layout), value(variant))
}

/// `Option "XkbLayout" "de,us"`.
fn options(text: &str) -> Option<u32> {
    let value = |name: &str| {
        let value = text.lines().find_map(|line| {
            let mut parts = line.trim().split('"');
            (parts.next()?.trim() == "Option" && parts.next()? == name).then(|| parts.nth(1)).flatten()
        });
        first(value.unwrap_or_default())
    };
    xkb(value("XkbLayout"), value("XkbVariant"))
}

fn first(value: &str) -> &str {
    let value = value.trim().trim_matches(['"', '\'']);
    value.split(',').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::look;
    use crate::recorded::Recorded;

    #[tokio::test]
    async fn gnome_says_what_was_used_last() {
        let probe = Recorded::default()
            .set("XDG_CURRENT_DESKTOP", "ubuntu:GNOME")
            .set("WAYLAND_DISPLAY", "wayland-0")
            .says(
                "gsettings get org.gnome.desktop.input-sources mru-sources",
                "[('xkb', 'ch+fr'), ('xkb', 'us')]\n",
            )
            .says("setxkbmap -query", "layout:     us\n");
        assert_eq!(look(&probe).await.value, Some(0x100C));
        let unused = Recorded::default()
            .set("XDG_CURRENT_DESKTOP", "GNOME")
            .says("gsettings get org.gnome.desktop.input-sources mru-sources", "@a(ss) []\n")
            .says(
                "gsettings get org.gnome.desktop.input-sources sources",
                "[('ibus', 'anthy'), ('xkb', 'jp')]\n",
            );
        assert_eq!(look(&unused).await.value, Some(0x0411));
    }

    #[tokio::test]
    async fn x_says_its_first_layout() {
        let said = "rules:      evdev\nmodel:      pc105\nlayout:     cz,us\nvariant:    qwerty,\n";
        let probe = Recorded::default().says("setxkbmap -query", said);
        assert_eq!(look(&probe).await.value, Some(0x1_0405));
    }

    #[tokio::test]
    async fn within_wayland_the_files_go_before_x() {
        let probe = Recorded::default()
            .set("WAYLAND_DISPLAY", "wayland-0")
            .says("setxkbmap -query", "layout:     us\n")
            .file(
                "/etc/default/keyboard",
                "XKBMODEL=\"pc105\"\nXKBLAYOUT=\"de\"\nXKBVARIANT=\"nodeadkeys\"\n",
            );
        assert_eq!(look(&probe).await.value, Some(0x0407));
    }

    #[tokio::test]
    async fn each_file_is_read_as_it_is_written() {
        let console = Recorded::default().file("/etc/vconsole.conf", "KEYMAP=fr\n");
        assert_eq!(look(&console).await.value, Some(0x040C));
        let xorg = "Section \"InputClass\"\n        Option \"XkbLayout\" \"se,us\"\n        Option \"XkbVariant\" \",\"\nEndSection\n";
        let x = Recorded::default().file("/etc/X11/xorg.conf.d/00-keyboard.conf", xorg);
        assert_eq!(look(&x).await.value, Some(0x041D));
        assert_eq!(look(&Recorded::default()).await.value, None);
    }
}
