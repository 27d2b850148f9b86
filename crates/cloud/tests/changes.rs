//! What a client changes: states, metadata, keys, faults.

mod web;

use adit_cloud::Faults;
use reqwest::Method;
use serde_json::{Value, json};
use web::{Done, Web, finish};

const ZONE: &str = "/compute/v1/projects/acme-prod/zones/europe-west1-b/instances";
const US: &str = "/compute/v1/projects/acme-prod/zones/us-east1-b/instances";

async fn status(web: &Web, path: &str) -> Done<Value> {
    Ok(web.good(path).await?["status"].clone())
}

async fn act(web: &Web, path: &str, verb: &str) -> Done<Value> {
    let reply = web.post(&format!("{path}/{verb}"), &json!({})).await?;
    assert_eq!(reply.status, 200, "{verb}: {}", reply.json);
    assert_eq!(reply.json["status"], "RUNNING");
    assert_eq!(reply.json["operationType"], verb);
    finish(web, &reply.json).await
}

#[tokio::test]
async fn an_instance_goes_through_its_states() -> Done {
    let web = Web::demo().await?;
    let path = format!("{US}/batch-3");
    assert_eq!(status(&web, &path).await?, "TERMINATED");
    act(&web, &path, "start").await?;
    assert_eq!(status(&web, &path).await?, "RUNNING");
    act(&web, &path, "reset").await?;
    assert_eq!(status(&web, &path).await?, "RUNNING");
    act(&web, &path, "suspend").await?;
    assert_eq!(status(&web, &path).await?, "SUSPENDED");
    act(&web, &path, "resume").await?;
    act(&web, &path, "stop").await?;
    let stopped = web.good(&path).await?;
    assert_eq!(stopped["status"], "TERMINATED");
    assert!(stopped["lastStopTimestamp"].is_string());
    Ok(())
}

