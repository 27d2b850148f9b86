//! The demo landscape, seen from the relay and from inside a guest.

use std::error::Error;

use jiff::{Timestamp, ToSpan as _};
use russh::keys::ssh_key::PublicKey;

use super::{Action, Asked, Backend, Caller, Guest, GuestId, Items, Lookup, State};
use crate::Landscape;
use crate::faults::Faults;

type Done<T = ()> = Result<T, Box<dyn Error>>;

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHHmZ1vOT3zqRMpxAwM2ZLcc0ehsW1JGTgn+nf5Sv0oL";
const OTHER: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHp56Fuc14Wq1iBU59ym5tDrj1VPL7XTNxqbtCVl6DXL";
const WEST: &str = "europe-west1-b";

fn demo() -> Done<State> {
    let mut landscape = Landscape::demo()?;
    landscape.operation_ms = 1;
    Ok(State::new(landscape, Faults::default()))
}

fn caller(name: &str) -> Caller {
    Caller { email: format!("{name}@acme.example"), place: None }
}

fn guest(state: &State, project: &str, zone: &str, name: &str) -> Done<Guest> {
    match state.lookup(project, zone, name, "nic0", 22) {
        Lookup::Backend(Backend::Ssh(id)) => Ok(state.guest(&id).ok_or("no guest")?),
        other => Err(format!("{name}: {other:?}").into()),
    }
}

fn set(state: &State, project: &str, name: &str, items: &[(&str, &str)]) -> Done {
    let machine = state.machine(project, WEST, name).ok_or("no machine")?;
    let items: Items = items.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let result = state.set_metadata(project, WEST, name, items, Some(&machine.metadata.fingerprint));
    result.ok_or("no machine")?.map_err(|refusal| format!("{refusal:?}"))?;
    Ok(())
}

fn key(line: &str) -> Done<PublicKey> {
    Ok(PublicKey::from_openssh(line)?)
}

#[test]
fn roles_decide_who_may_tunnel() -> Done {
    let state = demo()?;
    let may = |who: &str, project: &str, zone: &str, name: &str| {
        state.may_tunnel(&caller(who), project, zone, name, "nic0", 22)
    };
    assert!(may("ana", "acme-prod", WEST, "web-1"));
    assert!(!may("ben", "acme-prod", WEST, "web-1"));
    // from nowhere in particular no level is met
    assert!(!may("ana", "acme-data-platform", WEST, "billing-db-7"));
    // the binding of the one instance
    assert!(may("ana", "acme-data-platform", WEST, "notebook-1"));
    // inherited from the organisation
    assert!(may("eva", "acme-data-platform", WEST, "billing-db-7"));
    // by way of a group
    assert!(may("ben", "acme-staging", WEST, "web-staging-1"));
    // who may tunnel to a project hears which of its instances do not exist; others hear a refusal
    assert!(may("ana", "acme-prod", WEST, "nobody"));
    assert!(!may("ana", "acme-data-platform", WEST, "nobody"));
    assert!(!may("ana", "no-such-project", WEST, "web-1"));
    Ok(())
}

#[test]
fn a_lookup_tells_the_four_endings_apart() -> Done {
    let state = demo()?;
    let look = |zone: &str, name: &str, nic: &str, port| state.lookup("acme-prod", zone, name, nic, port);
    assert!(matches!(look(WEST, "web-1", "nic0", 22), Lookup::Backend(Backend::Ssh(_))));
    assert_eq!(look(WEST, "web-1", "nic0", 7), Lookup::Backend(Backend::Echo));
    assert_eq!(look(WEST, "web-1", "nic0", 8080), Lookup::NothingListens);
    assert_eq!(look(WEST, "appliance-1", "nic0", 22), Lookup::NothingListens);
    assert_eq!(look(WEST, "sql-win-2", "nic0", 22), Lookup::NothingListens);
    assert_eq!(look("us-east1-b", "batch-3", "nic0", 22), Lookup::NotRunning);
    assert_eq!(look(WEST, "nobody", "nic0", 22), Lookup::UnknownInstance);
    assert_eq!(look("us-east1-b", "web-1", "nic0", 22), Lookup::UnknownInstance);
    assert_eq!(look(WEST, "web-1", "nic1", 22), Lookup::UnknownInstance);
    assert!(matches!(look("asia-southeast1-a", "edge-sg-1", "nic1", 22), Lookup::Backend(_)));
    let host = |network: &str, host: &str, port| {
        state.lookup_host("acme-prod", "europe-west1", network, "on-premises", host, port)
    };
    assert_eq!(host("default", "ledger.acme.internal", 7), Lookup::Backend(Backend::Echo));
    assert_eq!(host("default", "ledger.acme.internal", 443), Lookup::NothingListens);
    assert_eq!(host("default", "other.acme.internal", 7), Lookup::UnknownInstance);
    assert_eq!(host("elsewhere", "ledger.acme.internal", 7), Lookup::UnknownInstance);
    Ok(())
}

