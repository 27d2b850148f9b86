use proptest::prelude::*;

use super::*;

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINi9R/anWqKh6g9LR0mzo5CrNphgT8SWPlCkZJCToogx";

fn now() -> Timestamp {
    "2026-11-21T06:30:00.75Z".parse().unwrap()
}

fn entry() -> Entry {
    Entry::new("ada", "ada@example.com", KEY, Lifetime::default()).unwrap()
}

fn ours(expire_on: &str) -> String {
    format!("ada:{KEY} google-ssh {{\"userName\":\"ada@example.com\",\"expireOn\":\"{expire_on}\"}}")
}

fn written(current: Option<&str>) -> String {
    match merge(current, &entry(), now()).unwrap() {
        Merge::Write { value, .. } => value,
        Merge::Present { .. } => panic!("nothing to write for {current:?}"),
    }
}

#[test]
fn the_entry_is_exactly_as_the_guest_and_the_console_read_it() {
    let Merge::Write { value, expires } = merge(None, &entry(), now()).unwrap() else { panic!() };
    assert_eq!(
        value,
        "ada:ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINi9R/anWqKh6g9LR0mzo5CrNphgT8SWPlCkZJCToogx google-ssh \
         {\"userName\":\"ada@example.com\",\"expireOn\":\"2026-11-22T06:30:00+0000\"}"
    );
    assert_eq!(expires, "2026-11-22T06:30:00Z".parse().unwrap());
    assert_eq!(written(Some("")), value);
}

