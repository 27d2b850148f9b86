//! What explains a denial, as the APIs give it out, and to whom.

#![cfg(test)]

mod web;
mod wire;

use adit_cloud::Faults;
use reqwest::Method;
use serde_json::{Value, json};
use web::{Done, Web, changed};
use wire::refused;

const LOCKED: &str = "/iap.googleapis.com/v1/projects/acme-locked/iap_tunnel/zones/europe-west1-b/instances";
const ACM: &str = "/accesscontextmanager.googleapis.com/v1";

fn version_3() -> Value {
    json!({"options": {"requestedPolicyVersion": 3}})
}

/// The reasons of an error's details.
fn reason(reply: &web::Reply) -> String {
    let details = reply.json["error"]["details"].as_array().cloned().unwrap_or_default();
    details.iter().find_map(|one| one["reason"].as_str()).unwrap_or_default().to_owned()
}

async fn quota(web: &Web, path: &str) -> Done<web::Reply> {
    web.with(Method::GET, path, &[("x-goog-user-project", "acme-locked")], &Value::Null).await
}

#[tokio::test]
async fn every_locked_door_of_the_demo_is_locked_as_it_says() -> Done {
    let mut web = Web::demo().await?;
    for (project, instance, code) in [
        ("acme-locked", "no-role", 4033),
        ("acme-locked", "other-port", 4033),
        ("acme-locked", "other-address", 4033),
        ("acme-locked", "public-address-level", 4033),
        ("acme-locked", "nested-level", 4033),
        ("acme-locked", "custom-level", 4033),
        ("acme-locked", "device-system-level", 4033),
        ("acme-locked", "either-level", 4033),
        ("acme-locked", "expired-window", 4033),
        ("acme-locked", "group-members-only", 4033),
        ("acme-locked", "misspelt-level", 4033),
        ("acme-locked", "unreadable-role", 4033),
        ("acme-locked", "no-firewall-rule", 4003),
        ("acme-locked", "firewall-rule-denies", 4003),
        ("acme-locked", "firewall-policy-denies", 4003),
        ("acme-locked", "nothing-listens", 4003),
        ("acme-locked", "switched-off", 4003),
        ("acme-locked", "no-such-instance", 4033),
        ("acme-watched", "audited-level", 4033),
        ("acme-watched", "no-device-record", 4033),
        ("acme-frozen", "under-a-deny-policy", 4033),
        ("acme-sealed", "sealed-with-a-role", 4033),
        ("acme-sealed", "sealed-without-a-role", 4033),
        ("acme-data-platform", "billing-db-7", 4033),
    ] {
        assert_eq!(refused(&web.cloud, &web.token, project, instance, 22).await, code, "{instance}");
    }
    // from elsewhere, or as somebody else, some of them open
    assert_eq!(refused(&web.cloud, &web.token, "acme-locked", "other-port", 3389).await, 4003);
    web.become_user("ana@acme.example#home").await?;
    assert_eq!(refused(&web.cloud, &web.token, "acme-watched", "no-device-record", 22).await, 0);
    Ok(())
}

#[tokio::test]
async fn iap_tells_a_callers_own_permissions_to_anybody() -> Done {
    let web = Web::demo().await?;
    let ask = json!({"permissions": ["iap.tunnelInstances.accessViaIAP"]});
    let held = |reply: web::Reply| reply.json["permissions"].as_array().map_or(0, Vec::len);
    for (project, instance, count) in [
        ("acme-locked", "nothing-listens", 1),
        ("acme-locked", "no-role", 0),
        // no port and no address here, so that a condition on them has no value
        ("acme-locked", "other-port", 0),
        ("acme-frozen", "under-a-deny-policy", 0),
        ("acme-sealed", "sealed-with-a-role", 1),
        ("acme-sealed", "sealed-without-a-role", 0),
    ] {
        let path =
            format!("/iap.googleapis.com/v1/projects/{project}/iap_tunnel/zones/europe-west1-b/instances");
        let reply = web.post(&format!("{path}/{instance}:testIamPermissions"), &ask).await?;
        assert_eq!(reply.status, 200);
        assert_eq!(held(reply), count, "{instance}");
    }
    assert_eq!(web.post(&format!("{LOCKED}/no-role:testIamPermissions"), &json!({})).await?.status, 400);
    Ok(())
}

