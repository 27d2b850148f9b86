//! What IAP's audit log and Policy Troubleshooter say about a denial.

#![cfg(test)]

mod web;
mod wire;

use serde_json::{Value, json};
use web::{Done, Web, changed};
use wire::refused;

/// The audit query of whoever wants to know why.
fn audit(project: &str, instance_id: &str, who: &str, since: &str) -> Value {
    json!({
        "resourceNames": [format!("projects/{project}")],
        "orderBy": "timestamp desc",
        "pageSize": 20,
        "filter": format!(
            "logName=\"projects/{project}/logs/cloudaudit.googleapis.com%2Fdata_access\"\n\
             protoPayload.serviceName=\"iap.googleapis.com\"\n\
             protoPayload.methodName=\"AuthorizeUser\"\n\
             resource.type=\"gce_instance\"\n\
             resource.labels.instance_id=\"{instance_id}\"\n\
             protoPayload.authenticationInfo.principalEmail=\"{who}\"\n\
             timestamp>=\"{since}\""
        ),
    })
}

async fn instance_id(web: &Web, project: &str, instance: &str) -> Done<String> {
    let path = format!("/compute/v1/projects/{project}/zones/europe-west1-b/instances/{instance}");
    Ok(web.good(&path).await?["id"].as_str().ok_or("no id")?.to_owned())
}

#[tokio::test]
async fn an_audit_record_names_the_levels_of_a_decision() -> Done {
    let mut web = Web::demo().await?;
    let path = "/logging.googleapis.com/v2/entries:list";
    let start = "2024-01-01T00:00:00Z";
    let id = instance_id(&web, "acme-watched", "audited-level").await?;
    let query = audit("acme-watched", &id, "ana@acme.example", start);
    assert_eq!(web.post(path, &query).await?.json, json!({}));
    assert_eq!(refused(&web.cloud, &web.token, "acme-watched", "audited-level", 22).await, 4033);
    assert_eq!(refused(&web.cloud, &web.token, "acme-watched", "audited-level", 3389).await, 4033);
    let entries = web.post(path, &query).await?.json["entries"].clone();
    assert_eq!(entries.as_array().map(Vec::len), Some(2));
    // the latest first
    let entry = &entries[0];
    assert_eq!(
        (&entry["severity"], &entry["resource"]["labels"]["zone"]),
        (&json!("ERROR"), &json!("europe-west1-b"))
    );
    let payload = &entry["protoPayload"];
    assert_eq!(payload["status"], json!({"code": 7, "message": "Permission Denied."}));
    let request = &payload["requestMetadata"];
    assert_eq!(request["callerIp"], "203.0.113.7");
    assert_eq!(request["destinationAttributes"], json!({"ip": "10.64.1.2", "port": "3389"}));
    assert_eq!(request["requestAttributes"]["auth"], json!({}));
    let metadata = &payload["metadata"];
    assert_eq!(
        metadata["unsatisfied_access_levels"],
        json!(["accessPolicies/600123/accessLevels/data_centre"])
    );
    assert_eq!((&metadata["device_state"], &metadata["device_id"]), (&json!("Unknown"), &json!("")));
    let authorization = &payload["authorizationInfo"][0];
    assert!(authorization.get("granted").is_none());
    assert_eq!(authorization["resourceAttributes"]["type"], "iap.googleapis.com/TunnelInstance");
    for other in [
        audit("acme-watched", "1", "ana@acme.example", start),
        audit("acme-watched", &id, "ben@acme.example", start),
        audit("acme-watched", &id, "ana@acme.example", "2199-01-01T00:00:00Z"),
    ] {
        assert_eq!(web.post(path, &other).await?.json, json!({}));
    }
    // from a device on record
    web.become_user("ana@acme.example#home").await?;
    assert_eq!(refused(&web.cloud, &web.token, "acme-watched", "no-device-record", 22).await, 0);
    let id = instance_id(&web, "acme-watched", "no-device-record").await?;
    let granted = web.post(path, &audit("acme-watched", &id, "ana@acme.example", start)).await?.json;
    let payload = &granted["entries"][0]["protoPayload"];
    assert_eq!(payload["metadata"]["device_state"], "Normal");
    assert_eq!(payload["authorizationInfo"][0]["granted"], true);
    assert_eq!(
        payload["requestMetadata"]["requestAttributes"]["auth"]["accessLevels"],
        json!(["accessPolicies/600123/accessLevels/trusted_device"])
    );
    Ok(())
}