#[tokio::test]
async fn what_a_state_does_not_allow_is_refused() -> Done {
    let web = Web::demo().await?;
    for (path, verb) in [
        (format!("{US}/web-us-2"), "start"),
        (format!("{US}/batch-3"), "suspend"),
        (format!("{ZONE}/web-1"), "resume"),
        (format!("{US}/report-worker"), "reset"),
    ] {
        let reply = web.post(&format!("{path}/{verb}"), &json!({})).await?;
        assert_eq!(
            (reply.status, &reply.json["error"]["errors"][0]["reason"]),
            (400, &json!("resourceNotReady")),
            "{path} {verb}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn an_operation_can_end_in_an_error() -> Done {
    let web = Web::demo().await?;
    let path = format!("{US}/batch-4");
    let ended = act(&web, &path, "start").await?;
    assert_eq!(ended["error"]["errors"][0]["code"], "ZONE_RESOURCE_POOL_EXHAUSTED");
    assert_eq!(status(&web, &path).await?, "TERMINATED");
    Ok(())
}

#[tokio::test]
async fn a_repeated_request_is_the_same_operation() -> Done {
    let web = Web::demo().await?;
    let path = format!("{ZONE}/web-1/reset?requestId=4a1f0c3e-9d57-4a0b-8a53-0d1f5f6b7c8d");
    let first = web.post(&path, &json!({})).await?;
    let second = web.post(&path, &json!({})).await?;
    assert_eq!(first.json["name"], second.json["name"]);
    let other = web.post(&format!("{ZONE}/web-1/reset?requestId=nonsense"), &json!({})).await?;
    assert_eq!(other.status, 400);
    Ok(())
}

#[tokio::test]
async fn a_stale_fingerprint_is_refused() -> Done {
    let web = Web::demo().await?;
    let path = format!("{ZONE}/web-2");
    let before = web.good(&path).await?["metadata"]["fingerprint"].clone();
    let body =
        json!({"fingerprint": before, "items": [{"key": "ssh-keys", "value": "ana:ssh-ed25519 AAAA"}]});
    let first = web.post(&format!("{path}/setMetadata"), &body).await?;
    assert_eq!(first.status, 200, "{}", first.json);
    finish(&web, &first.json).await?;
    let second = web.post(&format!("{path}/setMetadata"), &body).await?;
    assert_eq!(
        (second.status, &second.json["error"]["errors"][0]["reason"]),
        (412, &json!("conditionNotMet"))
    );
    let after = web.good(&path).await?["metadata"].clone();
    assert_eq!(after["items"], body["items"]);
    assert_ne!(after["fingerprint"], before);
    let missing = web.post(&format!("{path}/setMetadata"), &json!({"items": []})).await?;
    assert_eq!(missing.status, 412);
    let twice = json!({"fingerprint": after["fingerprint"], "items": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]});
    assert_eq!(web.post(&format!("{path}/setMetadata"), &twice).await?.status, 400);
    let large =
        json!({"fingerprint": after["fingerprint"], "items": [{"key": "a", "value": "x".repeat(262_145)}]});
    assert_eq!(web.post(&format!("{path}/setMetadata"), &large).await?.status, 400);
    Ok(())
}

#[tokio::test]
async fn common_metadata_has_a_fingerprint_of_its_own() -> Done {
    let web = Web::demo().await?;
    let project = "/compute/v1/projects/acme-staging";
    let before = web.good(project).await?["commonInstanceMetadata"]["fingerprint"].clone();
    let body = json!({"fingerprint": before, "items": [{"key": "k", "value": "v"}]});
    let first = web.post(&format!("{project}/setCommonInstanceMetadata"), &body).await?;
    finish(&web, &first.json).await?;
    assert_eq!(web.good(project).await?["commonInstanceMetadata"]["items"], body["items"]);
    assert_eq!(web.post(&format!("{project}/setCommonInstanceMetadata"), &body).await?.status, 412);
    Ok(())
}

#[tokio::test]
async fn host_keys_are_announced_where_they_are() -> Done {
    let web = Web::demo().await?;
    let announced = web.good(&format!("{ZONE}/web-1/getGuestAttributes?queryPath=hostkeys%2F")).await?;
    let item = &announced["queryValue"]["items"][0];
    assert_eq!((&item["namespace"], &item["key"]), (&json!("hostkeys"), &json!("ssh-ed25519")));
    let staging = "/compute/v1/projects/acme-staging/zones/europe-west1-b/instances";
    for path in [format!("{ZONE}/web-2"), format!("{staging}/quiet-attributes-1")] {
        let none = web.get(&format!("{path}/getGuestAttributes?queryPath=hostkeys%2F")).await?;
        assert_eq!(none.status, 404);
        assert_eq!(
            none.json["error"]["message"],
            "The resource 'hostkeys/' of type 'Guest Attribute' was not found."
        );
    }
    Ok(())
}

#[tokio::test]
async fn serial_output_goes_on_where_it_stopped() -> Done {
    let web = Web::demo().await?;
    let path = format!("{ZONE}/web-1/serialPort");
    let first = web.good(&path).await?;
    assert!(first["contents"].as_str().is_some_and(|text| text.contains("login:")));
    let next = first["next"].as_str().ok_or("no next")?.to_owned();
    assert_eq!(web.good(&format!("{path}?port=1&start={next}")).await?["contents"], "");
    assert_eq!(web.get(&format!("{path}?port=5")).await?.status, 400);
    assert_eq!(web.good(&format!("{path}?port=4&start=0")).await?["contents"], "");
    Ok(())
}

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHHmZ1vOT3zqRMpxAwM2ZLcc0ehsW1JGTgn+nf5Sv0oL";

#[tokio::test]
async fn a_key_is_imported_into_a_profile() -> Done {
    let web = Web::demo().await?;
    let profile =
        "/oslogin.googleapis.com/v1/users/ana@acme.example/loginProfile?projectId=acme-staging&systemId=";
    assert_eq!(web.get(profile).await?.status, 404);
    let import = "/v1/users/ana@acme.example:importSshPublicKey?projectId=acme-staging";
    let expires = "4102444800000000";
    let reply = web.post(import, &json!({"key": KEY, "expirationTimeUsec": expires})).await?;
    assert_eq!(reply.status, 200, "{}", reply.json);
    let found = web.good(profile).await?;
    assert_eq!(found, reply.json["loginProfile"]);
    assert_eq!(found["posixAccounts"][0]["username"], "ana_acme_example");
    let (fingerprint, key) =
        found["sshPublicKeys"].as_object().ok_or("no keys")?.iter().next().ok_or("no key")?;
    assert_eq!((&key["key"], &key["expirationTimeUsec"]), (&json!(KEY), &json!(expires)));
    assert_eq!(web.post(import, &json!({"key": "ssh-ed25519 nonsense"})).await?.status, 400);
    let foreign = web.post("/v1/users/eva@acme.example:importSshPublicKey", &json!({"key": KEY})).await?;
    assert_eq!((foreign.status, &foreign.json["error"]["status"]), (403, &json!("PERMISSION_DENIED")));
    let key_path = format!("/v1/users/ana%40acme.example/sshPublicKeys/{fingerprint}");
    assert_eq!(web.call(Method::DELETE, &key_path, None).await?.status, 200);
    assert_eq!(web.call(Method::DELETE, &key_path, None).await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn an_import_can_succeed_and_add_nothing() -> Done {
    let mut web = Web::demo().await?;
    web.become_user("ben@acme.example").await?;
    let reply = web.post("/v1/users/ben@acme.example:importSshPublicKey", &json!({"key": KEY})).await?;
    assert_eq!(reply.status, 200);
    assert!(reply.json["details"].is_string());
    assert!(reply.json["loginProfile"].get("sshPublicKeys").is_none());
    Ok(())
}

#[tokio::test]
async fn faults_are_switched_as_a_whole() -> Done {
    let web = Web::demo().await?;
    let path = "/.well-known/adit-cloud/faults";
    let set = json!({"drop-after": 1000, "drop-clean": true, "close-after": "5:4004"});
    let reply = web.call(Method::PUT, path, Some(&set)).await?;
    assert_eq!(reply.status, 200, "{}", reply.json);
    let shown = web.good(path).await?;
    assert_eq!((&shown["drop-after"], &shown["close-after"]), (&json!(1000), &json!("5:4004")));
    for bad in [
        json!({"drop-aftr": 1}),
        json!({"close-after": "x"}),
        json!({"frame": 0}),
        json!({"connect-close": 99}),
    ] {
        assert_eq!(web.call(Method::PUT, path, Some(&bad)).await?.status, 400, "{bad}");
    }
    assert_eq!(web.good(path).await?, shown);
    web.call(Method::PUT, path, Some(&json!({}))).await?;
    assert!(web.good(path).await?.get("drop-after").is_none());
    Ok(())
}

#[test]
fn faults_are_named_as_on_the_command_line() -> Done {
    let mut faults = Faults::default();
    for (name, value) in [
        ("drop-after", "10485760"),
        ("drop-up-after", "1"),
        ("drop-clean", "true"),
        ("repeat", "true"),
        ("close-after", "100:4010"),
        ("window", "65536"),
        ("ack-every", "4096"),
        ("frame", "1"),
        ("http-status", "503"),
        ("connect-close", "4033"),
        ("reconnect-close", "4001"),
        ("ping", "true"),
        ("junk", "1"),
        ("partial-ack", "on"),
    ] {
        faults.set(name, value)?;
    }
    assert_eq!((faults.drop_after, faults.connect_close, faults.junk), (Some(10_485_760), Some(4033), true));
    // the names of the JSON are the same
    let json = serde_json::to_value(&faults)?;
    assert_eq!(serde_json::from_value::<Faults>(json)?, faults);
    for (name, value) in [
        ("nothing", "1"),
        ("drop-after", "x"),
        ("drop-clean", "maybe"),
        ("frame", "0"),
        ("connect-close", "7"),
    ] {
        let before = faults.clone();
        assert!(faults.set(name, value).is_err(), "{name}={value}");
        assert_eq!(faults, before);
    }
    faults.set("drop-after", "off")?;
    assert_eq!(faults.drop_after, None);
    Ok(())
}
