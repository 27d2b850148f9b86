//! What explains a refusal: asked once, as JSON, with the errors whole.

use adit_google::{Attempts, Credentials, Error, ErrorKind, Google, OAuthClient};
use serde_json::{Value, json};

use crate::server::{Reply, Request, Server, token};

const LEVEL: &str = "/accesscontextmanager.googleapis.com/v1/accessPolicies/42/accessLevels/corp";

async fn serving(answer: impl Fn(usize, &Request) -> Reply + Send + Sync + 'static) -> (Server, Google) {
    let server = Server::start(move |n, request| match request.path.as_str() {
        "/token" => token(&format!("token-{n}")),
        _ => answer(n, request),
    })
    .await;
    let client = OAuthClient::local_cloud();
    let credentials = Credentials::from_refresh_token(&server.endpoints(), client, "refresh".into()).unwrap();
    let google = Google::new(server.endpoints(), credentials).unwrap();
    (server, google)
}

fn ok(body: &Value) -> Reply {
    Reply::new(200, body.to_string())
}

fn asked(server: &Server) -> Vec<Request> {
    server.seen().into_iter().filter(|request| request.path != "/token").collect()
}

#[tokio::test]
async fn a_policy_is_asked_for_with_its_conditions_and_comes_as_it_is() {
    let policy = json!({ "version": 3, "bindings": [{ "role": "roles/x", "later": [1] }] });
    let answer = policy.clone();
    let (server, google) = serving(move |_, _| ok(&answer)).await;
    let iap = google.iap_policy("projects/p/iap_tunnel/zones/z/instances/i").await.unwrap();
    assert_eq!(iap.body, policy);
    assert!(!format!("{iap:?}").contains("roles/x"), "it names other people");
    google.allow_policy("folders/70").await.unwrap();
    let asked = asked(&server);
    assert_eq!(
        asked[0].path,
        "/iap.googleapis.com/v1/projects/p/iap_tunnel/zones/z/instances/i:getIamPolicy"
    );
    assert_eq!(asked[1].path, "/v3/folders/70:getIamPolicy");
    for request in asked {
        let body: Value = serde_json::from_str(&request.body).unwrap();
        assert_eq!(
            (request.method.as_str(), &body["options"]["requestedPolicyVersion"]),
            ("POST", &json!(3))
        );
        assert_eq!(request.header("x-goog-user-project"), None);
    }
}

#[tokio::test]
async fn a_quota_project_that_is_refused_is_left_out_from_then_on() {
    let (server, google) = serving(|_, request| match request.header("x-goog-user-project").as_deref() {
        Some("p") => Reply::new(
            403,
            r#"{"error":{"code":403,"message":"no","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo",
                "reason":"USER_PROJECT_DENIED","metadata":{"consumer":"projects/p"}}]}}"#,
        ),
        _ => ok(&json!({ "name": "accessPolicies/42/accessLevels/corp" })),
    })
    .await;
    for project in ["p", "p", "q", "p"] {
        google.access_level("accessPolicies/42/accessLevels/corp", project).await.unwrap();
    }
    let asked = asked(&server);
    let projects: Vec<_> = asked.iter().map(|request| request.header("x-goog-user-project")).collect();
    assert_eq!(projects, [Some("p".to_owned()), None, None, Some("q".to_owned()), None]);
    assert!(asked.iter().all(|request| request.path == LEVEL));
    assert_eq!(asked[0].query("accessLevelFormat").as_deref(), Some("AS_DEFINED"));
}

#[tokio::test]
async fn a_list_is_read_page_by_page_and_says_whether_it_is_whole() {
    let (server, google) = serving(|n, request| match (n, request.query("pageToken").as_deref()) {
        (0, None) => ok(&json!({ "policies": [{ "name": "a" }], "nextPageToken": "2" })),
        (1, Some("2")) => ok(&json!({ "policies": [{ "name": "b" }] })),
        _ => Reply::new(500, ""),
    })
    .await;
    let listed = google.deny_policies("folders/70").await.unwrap();
    assert_eq!((listed.items.body, listed.complete), (json!([{ "name": "a" }, { "name": "b" }]), true));
    let attached =
        "/iam.googleapis.com/v2/policies/cloudresourcemanager.googleapis.com%2Ffolders%2F70/denypolicies";
    assert!(asked(&server).iter().all(|request| request.path == attached));

    let (_server, google) = serving(|_, _| ok(&json!({ "policies": [], "nextPageToken": "again" }))).await;
    assert!(!google.deny_policies("projects/p").await.unwrap().complete, "a list without end ends");
}