#[test]
fn a_guest_takes_the_keys_that_count() -> Done {
    let state = demo()?;
    let web = guest(&state, "acme-prod", WEST, "web-2")?;
    assert!(web.authorised_keys("ana").is_empty());
    let at = |hours: i64| -> Done<String> {
        let at = Timestamp::now().checked_add(hours.hours())?;
        Ok(at.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string())
    };
    let (past, future) = (at(-1)?, at(1)?);
    let entry = |line: &str, expires: &str| {
        format!("ana:{line} google-ssh {{\"userName\":\"ana@acme.example\",\"expireOn\":\"{expires}\"}}")
    };
    for (value, expected) in [
        (format!("ana:{KEY}"), vec![KEY]),
        (format!("ana:{KEY} a comment"), vec![KEY]),
        (format!("\n ana:{KEY}\r\nben:{OTHER}\n"), vec![KEY]),
        (format!("ana:{KEY}\nana:{OTHER}\nana:{KEY} again"), vec![KEY, OTHER]),
        (entry(KEY, &future), vec![KEY]),
        (entry(KEY, &future.replace("+0000", "Z")), vec![KEY]),
        (entry(KEY, &past), vec![]),
        (entry(KEY, "soon"), vec![]),
        (format!("ana:{KEY} google-ssh"), vec![]),
        (format!("ana:{KEY} google-ssh {{\"userName\":\"x\"}}"), vec![]),
        (format!("ana:restrict,command=\"echo hi\" {KEY} c"), vec![KEY]),
        (format!("anabel:{KEY}"), vec![]),
        (KEY.to_owned(), vec![]),
        ("ana:ssh-ed25519 broken".to_owned(), vec![]),
    ] {
        set(&state, "acme-prod", "web-2", &[("ssh-keys", &value)])?;
        let expected: Vec<_> = expected.into_iter().map(key).collect::<Result<_, _>>()?;
        let found: Vec<_> =
            web.authorised_keys("ana").into_iter().map(|key| key.key_data().clone()).collect();
        let expected: Vec<_> = expected.into_iter().map(|key| key.key_data().clone()).collect();
        assert_eq!(found, expected, "{value}");
    }
    Ok(())
}

#[test]
fn project_keys_count_unless_the_instance_says_otherwise() -> Done {
    let state = demo()?;
    let (_, fingerprint) = state.common_metadata("acme-prod").ok_or("no project")?;
    let items =
        vec![("ssh-keys".to_owned(), format!("ana:{KEY}")), ("enable-oslogin".to_owned(), "tRuE".to_owned())];
    let result = state.set_common_metadata("acme-prod", items, Some(&fingerprint));
    result.ok_or("no project")?.map_err(|refusal| format!("{refusal:?}"))?;
    let web = guest(&state, "acme-prod", WEST, "web-2")?;
    let count = || web.authorised_keys("ana").len();
    assert_eq!(count(), 1);
    set(&state, "acme-prod", "web-2", &[("block-project-ssh-keys", "TRUE")])?;
    assert_eq!(count(), 0);
    set(&state, "acme-prod", "web-2", &[("block-project-ssh-keys", "yes")])?;
    assert_eq!(count(), 1);
    // the legacy key hides the project's, and counts beside the instance's own
    set(&state, "acme-prod", "web-2", &[("sshKeys", "ben:x")])?;
    assert_eq!(count(), 0);
    set(&state, "acme-prod", "web-2", &[("sshKeys", "ben:x"), ("ssh-keys", &format!("ana:{OTHER}"))])?;
    assert_eq!(count(), 1);
    set(
        &state,
        "acme-prod",
        "web-2",
        &[("sshKeys", &format!("ana:{KEY}")), ("ssh-keys", &format!("ana:{OTHER}"))],
    )?;
    assert_eq!(count(), 2);
    Ok(())
}