#[tokio::test]
async fn tunnel_policies_are_read_by_whoever_may() -> Done {
    let mut web = Web::demo().await?;
    let policy = web.post(&format!("{LOCKED}/other-port:getIamPolicy"), &version_3()).await?;
    assert_eq!(policy.status, 200, "{}", policy.json);
    assert_eq!(policy.json["version"], 3);
    let binding = &policy.json["bindings"][0];
    assert_eq!(binding["role"], "roles/iap.tunnelResourceAccessor");
    assert_eq!(binding["condition"]["expression"], "destination.port == 3389");
    // below version 3 the condition is gone, and the role says so
    let older = web.post(&format!("{LOCKED}/other-port:getIamPolicy"), &json!({})).await?;
    assert!(older.json["bindings"][0].get("condition").is_none());
    let role = older.json["bindings"][0]["role"].as_str().unwrap_or_default();
    assert!(role.starts_with("roles/iap.tunnelResourceAccessor_withcond_"), "{role}");
    for node in [
        "projects/700100200308/iap_tunnel",
        "projects/acme-locked/iap_tunnel/zones/europe-west1-b",
        "projects/700100200308/iap_tunnel/zones/europe-west1-b/instances/no-role",
    ] {
        let empty = web.post(&format!("/v1/{node}:getIamPolicy"), &version_3()).await?;
        assert_eq!(empty.status, 200, "{node}: {}", empty.json);
        assert!(empty.json.get("bindings").is_none() && empty.json["etag"].is_string(), "{}", empty.json);
    }
    for node in [
        "projects/acme-sealed/iap_tunnel",
        "projects/acme-sealed/iap_tunnel/zones/europe-west1-b",
        "projects/acme-sealed/iap_tunnel/zones/europe-west1-b/instances/sealed-with-a-role",
        "projects/no-such-project/iap_tunnel",
    ] {
        let denied = web.post(&format!("/v1/{node}:getIamPolicy"), &version_3()).await?;
        assert_eq!((denied.status, reason(&denied).as_str()), (403, "IAM_PERMISSION_DENIED"), "{node}");
    }
    assert_eq!(web.post(&format!("{LOCKED}/nobody:getIamPolicy"), &version_3()).await?.status, 404);
    web.become_user("ben@acme.example").await?;
    assert_eq!(web.post(&format!("{LOCKED}/other-port:getIamPolicy"), &version_3()).await?.status, 403);
    Ok(())
}

#[tokio::test]
async fn policies_above_a_project_and_its_ancestry() -> Done {
    let mut web = Web::demo().await?;
    let base = "/cloudresourcemanager.googleapis.com";
    let ancestry = web.post(&format!("{base}/v1/projects/acme-locked:getAncestry"), &json!({})).await?;
    let ids: Vec<&str> = ancestry.json["ancestor"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| one["resourceId"]["id"].as_str())
        .collect();
    assert_eq!(ids, ["acme-locked", "510338812004", "408215637001"]);
    assert_eq!(ancestry.json["ancestor"][1]["resourceId"]["type"], "folder");
    for (node, status) in [
        ("projects/acme-locked", 200),
        ("folders/510338812004", 200),
        ("folders/510338812001", 403),
        ("organizations/408215637001", 403),
        ("organizations/7", 403),
        ("projects/acme-sealed", 403),
    ] {
        let reply = web.post(&format!("{base}/v3/{node}:getIamPolicy"), &version_3()).await?;
        assert_eq!(reply.status, status, "{node}: {}", reply.json);
    }
    assert_eq!(
        web.post(&format!("{base}/v1/projects/acme-board-room:getAncestry"), &json!({})).await?.status,
        403
    );
    web.become_user("eva@acme.example").await?;
    let whole = web.post(&format!("{base}/v3/organizations/408215637001:getIamPolicy"), &version_3()).await?;
    assert_eq!(whole.json["bindings"][0]["role"], "roles/owner");
    Ok(())
}

#[tokio::test]
async fn roles_are_anybodys_unless_they_are_the_organisations_own() -> Done {
    let mut web = Web::demo().await?;
    let role = web.good("/iam.googleapis.com/v1/roles/iap.tunnelResourceAccessor").await?;
    assert_eq!(role["title"], "IAP-secured Tunnel User");
    assert_eq!(
        role["includedPermissions"],
        json!(["iap.tunnelDestGroups.accessViaIAP", "iap.tunnelInstances.accessViaIAP"])
    );
    assert_eq!(web.get("/v1/roles/nobody.made.it").await?.status, 404);
    let own = "/iam.googleapis.com/v1/organizations/408215637001/roles/remoteHands";
    assert_eq!(web.get(own).await?.status, 403);
    web.become_user("eva@acme.example").await?;
    let role = web.good(own).await?;
    assert_eq!(role["includedPermissions"], json!(["compute.instances.get", "compute.instances.list"]));
    Ok(())
}

