use adit_contract::SettingValue;
use proptest::prelude::*;

use super::*;

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
    let wanted = LinkParameters {
        user: Some(r"ACME\ana".into()),
        port: Some(3390),
        display: Some(DisplayMode::Fit),
        clipboard: Some(ClipboardSharing::Off),
        sound: Some(false),
    };
    assert_eq!(offer.parameters, wanted);
}

#[test]
fn the_other_scheme_is_read_with_one_slash_or_three() {
    for slashes in ["/", "///"] {
        let address = format!(
            "iap-rdp:{slashes}p/z/vm?Username=ana&Domain=ACME&RdpPort=3390&RedirectClipboard=0&ColorDepth=2"
        );
        let offer = parse(&address).unwrap();
        assert_eq!(offer.action, LinkAction::Rdp);
        assert_eq!(offer.parameters.user.as_deref(), Some(r"ACME\ana"));
        assert_eq!(offer.parameters.port, Some(3390));
        assert_eq!(offer.parameters.clipboard, Some(ClipboardSharing::Off));
        assert_eq!(offer.ignored, ["ColorDepth"]);
    }
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
        "adit://rdp/p/z/vm#x",
    ] {
        assert_eq!(parse(address).unwrap_err().code, FailureCode::InvalidInput, "{address}");
    }
    parse(&format!("adit://ssh/p/z/vm?{}", "a=b&".repeat(40))).unwrap_err();
    parse(&format!("adit://ssh/p/z/{}", "a".repeat(3000))).unwrap_err();
}

#[test]
fn an_address_changes_only_what_the_policy_leaves_open() {
    let parameters = LinkParameters {
        clipboard: Some(ClipboardSharing::All),
        port: Some(3390),
        ..LinkParameters::default()
    };
    let open = lay_over(&Layers::default(), RdpSettings::default(), &parameters);
    assert_eq!((open.port, open.clipboard), (3390, ClipboardSharing::All));
    assert_eq!(shares(&open)[0], "Everything on your clipboard, files included");
    let fixed = Layers::fixed_by_policy(&table::RDP_CLIPBOARD, SettingValue::Text("text".into()));
    let of = lay_over(
        &fixed,
        RdpSettings { clipboard: ClipboardSharing::Text, ..RdpSettings::default() },
        &parameters,
    );
    assert_eq!((of.port, of.clipboard), (3390, ClipboardSharing::Text));
    let nothing =
        RdpSettings { clipboard: ClipboardSharing::Off, sound: Sound::Off, ..RdpSettings::default() };
    assert!(shares(&nothing).is_empty());
}

proptest! {
    /// Whatever a page gives: it is refused, or names a VM as Google names them, and nothing else comes of it.
    #[test]
    fn nothing_gets_past_the_names(text in "\\PC{0,80}", action in "ssh|rdp|forward|explain", query in "\\PC{0,60}") {
        for address in [text.clone(), format!("adit://{action}/{text}"), format!("adit://{action}/p/z/vm?{query}"), format!("iap-rdp:///{text}?{query}")] {
            if let Ok(offer) = parse(&address) {
                prop_assert_eq!(instance(&offer.instance.to_string()), Some(offer.instance.clone()));
                prop_assert!(offer.shares.is_empty());
                prop_assert!(offer.port != Some(0) && offer.parameters.port != Some(0));
                prop_assert!(offer.ignored.len() <= MOST_PARAMETERS);
                prop_assert!(offer.ignored.iter().all(|name| name.chars().count() <= LONGEST_NAME && !name.contains(char::is_control)));
            }
        }
    }
}