#[test]
fn os_login_takes_the_profiles_keys_and_no_others() -> Done {
    let state = demo()?;
    let host = guest(&state, "acme-staging", WEST, "oslogin-1")?;
    let items = [("enable-oslogin", "TRUE"), ("ssh-keys", &format!("ana_acme_example:{OTHER}"))];
    set(&state, "acme-staging", "oslogin-1", &items)?;
    assert!(host.authorised_keys("ana_acme_example").is_empty());
    state.import_key("ana@acme.example", KEY, None).ok_or("nobody")?;
    assert_eq!(host.authorised_keys("ana_acme_example"), [key(KEY)?]);
    assert!(host.authorised_keys("ana").is_empty());
    // the role is asked for at each login
    let other = guest(&state, "acme-data-platform", WEST, "notebook-1")?;
    assert!(other.authorised_keys("ana_acme_example").is_empty());
    // certificates alone, where they are demanded
    let items = [("enable-oslogin", "TRUE"), ("enable-oslogin-certificates", "TRUE")];
    set(&state, "acme-staging", "oslogin-1", &items)?;
    assert!(host.authorised_keys("ana_acme_example").is_empty());
    Ok(())
}

#[tokio::test]
async fn a_slow_guest_goes_on_with_what_it_knew() -> Done {
    let state = demo()?;
    let slow = guest(&state, "acme-staging", WEST, "slow-keys-1")?;
    set(&state, "acme-staging", "slow-keys-1", &[("ssh-keys", &format!("ana:{KEY}"))])?;
    assert!(slow.authorised_keys("ana").is_empty());
    Ok(())
}

#[test]
fn a_stable_host_key_outlives_the_cloud() -> Done {
    let host_key = |project: &str, zone: &str, name: &str| -> Done<PublicKey> {
        Ok(guest(&demo()?, project, zone, name)?.host_key().ok_or("no key")?.public_key().clone())
    };
    assert_eq!(host_key("acme-prod", WEST, "web-1")?, host_key("acme-prod", WEST, "web-1")?);
    assert_ne!(host_key("acme-prod", WEST, "web-1")?, host_key("acme-prod", WEST, "web-2")?);
    let zone = "europe-west1-c";
    assert_ne!(host_key("acme-prod", zone, "phoenix-1")?, host_key("acme-prod", zone, "phoenix-1")?);
    Ok(())
}

#[test]
fn the_announced_key_is_the_hosts() -> Done {
    let state = demo()?;
    let web = guest(&state, "acme-prod", WEST, "web-1")?;
    let announced = web.announced_host_keys();
    let line = announced.first().map(|(kind, blob)| format!("{kind} {blob}")).ok_or("nothing announced")?;
    assert_eq!(key(&line)?.key_data(), web.host_key().ok_or("no key")?.public_key().key_data());
    Ok(())
}

#[tokio::test]
async fn sessions_end_when_their_instance_does() -> Done {
    let state = demo()?;
    let zone = "europe-west1-c";
    let asked = Asked { email: "ana@acme.example", request_id: None };
    let id = GuestId(state.machine("acme-prod", zone, "phoenix-1").ok_or("no machine")?.id);
    let before = state.guest(&id).and_then(|guest| guest.host_key()).ok_or("no key")?;
    let first = state.instance_stopped(&id);
    assert!(!first.is_cancelled());
    let wait = async |action| -> Done {
        let operation = state
            .act("acme-prod", zone, "phoenix-1", action, &asked)
            .map_err(|error| format!("{error:?}"))?;
        state.wait(operation, std::time::Duration::from_secs(60)).await;
        Ok(())
    };
    wait(Action::Stop).await?;
    assert!(first.is_cancelled());
    assert!(state.instance_stopped(&id).is_cancelled());
    wait(Action::Start).await?;
    assert!(!state.instance_stopped(&id).is_cancelled());
    let after = state.guest(&id).and_then(|guest| guest.host_key()).ok_or("no key")?;
    assert_ne!(before.public_key(), after.public_key());
    Ok(())
}