#[test]
fn what_would_break_the_line_is_refused() {
    let make = |user: &str, email: &str, key: &str| Entry::new(user, email, key, Lifetime::default());
    for user in ["", "a b", "a:b", "a\nroot", "-x"] {
        assert_eq!(make(user, "a@b", KEY).unwrap_err(), EntryError::UserName, "{user}");
    }
    for email in ["", "a b@c", "a\n@b", "a\u{a0}@b", "a\0@b", &"x".repeat(321)] {
        assert_eq!(make("ada", email, KEY).unwrap_err(), EntryError::Email, "{email}");
    }
    for key in ["", "ssh-ed25519", "ssh-ed25519 ", " AAAA", "a b c", "a b\nc", "ssh-ed25519  AAAA", "a ü"] {
        assert_eq!(make("ada", "a@b", key).unwrap_err(), EntryError::Key, "{key}");
    }
    // a quote cannot end the JSON early
    let odd = make("ada", "a\"},{\"@b", KEY).unwrap();
    let Merge::Write { value, .. } = merge(None, &odd, now()).unwrap() else { panic!() };
    assert!(value.contains(r#"{"userName":"a\"},{\"@b","expireOn":"#), "{value}");
}

#[test]
fn other_lines_stay_byte_for_byte() {
    let kept = [
        "bob:ssh-rsa AAAA bob@host",
        "no-touch-required:x",
        "bob:command=\"echo hi there\",no-pty ssh-rsa AAAA google-ssh",
        "bob:ssh-rsa AAAA google-ssh",
        "bob:ssh-rsa AAAA google-ssh {broken",
        "bob:ssh-rsa AAAA google-ssh {\"userName\":\"b\"}",
        "bob:ssh-rsa AAAA google-ssh {\"userName\":\"b\",\"expireOn\":\"soon\"}",
        "bob:ssh-rsa AAAA google-ssh {\"userName\":\"b\",\"expireOn\":17}",
        "bob:ssh-rsa AAAA google-ssh-not {\"expireOn\":\"2020-01-01T00:00:00+0000\"}",
        "bob:ssh-rsa AAAA comment google-ssh {\"expireOn\":\"2020-01-01T00:00:00+0000\"}",
        "bob:ssh-rsa AAAA google-ssh {\"userName\":\"b\",\"expireOn\":\"2026-11-21T06:30:01+0000\"}",
        "bob:ssh-rsa AAAA google-ssh {\"userName\":\"b\",\"expireOn\":\"2026-11-21T08:30:01+0100\"}",
        "bob:ssh-rsa AAAA google-ssh {\"expireOn\":\"2027-01-01T00:00:00Z\",\"userName\":\"b\"}\r",
        "  bob:ssh-rsa  AAAA\ttabs  ",
        "",
        "\u{feff}ä:ö ü",
        "ada:ssh-ed25519 BBBB google-ssh {\"userName\":\"ada@example.com\",\"expireOn\":\"2026-12-01T00:00:00+0000\"}",
        "adam:ssh-rsa AAAA",
    ];
    let value = kept.join("\n");
    assert_eq!(written(Some(&value)), format!("{value}\n{}", ours("2026-11-22T06:30:00+0000")));
    // a final line feed separates, it does not make an empty line
    assert_eq!(
        written(Some("bob:ssh-rsa A\n")),
        format!("bob:ssh-rsa A\n{}", ours("2026-11-22T06:30:00+0000"))
    );
}

#[test]
fn expired_entries_go_whoever_they_are_of() {
    let expired = [
        ours("2026-11-21T06:30:00+0000"),
        "bob:ssh-rsa AAAA google-ssh {\"userName\":\"b\",\"expireOn\":\"2026-11-21T06:29:59+0000\"}"
            .to_owned(),
        "bob:ssh-rsa AAAA google-ssh {\"userName\":\"b\",\"expireOn\":\"2020-01-01T00:00:00Z\"}".to_owned(),
        "bob:ssh-rsa AAAA google-ssh {\"userName\":\"b\",\"expireOn\":\"2026-11-21T07:29:59+01:00\"}\r"
            .to_owned(),
        "bob:ssh-rsa AAAA google-ssh {\"expireOn\":\"2020-01-01T00:00:00.5Z\",\"x\":[1]}".to_owned(),
    ];
    for line in expired {
        let value = written(Some(&format!("eve:ssh-rsa B\n{line}\nbob:ssh-rsa C")));
        let wanted = format!("eve:ssh-rsa B\nbob:ssh-rsa C\n{}", ours("2026-11-22T06:30:00+0000"));
        assert_eq!(value, wanted, "{line}");
    }
}

#[test]
fn our_entry_is_renewed_in_its_last_quarter_only() {
    let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
    // 24 h of life: a quarter is 6 h, so 12:30:00.75 is the limit
    let fresh = ours("2026-11-21T12:30:01+0000");
    for value in [
        fresh.clone(),
        format!("bob:ssh-rsa A\n{fresh}\n"),
        format!("{}\n{fresh}", ours("2026-11-21T07:00:00Z")),
    ] {
        let merged = merge(Some(&value), &entry(), now()).unwrap();
        assert_eq!(merged, Merge::Present { expires: at("2026-11-21T12:30:01Z") });
    }
    let value = format!("bob:ssh-rsa A\n{}\neve:ssh-rsa B", ours("2026-11-21T12:30:00+0000"));
    let wanted = format!("bob:ssh-rsa A\neve:ssh-rsa B\n{}", ours("2026-11-22T06:30:00+0000"));
    assert_eq!(written(Some(&value)), wanted);
    // put there by hand without an expiry: it works, so nothing is to be done
    for comment in ["", " ada@laptop"] {
        let value = format!("ada:{KEY}{comment}\n{}", ours("2026-11-21T07:00:00+0000"));
        let merged = merge(Some(&value), &entry(), now()).unwrap();
        assert_eq!(merged, Merge::Present { expires: None });
    }
}

#[test]
fn a_full_value_is_an_error_that_says_how_full() {
    let line = ours("2026-11-22T06:30:00+0000");
    let room = MAX_VALUE - line.len() - 1;
    assert_eq!(written(Some(&"x".repeat(room))).len(), MAX_VALUE);
    let error = merge(Some(&"x".repeat(room + 1)), &entry(), now()).unwrap_err();
    assert_eq!(error, EntryError::TooLarge { bytes: MAX_VALUE + 1, others: room + 1 });
    assert_eq!(
        error.to_string(),
        format!(
            "the metadata value ssh-keys would have 262145 bytes, 1 more than the 262144 allowed; \
             {} bytes of it are other entries that have not expired",
            room + 1
        )
    );
    // expired entries make room
    let expired = "bob:ssh-rsa A google-ssh {\"userName\":\"b\",\"expireOn\":\"2020-01-01T00:00:00Z\"}";
    assert_eq!(written(Some(&format!("{expired}\n{}", "x".repeat(room)))).len(), MAX_VALUE);
}

#[test]
fn all_items_are_written_and_only_ours_changes() {
    let items = [("enable-oslogin", "FALSE"), ("ssh-keys", "bob:ssh-rsa A"), ("sshKeys", "old:ssh-rsa B")];
    let Plan::Write { items, .. } = plan(items, &entry(), now()).unwrap() else { panic!() };
    let line = ours("2026-11-22T06:30:00+0000");
    let pair = |k: &str, v: &str| (k.to_owned(), v.to_owned());
    assert_eq!(
        items,
        [
            pair("enable-oslogin", "FALSE"),
            pair("ssh-keys", &format!("bob:ssh-rsa A\n{line}")),
            pair("sshKeys", "old:ssh-rsa B")
        ]
    );
    let Plan::Write { items, .. } = plan([("a", "b")], &entry(), now()).unwrap() else { panic!() };
    assert_eq!(items, [pair("a", "b"), pair("ssh-keys", &line)]);
    let present = plan([("ssh-keys", &*line)], &entry(), now()).unwrap();
    assert!(matches!(present, Plan::Present { expires: Some(_) }));
}

#[test]
fn a_lifetime_stays_within_its_bounds() {
    assert_eq!(Lifetime::new(Duration::ZERO), Lifetime::MIN);
    assert_eq!(Lifetime::new(Duration::MAX), Lifetime::MAX);
    assert_eq!(Lifetime::default().duration(), Duration::from_secs(86_400));
    let late = merge(None, &entry(), Timestamp::MAX).unwrap_err();
    assert_eq!(late, EntryError::Expiry);
}

/// A line of somebody else, and whether it may be dropped.
fn foreign() -> impl Strategy<Value = (String, bool)> {
    let any = "[^\n]{0,60}"
        .prop_filter("no expiring entry by chance", |s| !s.contains("google-ssh"))
        .prop_map(|line| (line, false));
    let expiring = ("[a-z]{1,8}", "[A-Za-z0-9+/]{1,40}", -100_000_i64..100_000, 0..3_u8).prop_map(
        |(user, key, seconds, form)| {
            let at = Timestamp::from_second(now().as_second() + seconds).unwrap();
            let date = match form {
                0 => expire_on(at),
                1 => at.to_string(),
                _ => at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string(),
            };
            let line =
                format!("{user}:ssh-rsa {key} google-ssh {{\"userName\":\"x\",\"expireOn\":\"{date}\"}}");
            (line, at < now())
        },
    );
    let broken = "[a-z]{1,8}:ssh-rsa [A-Za-z0-9]{1,20} google-ssh[^\n]{0,30}"
        .prop_filter("not readable by chance", |s| !s.contains("expireOn"))
        .prop_map(|line| (line, false));
    prop_oneof![any, expiring, broken]
}

proptest! {
    #[test]
    fn a_merge_never_loses_an_unexpired_line_of_anyone(lines in prop::collection::vec(foreign(), 0..20)) {
        let value = lines.iter().map(|(line, _)| line.as_str()).collect::<Vec<_>>().join("\n");
        let merged = written(Some(&value));
        let mut kept: Vec<&str> = lines.iter().filter(|(_, expired)| !expired).map(|(line, _)| line.as_str()).collect();
        if kept.last() == Some(&"") {
            kept.pop();
        }
        let line = ours("2026-11-22T06:30:00+0000");
        kept.push(&line);
        prop_assert_eq!(merged.split('\n').collect::<Vec<_>>(), kept);
        // once written, there is nothing to do
        let again = merge(Some(&merged), &entry(), now()).unwrap();
        let present = matches!(again, Merge::Present { expires: Some(_) });
        prop_assert!(present, "{:?}", again);
    }

    #[test]
    fn any_value_is_merged_without_a_panic(value in "\\PC{0,200}|(ada:|google-ssh|\\{\"expireOn\":\"2026| |\n|:){0,30}") {
        let _ = merge(Some(&value), &entry(), now());
    }
}