#[tokio::test]
async fn levels_perimeters_and_access_bindings() -> Done {
    let mut web = Web::demo().await?;
    let level = format!("{ACM}/accessPolicies/600123/accessLevels/prod_admin");
    // user credentials need somebody who pays
    assert_eq!(reason(&web.get(&level).await?), "SERVICE_DISABLED");
    let elsewhere = [("x-goog-user-project", "acme-prod")];
    let denied = web.with(Method::GET, &level, &elsewhere, &Value::Null).await?;
    assert_eq!((denied.status, reason(&denied).as_str()), (403, "USER_PROJECT_DENIED"));
    let found = quota(&web, &level).await?;
    assert_eq!(found.status, 200, "{}", found.json);
    let conditions = &found.json["basic"]["conditions"];
    assert_eq!(
        conditions[0]["requiredAccessLevels"],
        json!(["accessPolicies/600123/accessLevels/data_centre"])
    );
    assert!(conditions[0].get("ipSubnetworks").is_none());
    let custom = quota(&web, &format!("{ACM}/accessPolicies/600123/accessLevels/field_laptop")).await?;
    assert!(custom.json["custom"]["expr"]["expression"].as_str().is_some_and(|text| text.contains("OsType")));
    let all = quota(&web, &format!("{ACM}/accessPolicies/600123/accessLevels")).await?;
    assert_eq!(all.json["accessLevels"].as_array().map(Vec::len), Some(6));
    assert_eq!(quota(&web, &format!("{ACM}/accessPolicies/600123/accessLevels/none")).await?.status, 404);
    let policies = quota(&web, &format!("{ACM}/accessPolicies?parent=organizations/408215637001")).await?;
    assert_eq!(policies.json["accessPolicies"][0]["name"], "accessPolicies/600123");
    let perimeters = quota(&web, &format!("{ACM}/accessPolicies/600123/servicePerimeters")).await?;
    let status = &perimeters.json["servicePerimeters"][0]["status"];
    assert_eq!(status["resources"], json!(["projects/700100200311"]));
    let bindings = quota(&web, &format!("{ACM}/organizations/408215637001/gcpUserAccessBindings")).await?;
    let binding = &bindings.json["gcpUserAccessBindings"][0];
    assert_eq!(binding["accessLevels"], json!(["accessPolicies/600123/accessLevels/corp_net"]));
    assert!(binding["groupKey"].as_str().is_some_and(|key| !key.contains('@')));
    // an owner is no reader of these
    web.become_user("eva@acme.example").await?;
    for path in [
        level,
        format!("{ACM}/accessPolicies/600123/servicePerimeters"),
        format!("{ACM}/organizations/408215637001/gcpUserAccessBindings"),
    ] {
        let denied = quota(&web, &path).await?;
        assert_eq!((denied.status, reason(&denied).as_str()), (403, "IAM_PERMISSION_DENIED"), "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn groups_are_for_those_who_may_look() -> Done {
    let mut web = Web::demo().await?;
    let lookup = "/cloudidentity.googleapis.com/v1/groups:lookup?groupKey.id=database-owners@acme.example";
    assert_eq!(web.get(lookup).await?.status, 403);
    web.become_user("eva@acme.example").await?;
    let name = web.good(lookup).await?["name"].as_str().ok_or("no name")?.to_owned();
    let check = |who: &str| {
        format!(
            "/cloudidentity.googleapis.com/v1/{name}/memberships:checkTransitiveMembership?query=member_key_id=='{who}'"
        )
    };
    assert_eq!(web.good(&check("eva@acme.example")).await?, json!({"hasMembership": true}));
    assert_eq!(web.good(&check("ana@acme.example")).await?, json!({"hasMembership": false}));
    let all = "/v1/groups/-/memberships:searchTransitiveGroups?query=member_key_id=='eva@acme.example'";
    assert_eq!(web.good(all).await?["memberships"][0]["group"], json!(name));
    web.become_user("ana@acme.example").await?;
    assert_eq!(web.get(&check("ana@acme.example")).await?.status, 403);
    Ok(())
}

#[tokio::test]
async fn deny_policies_are_listed_without_their_rules() -> Done {
    let mut web = Web::demo().await?;
    let base = "/iam.googleapis.com/v2/policies/cloudresourcemanager.googleapis.com%2F";
    let list = web.good(&format!("{base}projects%2Facme-frozen/denypolicies")).await?;
    let policy = &list["policies"][0];
    let name = policy["name"].as_str().ok_or("no name")?;
    assert!(policy.get("rules").is_none());
    assert_eq!(
        name,
        "policies/cloudresourcemanager.googleapis.com%2Fprojects%2F700100200310/denypolicies/no-tunnels"
    );
    let whole = web.good(&format!("/iam.googleapis.com/v2/{name}")).await?;
    let rule = &whole["rules"][0]["denyRule"];
    assert_eq!(rule["deniedPermissions"], json!(["iap.googleapis.com/tunnelInstances.accessViaIAP"]));
    assert_eq!(web.good(&format!("{base}folders%2F510338812004/denypolicies")).await?, json!({}));
    for path in ["organizations%2F408215637001", "projects%2Facme-prod"] {
        assert_eq!(web.get(&format!("{base}{path}/denypolicies")).await?.status, 403, "{path}");
    }
    let boundaries = "/iam.googleapis.com/v3/organizations/408215637001/locations/global/policyBindings";
    assert_eq!(web.get(boundaries).await?.status, 403);
    web.become_user("ben@acme.example").await?;
    assert_eq!(web.get(&format!("{base}projects%2Facme-frozen/denypolicies")).await?.status, 403);
    Ok(())
}

#[tokio::test]
async fn the_effective_firewall_of_an_interface() -> Done {
    let mut web = Web::demo().await?;
    let base = "/compute/v1/projects/acme-locked/zones/europe-west1-b/instances";
    let of = |name: &str| format!("{base}/{name}/getEffectiveFirewalls?networkInterface=nic0");
    let names = |answer: &Value| -> Vec<String> {
        let rules = answer["firewalls"].as_array().cloned().unwrap_or_default();
        rules.iter().filter_map(|one| one["name"].as_str().map(str::to_owned)).collect()
    };
    let island = web.good(&of("no-firewall-rule")).await?;
    assert_eq!(names(&island), ["island-internal"]);
    assert_eq!(island["firewalls"][0]["sourceRanges"], json!(["10.61.0.0/16"]));
    let policy = &island["firewallPolicys"][0];
    assert_eq!(
        (&policy["type"], &policy["shortName"]),
        (&json!("HIERARCHY"), &json!("no-remote-administration"))
    );
    assert_eq!(policy["rules"][0]["match"]["layer4Configs"][0]["ipProtocol"], "tcp");
    assert_eq!(policy["rules"][0]["action"], "deny");
    let fenced = web.good(&of("firewall-rule-denies")).await?;
    assert_eq!(names(&fenced), ["fenced-no-administration", "fenced-allow-iap"]);
    assert_eq!(fenced["firewalls"][0]["denied"][0]["IPProtocol"], "tcp");
    // a project without rules of its own has the one of the guides
    let prod = "/compute/v1/projects/acme-prod/zones/europe-west1-b/instances/web-1";
    let guides = web.good(&format!("{prod}/getEffectiveFirewalls?networkInterface=nic0")).await?;
    assert_eq!(names(&guides), ["default-allow-ingress-from-iap"]);
    assert_eq!(web.get(&format!("{base}/no-role/getEffectiveFirewalls")).await?.status, 400);
    assert_eq!(web.get(&of("no-role").replace("nic0", "nic4")).await?.status, 400);
    let network = web.good("/compute/v1/projects/acme-locked/global/networks/island").await?;
    assert_eq!(network["networkFirewallPolicyEnforcementOrder"], "AFTER_CLASSIC_FIREWALL");
    web.become_user("cem@acme.example#the office").await?;
    assert_eq!(web.get(&of("no-role")).await?.status, 403);
    Ok(())
}

#[tokio::test]
async fn a_perimeter_refuses_by_its_identifier() -> Done {
    let mut web = Web::demo().await?;
    let path = "/compute/v1/projects/acme-vault/aggregated/instances";
    let refused = web.get(path).await?;
    assert_eq!((refused.status, reason(&refused).as_str()), (403, "SECURITY_POLICY_VIOLATED"));
    let error = &refused.json["error"];
    let violation = &error["details"][0]["violations"][0];
    assert_eq!(violation["type"], "VPC_SERVICE_CONTROLS");
    let id = violation["description"].as_str().ok_or("no identifier")?;
    assert_eq!(
        error["message"],
        json!(format!(
            "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: {id}"
        ))
    );
    assert_eq!(error["details"][1]["metadata"]["service"], "compute.googleapis.com");
    // its ingress rule lets the data centre in
    web.become_user("eva@acme.example#the data centre").await?;
    assert_eq!(web.get(path).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn an_access_binding_refuses_the_token() -> Done {
    let mut web = Web::demo().await?;
    web.become_user("cem@acme.example#the office").await?;
    assert!(web.become_user("cem@acme.example#his own desk").await.is_err());
    let parameters = [
        ("client_id", "adit-local-cloud"),
        ("redirect_uri", "http://127.0.0.1:9/"),
        ("response_type", "code"),
        ("scope", "openid email"),
    ];
    let (_, location) = web.pick(&parameters, "cem@acme.example#his own desk").await?;
    let code = web::query(&location.ok_or("no redirect")?, "code")?.ok_or("no code")?;
    let form = [
        ("client_id", "adit-local-cloud"),
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", "http://127.0.0.1:9/"),
    ];
    let response = web.client.post(web.url("/token")).form(&form).send().await?;
    assert_eq!(response.status().as_u16(), 400);
    let body: Value = response.json().await?;
    assert_eq!(
        (&body["error"], &body["error_description"]),
        (&json!("access_denied"), &json!("Account restricted"))
    );
    let uri = body["error_uri"].as_str().unwrap_or_default();
    assert!(uri.starts_with("https://accounts.google.com/info/servicerestricted?"), "{uri}");
    Ok(())
}

#[tokio::test]
async fn a_token_without_the_scope_gets_nowhere() -> Done {
    let mut web = Web::demo().await?;
    web.become_user_for("ana@acme.example", "openid email").await?;
    let refused = web.get("/compute/v1/projects/acme-prod/aggregated/instances").await?;
    assert_eq!((refused.status, reason(&refused).as_str()), (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"));
    Ok(())
}

#[tokio::test]
async fn an_api_that_the_quota_project_has_off_says_so() -> Done {
    let web = Web::start(changed(|json| {
        let mut projects = json["projects"].as_array_mut().into_iter().flatten();
        if let Some(locked) = projects.find(|one| one["id"] == "acme-locked") {
            locked["disabledApis"] = json!(["policytroubleshooter.googleapis.com"]);
        }
    })?)
    .await?;
    let path = "/policytroubleshooter.googleapis.com/v3/iam:troubleshoot";
    let headers = [("x-goog-user-project", "acme-locked")];
    let refused = web.with(Method::POST, path, &headers, &json!({})).await?;
    assert_eq!((refused.status, reason(&refused).as_str()), (403, "SERVICE_DISABLED"));
    Ok(())
}

#[tokio::test]
async fn faults_of_apis_and_of_the_token_endpoint() -> Done {
    let web = Web::demo().await?;
    let mut faults = Faults::default();
    for value in [
        "iap.googleapis.com/getIamPolicy:429",
        "logging.googleapis.com:garbage",
        "cloudresourcemanager.googleapis.com/getAncestry:strange",
        "iam.googleapis.com:hang",
    ] {
        faults.set("api", value)?;
    }
    faults.set("token", "invalid-rapt")?;
    for wrong in ["iap.googleapis.com", "iap.googleapis.com:200", "nobody:hang", "iap.googleapis.com/:hang"] {
        assert!(faults.set("api", wrong).is_err(), "{wrong}");
    }
    web.cloud.set_faults(faults)?;
    assert_eq!(web.post(&format!("{LOCKED}/no-role:getIamPolicy"), &version_3()).await?.status, 429);
    let ask = json!({"permissions": ["iap.tunnelInstances.accessViaIAP"]});
    assert_eq!(web.post(&format!("{LOCKED}/no-role:testIamPermissions"), &ask).await?.status, 200);
    let garbage = web.post("/v2/entries:list", &json!({})).await?;
    assert_eq!((garbage.status, garbage.json), (200, Value::Null));
    let strange = web.post("/v1/projects/acme-locked:getAncestry", &json!({})).await?;
    assert!(strange.json.is_array());
    let hanging = web.get("/iam.googleapis.com/v1/roles/owner");
    assert!(tokio::time::timeout(std::time::Duration::from_millis(200), hanging).await.is_err());
    let form = [("client_id", "adit-local-cloud"), ("grant_type", "refresh_token"), ("refresh_token", "x")];
    let body: Value = web.client.post(web.url("/token")).form(&form).send().await?.json().await?;
    assert_eq!((&body["error"], &body["error_subtype"]), (&json!("invalid_grant"), &json!("invalid_rapt")));
    // the same over HTTP, and off again
    let shown = web.good("/.well-known/adit-cloud/faults").await?;
    assert_eq!(shown["api"][0], "iap.googleapis.com/getIamPolicy:429");
    let reply = web.call(Method::PUT, "/.well-known/adit-cloud/faults", Some(&json!({}))).await?;
    assert_eq!(reply.status, 200);
    assert_eq!(web.post(&format!("{LOCKED}/no-role:getIamPolicy"), &version_3()).await?.status, 200);
    Ok(())
}