#[tokio::test]
async fn audit_records_are_private_may_lag_and_may_be_off() -> Done {
    let mut web = Web::demo().await?;
    let path = "/logging.googleapis.com/v2/entries:list";
    let all = |project: &str| json!({"resourceNames": [format!("projects/{project}")]});
    refused(&web.cloud, &web.token, "acme-watched", "audited-level", 22).await;
    refused(&web.cloud, &web.token, "acme-locked", "no-role", 22).await;
    assert!(web.post(path, &all("acme-watched")).await?.json["entries"].is_array());
    assert_eq!(web.post(path, &all("acme-locked")).await?.status, 403);
    assert_eq!(web.post(path, &json!({"resourceNames": []})).await?.status, 400);
    let unreadable = json!({"resourceNames": ["projects/acme-watched"], "filter": "((("});
    assert_eq!(web.post(path, &unreadable).await?.status, 400);
    // a viewer sees the log without these records
    web.become_user("ben@acme.example").await?;
    assert_eq!(web.post(path, &all("acme-watched")).await?.json, json!({}));
    web.become_user("eva@acme.example").await?;
    assert_eq!(web.post(path, &all("acme-locked")).await?.json, json!({}));
    let web = Web::start(changed(|json| json["auditLagMs"] = json!(600_000))?).await?;
    refused(&web.cloud, &web.token, "acme-watched", "audited-level", 22).await;
    assert_eq!(web.post(path, &all("acme-watched")).await?.json, json!({}));
    Ok(())
}

fn tuple(instance: &str, port: u16) -> Value {
    json!({"accessTuple": {
        "principal": "ana@acme.example",
        "fullResourceName":
            format!("//iap.googleapis.com/projects/700100200308/iap_tunnel/zones/europe-west1-b/instances/{instance}"),
        "permission": "iap.tunnelInstances.accessViaIAP",
        "conditionContext": {"destination": {"ip": "10.60.1.3", "port": port}},
    }})
}

#[tokio::test]
async fn the_troubleshooter_knows_no_levels() -> Done {
    let web = Web::demo().await?;
    let path = "/policytroubleshooter.googleapis.com/v3/iam:troubleshoot";
    // the organisation's policies are hidden from Ana, and so nothing is certain but a role that counts
    let hidden = web.post(path, &tuple("other-port", 22)).await?.json;
    assert_eq!(hidden["overallAccessState"], "UNKNOWN_INFO");
    let first = &hidden["allowPolicyExplanation"]["explainedPolicies"][0]["bindingExplanations"][0];
    assert_eq!(first["allowAccessState"], "ALLOW_ACCESS_STATE_NOT_GRANTED");
    assert_eq!(first["conditionExplanation"]["value"], false);
    assert_eq!(first["rolePermission"], "ROLE_PERMISSION_INCLUDED");
    assert_eq!(first["memberships"]["user:ana@acme.example"]["membership"], "MEMBERSHIP_MATCHED");
    let group = web.post(path, &tuple("group-members-only", 22)).await?.json;
    let first = &group["allowPolicyExplanation"]["explainedPolicies"][0]["bindingExplanations"][0];
    assert_eq!(first["combinedMembership"]["membership"], "MEMBERSHIP_UNKNOWN_INFO");
    // who may read everything hears the rest
    let web = Web::start(changed(|json| {
        let ana = json!(["user:ana@acme.example"]);
        let bindings = json["organization"]["policy"]["bindings"].as_array_mut();
        bindings.into_iter().for_each(|list| {
            list.push(json!({"role": "roles/iam.securityReviewer", "members": ana}));
            list.push(json!({"role": "roles/iam.denyReviewer", "members": ana}));
        });
        json["groupViewers"] = ana.clone();
    })?)
    .await?;
    for (instance, port, expected) in [
        ("no-role", 22, "CANNOT_ACCESS"),
        ("nothing-listens", 22, "CAN_ACCESS"),
        ("other-port", 22, "CANNOT_ACCESS"),
        ("other-port", 3389, "CAN_ACCESS"),
        ("public-address-level", 22, "UNKNOWN_CONDITIONAL"),
        ("expired-window", 22, "CANNOT_ACCESS"),
        ("group-members-only", 22, "CANNOT_ACCESS"),
        ("unreadable-role", 22, "CANNOT_ACCESS"),
    ] {
        let answer = web.post(path, &tuple(instance, port)).await?.json;
        assert_eq!(answer["overallAccessState"], expected, "{instance}: {answer}");
    }
    let mut frozen = tuple("under-a-deny-policy", 22);
    frozen["accessTuple"]["fullResourceName"] = json!(
        "//compute.googleapis.com/projects/acme-frozen/zones/europe-west1-b/instances/under-a-deny-policy"
    );
    let answer = web.post(path, &frozen).await?.json;
    assert_eq!(answer["overallAccessState"], "CANNOT_ACCESS");
    assert_eq!(answer["denyPolicyExplanation"]["denyAccessState"], "DENY_ACCESS_STATE_DENIED");
    let mut workforce = tuple("no-role", 22);
    workforce["accessTuple"]["principal"] =
        json!("principal://iam.googleapis.com/locations/global/workforcePools/p/subject/ana");
    assert_eq!(web.post(path, &workforce).await?.status, 400);
    Ok(())
}