#[tokio::test]
async fn an_error_is_kept_whole_and_nothing_is_tried_twice() {
    let (server, google) = serving(|_, request| match request.path.as_str() {
        "/v3/projects/p:getIamPolicy" => {
            Reply::new(503, "busy").header("Date", "Mon, 23 Nov 2026 10:00:00 GMT")
        }
        _ => Reply::new(
            403,
            r#"{"error":{"code":403,"status":"PERMISSION_DENIED","message":"no",
                "details":[{"@type":"type.googleapis.com/google.rpc.PreconditionFailure",
                "violations":[{"type":"VPC_SERVICE_CONTROLS","description":"Zx9"}]}]}}"#,
        ),
    })
    .await;
    let busy: Error = google.allow_policy("projects/p").await.unwrap_err();
    assert_eq!(busy.kind, ErrorKind::Server);
    let date: std::time::SystemTime = "2026-11-23T10:00:00Z".parse::<jiff::Timestamp>().unwrap().into();
    assert_eq!(busy.details.date, Some(date));
    let perimeter = google.role("roles/viewer").await.unwrap_err();
    let body = perimeter.details.body.clone().unwrap().0;
    assert_eq!(body.pointer("/error/details/0/violations/0/description"), Some(&json!("Zx9")));
    assert!(!format!("{perimeter:?}").contains("Zx9"), "the body is not printed");
    assert_eq!(asked(&server).len(), 2);
}

#[tokio::test]
async fn membership_is_a_plain_yes_or_no() {
    let (server, google) = serving(|_, request| match request.path.as_str() {
        "/cloudidentity.googleapis.com/v1/groups:lookup" => ok(&json!({ "name": "groups/g1" })),
        "/cloudidentity.googleapis.com/v1/groups/g1/memberships:checkTransitiveMembership" => {
            ok(&json!({ "hasMembership": true }))
        }
        "/cloudidentity.googleapis.com/v1/groups/g2/memberships:checkTransitiveMembership" => ok(&json!({})),
        _ => ok(&json!({ "hasMembership": "perhaps" })),
    })
    .await;
    let group = google.group("ops@acme.example", "p").await.unwrap();
    assert!(google.is_member(&group, "o'brien@acme.example", "p").await.unwrap());
    assert!(!google.is_member("groups/g2", "ana@acme.example", "p").await.unwrap());
    let odd = google.is_member("groups/g3", "ana@acme.example", "p").await.unwrap_err();
    assert_eq!(odd.kind, ErrorKind::Decode);
    let asked = asked(&server);
    assert_eq!(asked[0].query("groupKey.id").as_deref(), Some("ops@acme.example"));
    assert_eq!(asked[1].query("query").as_deref(), Some(r"member_key_id=='o\'brien@acme.example'"));
}

#[tokio::test]
async fn a_name_that_would_lead_elsewhere_is_not_asked_for() {
    let (server, google) = serving(|_, _| ok(&json!({}))).await;
    for result in [
        google.allow_policy("folders/1:setIamPolicy").await,
        google.access_level("accessPolicies/../x", "p").await,
        google.deny_policy("policies/x/y").await,
        google.role("roles/x?alt=media").await,
    ] {
        assert_eq!(result.unwrap_err().kind, ErrorKind::InvalidArgument);
    }
    let attempts = Attempts {
        project: "p/../q",
        instance: "1",
        person: "ana@acme.example",
        since: std::time::SystemTime::UNIX_EPOCH,
    };
    assert_eq!(google.audit_entries(&attempts).await.unwrap_err().kind, ErrorKind::InvalidArgument);
    assert!(asked(&server).is_empty());
}
