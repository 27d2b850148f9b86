//! Starting and ending a cloud, and what may be in a landscape.

mod web;

use std::net::SocketAddr;

use adit_cloud::{Cloud, Error, Landscape, Options};
use serde_json::{Value, json};
use web::{Done, Web, demo};

#[tokio::test]
async fn only_loopback_will_do() -> Done {
    for address in ["0.0.0.0:0", "192.0.2.1:0", "[::]:0"] {
        let mut options = Options::new(demo()?);
        options.listen = address.parse::<SocketAddr>()?;
        assert!(matches!(Cloud::start(options).await, Err(Error::NotLoopback(_))), "{address}");
    }
    Ok(())
}

#[tokio::test]
async fn the_ready_line_says_all_that_a_client_needs() -> Done {
    let web = Web::demo().await?;
    let line: Value = serde_json::from_str(&web.cloud.ready_line())?;
    assert_eq!(line.as_object().ok_or("no object")?.len(), 4);
    assert_eq!((&line["url"], &line["relay"]), (&json!(web.cloud.url()), &json!(web.cloud.relay_url())));
    assert!(web.cloud.relay_url().starts_with("wss://127.0.0.1:") && web.cloud.relay_url().ends_with("/v4"));
    let ca = std::fs::read_to_string(line["ca"].as_str().ok_or("no path")?)?;
    assert_eq!(ca, web.cloud.ca_pem());
    let mut signed_in = web;
    signed_in.token = line["token"].as_str().ok_or("no token")?.to_owned();
    assert_eq!(signed_in.good("/v1/userinfo").await?["email"], "ana@acme.example");
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn the_authoritys_file_is_private_and_goes_with_the_cloud() -> Done {
    use std::os::unix::fs::PermissionsExt as _;
    let web = Web::demo().await?;
    let path = web.cloud.ca_path().to_owned();
    assert_eq!(std::fs::metadata(&path)?.permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(path.parent().ok_or("no folder")?)?.permissions().mode() & 0o777, 0o700);
    let url = web.url("/.well-known/adit-cloud");
    web.cloud.stop().await;
    assert!(!path.exists());
    assert!(web.client.get(url).send().await.is_err());
    Ok(())
}

#[tokio::test]
async fn each_start_has_an_authority_of_its_own() -> Done {
    let (one, other) = (Web::demo().await?, Web::demo().await?);
    assert_ne!(one.cloud.ca_pem(), other.cloud.ca_pem());
    assert_ne!(one.token, other.token);
    Ok(())
}

#[test]
fn the_demo_has_what_it_is_for() -> Done {
    Landscape::demo()?;
    let json: Value = serde_json::from_str(include_str!("../../../assets/landscapes/demo.json"))?;
    let count = |name: &str| json[name].as_array().map_or(0, Vec::len);
    assert!(count("projects") >= 4 && count("zones") >= 5 && count("instances") >= 40 && count("users") >= 3);
    let instances = json["instances"].as_array().ok_or("no instances")?;
    for status in
        ["TERMINATED", "SUSPENDED", "SUSPENDING", "STAGING", "PROVISIONING", "STOPPING", "REPAIRING"]
    {
        assert!(instances.iter().any(|one| one["status"] == status), "{status}");
    }
    let locked = instances.iter().filter(|one| one["labels"]["purpose"] == "denied");
    assert!(locked.clone().count() >= 12);
    assert!(locked.clone().all(|one| one["description"].is_string()));
    Ok(())
}

/// A landscape with nothing wrong in it.
fn good() -> Value {
    json!({
        "organization": {"domain": "a.example", "id": 1},
        "zones": [{"name": "europe-west1-b"}],
        "projects": [{"id": "p-one", "number": 2, "name": "One", "parent": "organizations/1"}],
        "users": [{"email": "a@a.example", "name": "A", "places": [{"name": "x", "ip": "192.0.2.1"}]}],
        "instances": [
            {"project": "p-one", "zone": "europe-west1-b", "name": "vm", "ip": "10.0.0.1"},
            {"project": "p-one", "zone": "europe-west1-b", "name": "other", "ip": "10.0.0.2"},
        ],
    })
}

/// What is said about the landscape with one value changed, by its path.
fn complaint(pointer: &str, value: Value) -> Done<String> {
    let mut wrong = good();
    let (parent, key) = pointer.rsplit_once('/').ok_or("no pointer")?;
    wrong
        .pointer_mut(parent)
        .and_then(Value::as_object_mut)
        .ok_or("no parent")?
        .insert(key.to_owned(), value);
    let error = Landscape::parse(&wrong.to_string()).err().ok_or_else(|| format!("{pointer} was taken"))?;
    Ok(error.path)
}

#[test]
fn a_wrong_field_is_named_with_its_path() -> Done {
    let good = good();
    Landscape::parse(&good.to_string())?;
    let bindings = |role: &str, member: &str| json!({"bindings": [{"role": role, "members": [member]}]});
    for (pointer, value, path) in [
        ("/instances/0/status", json!("SLEEPING"), "instances[0].status"),
        ("/instances/0/zone", json!("mars-1-a"), "instances[0].zone"),
        ("/instances/0/name", json!("Web_1"), "instances[0].name"),
        ("/instances/0/ip", json!("10.0.0"), "instances[0].ip"),
        ("/instances/0/ports", json!({"22": "telnet"}), "instances[0].ports.22"),
        ("/instances/0/ports", json!({"22": "10.0.0.1:22"}), "instances[0].ports.22"),
        ("/instances/0/colour", json!("red"), "instances[0].colour"),
        ("/projects/0/parent", json!("folders/9"), "projects[0].parent"),
        (
            "/projects/0/policy",
            bindings("roles/nothing", "user:a@a.example"),
            "projects[0].policy.bindings[0].role",
        ),
        (
            "/projects/0/policy",
            bindings("roles/owner", "a@a.example"),
            "projects[0].policy.bindings[0].members[0]",
        ),
        (
            "/projects/0/policy",
            bindings("roles/owner", "group:g@a.example"),
            "projects[0].policy.bindings[0].members[0]",
        ),
        ("/users/0/places", json!([]), "users[0].places"),
        ("/users/0/osLogin", json!({"username": ""}), "users[0].osLogin.username"),
        ("/users/0/osLogin", json!({"username": "-ana"}), "users[0].osLogin.username"),
        ("/users/0/osLogin", json!({"username": "../ana"}), "users[0].osLogin.username"),
        ("/users/0/osLogin", json!({"username": "a".repeat(33)}), "users[0].osLogin.username"),
        ("/instances/1/ip", json!("10.0.0.1"), "instances[1].ip"),
        ("/instances/0/interfaces", json!([{"ip": "10.0.0.2"}]), "instances[1].ip"),
        ("/instances/0/interfaces", json!([{"ip": "10.0.0.1"}]), "instances[0].interfaces[0].ip"),
        ("/zones/0/name", json!("europe"), "zones[0].name"),
    ] {
        assert_eq!(complaint(pointer, value)?, path);
    }
    let mut apart = good.clone();
    apart["instances"][1]["ip"] = json!("10.0.0.1");
    apart["instances"][1]["network"] = json!("other");
    apart["users"][0]["osLogin"] = json!({"username": ".Ana_1-x"});
    Landscape::parse(&apart.to_string())?;
    for (text, problem) in [
        ("{", "landscape: EOF while parsing an object at line 1 column 1"),
        ("{}", "landscape: missing field `organization` at line 1 column 2"),
        ("[", "landscape: "),
    ] {
        let error = Landscape::parse(text).err().ok_or("taken")?;
        assert_eq!(error.path, ".");
        assert!(error.to_string().starts_with(problem), "{error}");
    }
    Ok(())
}

#[test]
fn what_decides_about_access_is_checked_too() -> Done {
    let under = |role: &str, condition: &str| {
        let condition = json!({"title": "t", "expression": condition});
        json!({"bindings": [{"role": role, "members": ["allUsers"], "condition": condition}]})
    };
    let level = |name: &str, definition: Value| {
        let mut level = json!({"name": name, "title": "t"});
        if let (Some(level), Value::Object(definition)) = (level.as_object_mut(), definition) {
            level.extend(definition);
        }
        json!([level])
    };
    let office = "accessPolicies/1/accessLevels/office";
    let basic = |condition: Value| json!({"basic": {"conditions": [condition]}});
    let policy = |attached: &str, principal: &str, permission: &str| {
        json!([{"name": "no", "attachedTo": attached, "rules": [{"denyRule": {
            "deniedPrincipals": [principal], "deniedPermissions": [permission],
        }}]}])
    };
    let (everybody, tunnels) = ("principalSet://goog/public:all", "iap.googleapis.com/tunnelInstances.*");
    let perimeter = |status: Value| json!([{"name": "accessPolicies/1/servicePerimeters/p", "title": "p", "status": status}]);
    let rule =
        |more: Value| json!([{"name": "a", "sourceRanges": [more], "allowed": [{"IPProtocol": "tcp"}]}]);
    for (pointer, value, path) in [
        (
            "/projects/0/iapPolicy",
            under("roles/iap.tunnelResourceAccessor", "destination.port =="),
            "projects[0].iapPolicy.bindings[0].condition.expression",
        ),
        (
            "/projects/0/iapPolicy",
            under("roles/owner", "true"),
            "projects[0].iapPolicy.bindings[0].condition",
        ),
        ("/projects/0/iapZonePolicies", json!({"mars-1-a": {}}), "projects[0].iapZonePolicies.mars-1-a"),
        ("/projects/0/firewalls", rule(json!("10.0.0.0/99")), "projects[0].firewalls[0].sourceRanges[0]"),
        ("/projects/0/firewalls", json!([{"name": "a"}]), "projects[0].firewalls[0]"),
        ("/users/0/places/0/device", json!({"os": "BEOS"}), "users[0].places[0].device.os"),
        ("/users/0/places/0/device", json!({"osVersion": "six"}), "users[0].places[0].device.osVersion"),
        ("/groupViewers", json!(["somebody"]), "groupViewers[0]"),
        ("/auditLagMs", json!(600_001), "auditLagMs"),
        ("/accessLevels", level("office", basic(json!({"regions": ["DE"]}))), "accessLevels[0].name"),
        ("/accessLevels", level(office, json!({})), "accessLevels[0]"),
        (
            "/accessLevels",
            level(office, basic(json!({"ipSubnetworks": ["office"]}))),
            "accessLevels[0].basic.conditions[0].ipSubnetworks[0]",
        ),
        (
            "/accessLevels",
            level(office, json!({"custom": {"expr": {"expression": "levels."}}})),
            "accessLevels[0].custom.expr.expression",
        ),
        (
            "/accessBindings",
            json!([{"name": "b", "group": "g@a.example", "accessLevels": []}]),
            "accessBindings[0].group",
        ),
        ("/denyPolicies", policy("projects/other", everybody, tunnels), "denyPolicies[0].attachedTo"),
        (
            "/denyPolicies",
            policy("projects/p-one", "everybody", tunnels),
            "denyPolicies[0].rules[0].denyRule",
        ),
        (
            "/denyPolicies",
            policy("projects/p-one", everybody, "tunnels"),
            "denyPolicies[0].rules[0].denyRule",
        ),
        (
            "/servicePerimeters",
            perimeter(json!({"resources": ["projects/p-one"]})),
            "servicePerimeters[0].status.resources[0]",
        ),
        (
            "/servicePerimeters",
            perimeter(json!({"resources": ["projects/2"], "accessLevels": [office]})),
            "servicePerimeters[0].status",
        ),
        (
            "/firewallPolicies",
            json!([{"name": "1", "attachedTo": ["folders/4"], "rules": []}]),
            "firewallPolicies[0].attachedTo[0]",
        ),
    ] {
        assert_eq!(complaint(pointer, value)?, path);
    }
    Ok(())
}
