//! Projects and instances as a client lists them, and who may.

mod web;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use web::{Done, Web};

fn names(page: &Value) -> Vec<String> {
    let scopes = page["items"].as_object().into_iter().flatten();
    let instances = scopes.flat_map(|(_, scope)| scope["instances"].as_array().cloned().unwrap_or_default());
    instances.filter_map(|one| one["name"].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn a_caller_sees_the_projects_that_a_role_shows() -> Done {
    let mut web = Web::demo().await?;
    // as Google's SDK asks: empty parameters count as none
    let path = "/v3/projects:search?query=&pageToken=&pageSize=500&%24alt=json%3Benum-encoding%3Dint";
    let ids = |answer: &Value| -> Vec<String> {
        let projects = answer["projects"].as_array().cloned().unwrap_or_default();
        projects.iter().filter_map(|one| one["projectId"].as_str().map(str::to_owned)).collect()
    };
    let all = [
        "acme-data-platform",
        "acme-frozen",
        "acme-legal-archive",
        "acme-locked",
        "acme-mobile-lab",
        "acme-playground",
        "acme-prod",
        "acme-sealed",
        "acme-staging",
        "acme-vault",
        "acme-watched",
    ];
    assert_eq!(ids(&web.good(path).await?), all);
    let mut paged = Vec::new();
    let mut token = String::new();
    loop {
        let page = web
            .good(&format!(
                "/cloudresourcemanager.googleapis.com/v3/projects:search?pageSize=4&pageToken={token}"
            ))
            .await?;
        paged.extend(ids(&page));
        match page["nextPageToken"].as_str() {
            Some(next) => token = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(paged, all);
    web.become_user("eva@acme.example").await?;
    assert!(ids(&web.good(path).await?).contains(&"acme-board-room".to_owned()));
    Ok(())
}

#[tokio::test]
async fn pages_cover_every_instance_once() -> Done {
    let web = Web::demo().await?;
    let base = "/compute/v1/projects/acme-prod/aggregated/instances?returnPartialSuccess=true";
    let whole = names(&web.good(base).await?);
    assert_eq!(whole.len(), 22);
    let mut paged = Vec::new();
    let mut token = String::new();
    let mut pages = 0;
    loop {
        let page = web.good(&format!("{base}&maxResults=5&pageToken={token}")).await?;
        pages += 1;
        // every zone is there: with instances, or with the word that this page has none
        let scopes = page["items"].as_object().ok_or("no items")?;
        assert_eq!(scopes.len(), 6);
        for scope in scopes.values() {
            assert!(
                scope.get("instances").is_some() || scope["warning"]["code"] == "NO_RESULTS_ON_PAGE",
                "{scope}"
            );
        }
        paged.extend(names(&page));
        match page["nextPageToken"].as_str() {
            Some(next) => token = next.to_owned(),
            None => break,
        }
    }
    assert_eq!((pages, &paged), (5, &whole));
    assert_eq!(paged.iter().collect::<BTreeSet<_>>().len(), whole.len());
    assert!(paged.iter().any(|name| name.len() == 63));
    let bad = web.get(&format!("{base}&pageToken=%21%21")).await?;
    assert_eq!((bad.status, &bad.json["error"]["errors"][0]["reason"]), (400, &json!("invalid")));
    Ok(())
}

#[tokio::test]
async fn a_mask_leaves_out_the_rest() -> Done {
    let web = Web::demo().await?;
    let mask = "nextPageToken,items/*/instances(id,name,disks(guestOsFeatures))";
    let page = web
        .good(&format!("/compute/v1/projects/acme-prod/aggregated/instances?maxResults=1&fields={mask}"))
        .await?;
    let keys: Vec<&String> = page.as_object().ok_or("no object")?.keys().collect();
    assert_eq!(keys, ["items", "nextPageToken"]);
    let (_, scope) = page["items"].as_object().ok_or("no items")?.iter().next().ok_or("empty")?;
    let keys: Vec<&String> = scope["instances"][0].as_object().ok_or("no instance")?.keys().collect();
    assert_eq!(keys, ["disks", "id", "name"]);
    Ok(())
}

#[tokio::test]
async fn an_unreachable_zone_leaves_the_others() -> Done {
    let web = Web::demo().await?;
    let base = "/compute/v1/projects/acme-data-platform/aggregated/instances";
    let page = web.good(&format!("{base}?returnPartialSuccess=true")).await?;
    assert_eq!(page["unreachables"], json!(["projects/acme-data-platform/zones/us-central1-a"]));
    assert_eq!(page["items"]["zones/us-central1-a"]["warning"]["code"], "UNREACHABLE");
    let names = names(&page);
    assert!(names.contains(&"billing-db-7".to_owned()) && !names.contains(&"warehouse-us-1".to_owned()));
    let whole = web.get(base).await?;
    assert_eq!((whole.status, &whole.json["error"]["errors"][0]["reason"]), (503, &json!("backendError")));
    Ok(())
}

#[tokio::test]
async fn refusals_are_googles() -> Done {
    let mut web = Web::demo().await?;
    let denied = web.get("/compute/v1/projects/acme-legal-archive/aggregated/instances").await?;
    assert_eq!(denied.status, 403);
    assert_eq!(denied.json["error"]["errors"][0]["reason"], "forbidden");
    assert_eq!(
        denied.json["error"]["message"],
        "Required 'compute.instances.list' permission for 'projects/acme-legal-archive'"
    );
    let disabled = web.get("/compute/v1/projects/acme-mobile-lab/aggregated/instances").await?;
    assert_eq!((disabled.status, &disabled.json["error"]["status"]), (403, &json!("PERMISSION_DENIED")));
    assert_eq!(disabled.json["error"]["errors"][0]["reason"], "accessNotConfigured");
    assert_eq!(disabled.json["error"]["details"][0]["reason"], "SERVICE_DISABLED");
    assert_eq!(disabled.json["error"]["details"][0]["metadata"]["consumer"], "projects/700100200306");
    let missing = web.get("/compute/v1/projects/acme-prod/zones/europe-west1-b/instances/nobody").await?;
    assert_eq!(missing.status, 404);
    assert_eq!(
        missing.json["error"]["message"],
        "The resource 'projects/acme-prod/zones/europe-west1-b/instances/nobody' was not found"
    );
    let empty = web.good("/compute/v1/projects/acme-playground/aggregated/instances").await?;
    assert!(names(&empty).is_empty());
    // a reader may look, and no more
    web.become_user("ben@acme.example").await?;
    let path = "/compute/v1/projects/acme-prod/zones/europe-west1-b/instances/web-1";
    assert_eq!(web.good(path).await?["status"], "RUNNING");
    let stop = web.post(&format!("{path}/stop"), &json!({})).await?;
    assert_eq!(stop.status, 403);
    assert_eq!(
        stop.json["error"]["message"],
        "Required 'compute.instances.stop' permission for 'projects/acme-prod/zones/europe-west1-b/instances/web-1'"
    );
    web.token = "adit-local.nobody".to_owned();
    let nobody = web.get(path).await?;
    assert_eq!((nobody.status, &nobody.json["error"]["status"]), (401, &json!("UNAUTHENTICATED")));
    Ok(())
}

#[tokio::test]
async fn both_systems_can_be_told_apart() -> Done {
    let web = Web::demo().await?;
    let features = async |name: &str| -> Done<Value> {
        let path = format!(
            "/compute.googleapis.com/compute/v1/projects/acme-prod/zones/europe-west1-b/instances/{name}"
        );
        Ok(web.good(&path).await?["disks"][0].clone())
    };
    let windows = features("sql-win-2").await?;
    assert!(
        windows["guestOsFeatures"].as_array().ok_or("no features")?.contains(&json!({"type": "WINDOWS"}))
    );
    let linux = features("web-1").await?;
    assert!(!linux["guestOsFeatures"].as_array().ok_or("no features")?.contains(&json!({"type": "WINDOWS"})));
    assert!(linux["licenses"][0].as_str().is_some_and(|text| text.contains("debian")));
    Ok(())
}

#[tokio::test]
async fn a_service_answers_below_its_own_name_only() -> Done {
    let web = Web::demo().await?;
    assert_eq!(web.get("/oslogin.googleapis.com/v3/projects:search").await?.status, 404);
    assert_eq!(web.get("/compute.googleapis.com/v3/projects:search").await?.status, 404);
    let foreign =
        web.client.get(web.url("/.well-known/adit-cloud")).header("host", "evil.example").send().await?;
    assert_eq!(foreign.status(), 421);
    let known = web.good("/.well-known/adit-cloud").await?;
    assert_eq!(known["relay"], web.cloud.relay_url());
    assert_eq!(known["ca"], json!(web.cloud.ca_path()));
    Ok(())
}
