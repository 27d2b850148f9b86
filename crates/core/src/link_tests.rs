use adit_contract::FailureCode;
use proptest::prelude::*;

use super::*;

fn text(text: &str) -> SettingValue {
    SettingValue::Text(text.to_owned())
}

#[test]
fn addresses_are_read() {
    let offer = parse("adit://ssh/acme-prod/europe-west1-b/web-1").unwrap();
    assert_eq!(
        (offer.action, offer.instance.to_string().as_str()),
        (LinkAction::Ssh, "acme-prod/europe-west1-b/web-1")
    );
    let offer = parse("ADIT://forward/acme.example:web/z/db-1?port=5432&colour=red").unwrap();
    assert_eq!((offer.action, offer.port), (LinkAction::Forward, Some(5432)));
    assert_eq!(offer.ignored, ["colour"]);
    let offer =
        parse("adit://rdp/p/z/vm?user=ACME%5Cana&port=3390&clipboard=off&sound=off&display=fit").unwrap();
    let wanted = [
        ("rdp.clipboard", text("off")),
        ("rdp.display", text("fit")),
        ("rdp.port", SettingValue::Number(3390)),
        ("rdp.sound", SettingValue::Toggle(false)),
        ("rdp.user", text(r"ACME\ana")),
    ];
    assert_eq!(offer.parameters.0, wanted.map(|(key, value)| (key.to_owned(), value)).into());
    let says =
        ["Clipboard: Nothing", "Size of the picture: Fit", "Port: 3390", "Sound: off", r"User: ACME\ana"];
    assert_eq!(offer.says, says);
}

#[test]
fn the_other_scheme_is_read_with_one_slash_or_three() {
    for slashes in ["/", "///"] {
        let address = format!(
            "iap-rdp:{slashes}p/z/vm?Username=ana&Domain=ACME&RdpPort=3390&RedirectClipboard=0&ColorDepth=2"
        );
        let offer = parse(&address).unwrap();
        assert_eq!(offer.action, LinkAction::Rdp);
        let of = |key: &str| offer.parameters.0.get(key).cloned();
        assert_eq!(of("rdp.user"), Some(text(r"ACME\ana")));
        assert_eq!(of("rdp.port"), Some(SettingValue::Number(3390)));
        assert_eq!(of("rdp.clipboard"), Some(text("off")));
        assert_eq!(offer.ignored, ["ColorDepth"]);
    }
    // That of the screen is none of ours, and a domain alone is nobody.
    let offer = parse("iap-rdp:///p/z/vm?DesktopSize=1&Domain=ACME").unwrap();
    assert_eq!(offer.parameters, LinkParameters::default());
    assert_eq!(offer.ignored, ["DesktopSize", "Domain"]);
}

#[test]
fn what_no_address_may_have_is_refused() {
    for address in [
        "https://example.com/",
        "adit://ssh/p/z",
        "adit://ssh/p/z/vm/more",
        "adit://ssh/p/z/..",
        "adit://ssh/p/z/VM%2f..",
        "adit://ssh/-p/z/vm",
        "adit://exec/p/z/vm",
        "adit:ssh/p/z/vm",
        "iap-rdp://host/p/z/vm",
        "adit://rdp/p/z/vm?password=x",
        "adit://ssh/p/z/vm?COMMAND=reboot",
        "iap-rdp:///p/z/vm?CredentialCallbackUrl=https://evil.example/",
        "adit://rdp/p/z/vm?port=0",
        "adit://rdp/p/z/vm?port=70000",
        "adit://rdp/p/z/vm?clipboard=everything",
        "adit://rdp/p/z/vm?user=a&user=b",
        "adit://rdp/p/z/vm?user=a%0Ab",
        "adit://rdp/p/z/vm?user=",
        "iap-rdp:///p/z/vm?AudioMode=7",
        r"iap-rdp:///p/z/vm?Username=A%5Cana&Domain=B",
        "adit://rdp/p/z/vm#x",
    ] {
        assert_eq!(parse(address).unwrap_err().code, FailureCode::InvalidInput, "{address}");
    }
    parse(&format!("adit://ssh/p/z/vm?{}", "a=b&".repeat(40))).unwrap_err();
    parse(&format!("adit://ssh/p/z/{}", "a".repeat(3000))).unwrap_err();
}

#[test]
fn an_address_changes_only_what_the_policy_leaves_open() {
    let offered = parse("adit://rdp/p/z/vm?clipboard=all&port=3390").unwrap();
    let of = |layers: &Layers| RdpSettings::of(&layers.with_link(&offered.parameters), &offered.instance);
    let open = of(&Layers::default());
    assert_eq!((open.port, open.clipboard), (3390, ClipboardSharing::All));
    assert_eq!(shares(&open)[0], "Everything on your clipboard, files included");
    let fixed = Layers::fixed_by_policy(&table::RDP_CLIPBOARD, text("text"));
    let closed = of(&fixed);
    assert_eq!((closed.port, closed.clipboard), (3390, ClipboardSharing::Text));
    let told = with_shares(&fixed, offered.clone());
    assert_eq!((told.says, told.ignored), (vec!["Port: 3390".to_owned()], vec!["rdp.clipboard".to_owned()]));
    assert_eq!(told.shares[0], "Text on your clipboard");
    let nothing =
        RdpSettings { clipboard: ClipboardSharing::Off, sound: Sound::Off, ..RdpSettings::default() };
    assert!(shares(&nothing).is_empty());
}

#[test]
fn what_shares_files_or_guards_less_is_said_by_no_address() {
    for name in
        ["security", "folders", "foldersAccess", "rdp.port", "environment", "NetworkLevelAuthentication"]
    {
        for scheme in ["adit://rdp/", "iap-rdp:///"] {
            let offer = parse(&format!("{scheme}p/z/vm?{name}=1")).unwrap();
            assert_eq!((offer.parameters, offer.ignored), (LinkParameters::default(), vec![name.to_owned()]));
        }
    }
    // Nor by whoever writes its values down beforehand.
    let forged = LinkParameters([("rdp.security".to_owned(), text("pinnedTls"))].into());
    let of = RdpSettings::of(&Layers::default().with_link(&forged), &instance("p/z/vm").unwrap());
    assert_eq!(of, RdpSettings::of(&Layers::default(), &instance("p/z/vm").unwrap()));
}

proptest! {
    /// Whatever a page gives: it is refused, or names a VM as Google names them, and nothing else comes of it.
    #[test]
    fn nothing_gets_past_the_names(text in "\\PC{0,80}", action in "ssh|rdp|forward|explain", query in "\\PC{0,60}") {
        for address in [text.clone(), format!("adit://{action}/{text}"), format!("adit://{action}/p/z/vm?{query}"), format!("iap-rdp:///{text}?{query}")] {
            if let Ok(offer) = parse(&address) {
                prop_assert_eq!(instance(&offer.instance.to_string()), Some(offer.instance.clone()));
                prop_assert!(offer.shares.is_empty());
                prop_assert!(offer.port != Some(0) && !offer.parameters.0.values().any(|value| *value == SettingValue::Number(0)));
                prop_assert_eq!(settings::sound(&offer.parameters), offer.parameters.0);
                prop_assert!(offer.ignored.len() <= MOST_PARAMETERS);
                prop_assert!(offer.ignored.iter().all(|name| name.chars().count() <= LONGEST_NAME && !name.contains(char::is_control)));
            }
        }
    }
}
