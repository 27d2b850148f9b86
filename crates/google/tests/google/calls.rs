//! Calls: pages, retries, the 401 that a fresh token cures, and what errors say.

use adit_google::{
    Action, Credentials, Error, ErrorKind, Google, ImportedKey, InstancePage, InstanceRef, InstanceStatus,
    MetadataItem, OAuthClient, Os, Project, ProjectState,
};
use futures_util::TryStreamExt as _;

use crate::server::{Reply, Request, Server, token};

const LIST: &str = "/compute/v1/projects/p/aggregated/instances";
const INSTANCE: &str = "/compute/v1/projects/p/zones/europe-west1-b/instances/web";

fn at() -> InstanceRef {
    InstanceRef::new("p", "europe-west1-b", "web")
}

fn google(server: &Server) -> Google {
    let client = OAuthClient::local_cloud();
    let credentials = Credentials::from_refresh_token(&server.endpoints(), client, "refresh".into()).unwrap();
    Google::new(server.endpoints(), credentials).unwrap()
}

/// A server with a token endpoint; everything else is answered by `answer`.
async fn serving(answer: impl Fn(usize, &Request) -> Reply + Send + Sync + 'static) -> (Server, Google) {
    let server = Server::start(move |n, request| match request.path.as_str() {
        "/token" => token(&format!("token-{n}")),
        _ => answer(n, request),
    })
    .await;
    let google = google(&server);
    (server, google)
}

async fn list(google: &Google) -> Result<Vec<InstancePage>, Error> {
    google.list_instances("p").try_collect().await
}

fn ok(body: &str) -> Reply {
    Reply::new(200, body)
}

const WEB: &str = r#"{"id":"77","name":"web","status":"RUNNING","zone":"zones/europe-west1-b",
    "metadata":{"fingerprint":"L_zDgP5a5dM=","items":[{"key":"enable-oslogin","value":"TRUE"}]},
    "networkInterfaces":[{"name":"nic0","network":"n/default","networkIP":"10.0.0.2"}],
    "disks":[{"boot":true,"licenses":["https://x/projects/debian-cloud/global/licenses/debian-12"]}],
    "serviceAccounts":[{"email":"s@p.iam.gserviceaccount.com","scopes":[]}],"fieldOfNextYear":[1]}"#;

#[tokio::test]
async fn pages_come_one_by_one_with_what_is_missing() {
    let (server, google) = serving(|n, _| match n {
        0 => ok(&format!(
            r#"{{"nextPageToken":"p/2+","items":{{"zones/europe-west1-b":{{"instances":[{WEB}]}},
                "zones/us-east1-b":{{"warning":{{"code":"NO_RESULTS_ON_PAGE"}}}}}}}}"#
        )),
        _ => ok(r#"{"unreachables":["projects/p/zones/us-east1-d"],"items":{}}"#),
    })
    .await;
    let pages = list(&google).await.unwrap();
    assert_eq!(pages.len(), 2);
    assert_eq!(pages[0].instances[0].at, at());
    assert_eq!(pages[0].instances[0].status, InstanceStatus::Running);
    assert_eq!(pages[1].unreachable, ["us-east1-d"]);
    let seen: Vec<_> = server.seen().into_iter().filter(|request| request.path == LIST).collect();
    assert_eq!(seen[0].query("returnPartialSuccess").as_deref(), Some("true"));
    assert_eq!(seen[0].query("maxResults").as_deref(), Some("500"));
    assert!(seen[0].query("fields").unwrap().starts_with("nextPageToken,unreachables,"));
    assert_eq!(seen[0].query("pageToken"), None);
    assert_eq!(seen[1].query("pageToken").as_deref(), Some("p/2+"));
    assert_eq!(seen[0].header("authorization").as_deref(), Some("Bearer token-0"));
    assert!(seen[0].header("user-agent").unwrap().starts_with("adit/"));
}

#[tokio::test]
async fn a_list_without_end_ends() {
    let (_server, google) = serving(|_, _| ok(r#"{"nextPageToken":"again"}"#)).await;
    assert_eq!(list(&google).await.unwrap_err().kind, ErrorKind::Decode);
}

#[tokio::test]
async fn a_passing_failure_is_tried_again() {
    let (server, google) = serving(|n, _| match n {
        0 => Reply::new(503, "busy"),
        1 => Reply::new(429, "").header("Retry-After", "0"),
        _ => ok("{}"),
    })
    .await;
    list(&google).await.unwrap();
    assert_eq!(server.count(LIST), 3);

    let (server, google) = serving(|n, _| match n {
        0 => Reply::new(503, "busy"),
        _ => ok(WEB),
    })
    .await;
    google.instance(&at()).await.unwrap();
    assert_eq!(server.count(INSTANCE), 2, "the SDK's calls follow the same policy");
}

#[tokio::test]
async fn a_server_that_wants_long_quiet_gets_it() {
    let (server, google) = serving(|_, _| Reply::new(429, "").header("Retry-After", "600")).await;
    for error in [list(&google).await.unwrap_err(), google.instance(&at()).await.unwrap_err()] {
        assert_eq!(error.kind, ErrorKind::Throttled);
        assert_eq!(error.details.retry_after, Some(std::time::Duration::from_secs(600)));
    }
    assert_eq!((server.count(LIST), server.count(INSTANCE)), (1, 1));
}

#[tokio::test]
async fn a_401_is_cured_by_one_fresh_token() {
    let refuse_first = |_: usize, request: &Request| {
        if request.header("authorization").as_deref() == Some("Bearer token-0") {
            Reply::new(
                401,
                r#"{"error":{"code":401,"message":"Invalid Credentials","status":"UNAUTHENTICATED"}}"#,
            )
        } else {
            ok(WEB)
        }
    };
    let (server, by_rest) = serving(refuse_first).await;
    list(&by_rest).await.unwrap();
    assert_eq!((server.count("/token"), server.count(LIST)), (2, 2));
    let (server, by_sdk) = serving(refuse_first).await;
    by_sdk.instance(&at()).await.unwrap();
    assert_eq!((server.count("/token"), server.count(INSTANCE)), (2, 2));
}

#[tokio::test]
async fn a_401_that_stays_wants_a_sign_in() {
    let (server, google) = serving(|_, _| Reply::new(401, r#"{"error":{"code":401,"message":"no"}}"#)).await;
    let error = list(&google).await.unwrap_err();
    assert_eq!((error.kind, error.status), (ErrorKind::SignInNeeded, Some(401)));
    assert_eq!(server.count(LIST), 2);
    assert_eq!(google.instance(&at()).await.unwrap_err().kind, ErrorKind::SignInNeeded);

    let given = Google::new(server.endpoints(), Credentials::from_access_token("given".into())).unwrap();
    let error = list(&given).await.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::SignInNeeded, "no"));
}

#[tokio::test]
async fn a_revoked_sign_in_is_told_through_both_ways() {
    let server = Server::start(|_, _| Reply::new(400, r#"{"error":"invalid_grant"}"#)).await;
    let google = google(&server);
    for error in [
        list(&google).await.unwrap_err(),
        google.instance(&at()).await.unwrap_err(),
        google.search_projects().try_collect::<Vec<_>>().await.unwrap_err(),
    ] {
        assert_eq!((error.kind, error.reason.as_deref()), (ErrorKind::SignInNeeded, Some("invalid_grant")));
    }
    assert_eq!(server.seen().iter().filter(|request| request.path != "/token").count(), 0);
}

#[tokio::test]
async fn a_disabled_api_is_known_through_both_ways() {
    const BODY: &str = r#"{"error":{"code":403,"message":"Compute Engine API has not been used in project 1 before or it is disabled.",
        "status":"PERMISSION_DENIED","errors":[{"message":"x","domain":"usageLimits","reason":"accessNotConfigured"}],
        "details":[{"@type":"type.googleapis.com/google.rpc.Help","links":[{"description":"d","url":"https://console.developers.google.com/apis/api/compute.googleapis.com/overview?project=1"}]},
        {"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED","domain":"googleapis.com","metadata":{"service":"compute.googleapis.com","consumer":"projects/1"}}]}}"#;
    let (server, google) = serving(|_, _| Reply::new(403, BODY)).await;
    for error in [list(&google).await.unwrap_err(), google.instance(&at()).await.unwrap_err()] {
        assert_eq!(error.kind, ErrorKind::ApiDisabled);
        assert_eq!(error.reason.as_deref(), Some("SERVICE_DISABLED"));
        assert_eq!(error.details.service.as_deref(), Some("compute.googleapis.com"));
        assert_eq!(error.details.help.unwrap().host_str(), Some("console.developers.google.com"));
    }
    assert_eq!(server.count(LIST), 1, "a refusal is not tried again");
}

#[tokio::test]
async fn a_missing_permission_is_named_through_both_ways() {
    const BODY: &str = r#"{"error":{"code":403,"message":"Required 'compute.instances.get' permission for 'projects/p/zones/z/instances/web'","errors":[{"reason":"forbidden"}]}}"#;
    let (_server, google) = serving(|_, _| Reply::new(403, BODY)).await;
    for error in [list(&google).await.unwrap_err(), google.instance(&at()).await.unwrap_err()] {
        assert_eq!(error.kind, ErrorKind::PermissionDenied);
        assert_eq!(error.details.permission.as_deref(), Some("compute.instances.get"));
        assert_eq!(error.status, Some(403));
    }
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let endpoints = {
        let gone = Server::start(|_, _| ok("{}")).await;
        gone.endpoints()
    };
    let google = Google::new(endpoints, Credentials::from_access_token("t".into())).unwrap();
    let at = at();
    let (by_rest, by_sdk) = tokio::join!(list(&google), google.instance(&at));
    assert_eq!(by_rest.unwrap_err().kind, ErrorKind::Unreachable);
    assert_eq!(by_sdk.unwrap_err().kind, ErrorKind::Unreachable);
}

#[tokio::test]
async fn an_answer_that_is_not_understood_says_so() {
    let (_server, google) = serving(|_, _| ok("<html>")).await;
    assert_eq!(list(&google).await.unwrap_err().kind, ErrorKind::Decode);
    assert_eq!(google.instance(&at()).await.unwrap_err().kind, ErrorKind::Decode);
    let (_server, google) = serving(|_, _| ok(r#"{"disks":"hush","items":"hush"}"#)).await;
    for error in [list(&google).await.unwrap_err(), google.instance(&at()).await.unwrap_err()] {
        assert_eq!(error.kind, ErrorKind::Decode);
        assert!(!format!("{error:?}").contains("hush"), "the answer could hold a secret");
    }
}

#[tokio::test]
async fn one_instance_with_its_metadata() {
    let (_server, google) = serving(|n, _| match n {
        0 => ok(WEB),
        _ => ok(r#"{"id":"1","name":"web","status":"HIBERNATING"}"#),
    })
    .await;
    let web = google.instance(&at()).await.unwrap();
    assert_eq!((web.id.as_str(), web.os), ("77", Os::Linux));
    assert_eq!(web.metadata.get("enable-oslogin"), Some("TRUE"));
    assert_eq!(web.service_accounts, ["s@p.iam.gserviceaccount.com"]);
    assert_eq!(web.interfaces[0].internal_ip.as_deref(), Some("10.0.0.2"));
    let odd = google.instance(&at()).await.unwrap();
    assert_eq!((odd.status, odd.os), (InstanceStatus::Other("HIBERNATING".into()), Os::Unknown));
}

#[tokio::test]
async fn names_that_are_no_names_are_not_sent() {
    let (server, google) = serving(|_, _| ok("{}")).await;
    for (project, zone, name) in [("..", "z", "n"), ("p", "z/../y", "n"), ("p", "z", ""), ("p", "z", "a?b=c")]
    {
        let error = google.instance(&InstanceRef::new(project, zone, name)).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::InvalidArgument, "{project} {zone} {name}");
    }
    let error = google.list_instances("p/q").try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidArgument);
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn an_action_carries_one_id_through_its_tries_and_is_waited_for() {
    let start = format!("{INSTANCE}/start");
    let wait = "/compute/v1/projects/p/zones/europe-west1-b/operations/op-1/wait";
    let (server, google) = serving(|n, request| match (request.path.ends_with("/start"), n) {
        (true, 0) => Reply::new(503, ""),
        (true, _) => ok(r#"{"name":"op-1","status":"RUNNING"}"#),
        (false, 0) => ok(r#"{"name":"op-1","status":"PENDING"}"#),
        (false, _) => ok(r#"{"name":"op-1","status":"DONE"}"#),
    })
    .await;
    google.act(&at(), Action::Start).await.unwrap();
    assert_eq!((server.count(&start), server.count(wait)), (2, 2));
    let ids: Vec<_> =
        server.seen().iter().filter(|r| r.path == start).map(|r| r.query("requestId").unwrap()).collect();
    assert_eq!(ids[0], ids[1]);
    assert_eq!(ids[0].len(), 36);
    google.start(&at()).await.unwrap();
    let last = server.seen().into_iter().rfind(|r| r.path == start).unwrap();
    assert_ne!(last.query("requestId").unwrap(), ids[0], "another action has another id");
}

#[tokio::test]
async fn an_operation_that_fails_keeps_its_code() {
    let (_server, google) = serving(|_, _| {
        ok(r#"{"name":"op","status":"DONE","error":{"errors":[{"code":"ZONE_RESOURCE_POOL_EXHAUSTED","message":"full"}]}}"#)
    })
    .await;
    let error = google.start(&at()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::OperationFailed);
    assert_eq!(error.reason.as_deref(), Some("ZONE_RESOURCE_POOL_EXHAUSTED"));
}

#[tokio::test]
async fn metadata_is_written_whole_with_its_fingerprint() {
    let (server, google) = serving(|_, request| match request.path.as_str() {
        INSTANCE => ok(WEB),
        _ => ok(r#"{"name":"op","status":"DONE"}"#),
    })
    .await;
    let mut metadata = google.instance(&at()).await.unwrap().metadata;
    metadata.items.push(MetadataItem::new("ssh-keys", "a:ssh-ed25519 AAAA"));
    google.set_metadata(&at(), metadata.fingerprint.as_ref().unwrap(), &metadata.items).await.unwrap();
    let sent = server.seen().into_iter().rfind(|r| r.path.ends_with("/setMetadata")).unwrap();
    let body: serde_json::Value = serde_json::from_str(&sent.body).unwrap();
    assert_eq!(
        body,
        serde_json::json!({"fingerprint": "L_zDgP5a5dM=", "items": [
            {"key": "enable-oslogin", "value": "TRUE"}, {"key": "ssh-keys", "value": "a:ssh-ed25519 AAAA"}]})
    );
    let unread = [MetadataItem { key: "k".into(), value: None }];
    let error =
        google.set_metadata(&at(), metadata.fingerprint.as_ref().unwrap(), &unread).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidArgument);
}

#[tokio::test]
async fn refused_metadata_says_whether_to_read_again() {
    let (server, google) = serving(|n, request| match (request.path.as_str(), n) {
        (INSTANCE, _) => ok(WEB),
        (_, 0) => Reply::new(412, r#"{"error":{"code":412,"message":"Supplied fingerprint does not match","errors":[{"reason":"conditionNotMet"}]}}"#),
        _ => Reply::new(400, r#"{"error":{"code":400,"message":"BAD REQUEST"}}"#),
    })
    .await;
    let metadata = google.instance(&at()).await.unwrap().metadata;
    let at = at();
    let write = || google.set_metadata(&at, metadata.fingerprint.as_ref().unwrap(), &metadata.items);
    let stale = write().await.unwrap_err();
    assert_eq!((stale.kind, stale.status), (ErrorKind::Conflict, Some(412)));
    assert_eq!(server.count(&format!("{INSTANCE}/setMetadata")), 1);
    let denied = write().await.unwrap_err();
    assert_eq!(denied.kind, ErrorKind::PermissionDenied);
    assert_eq!(denied.details.permission.as_deref(), Some("iam.serviceAccounts.actAs"));
}

#[tokio::test]
async fn guest_attributes_may_be_none() {
    let (server, google) = serving(|n, _| match n {
        0 => ok(r#"{"queryPath":"hostkeys/","queryValue":{"items":[{"namespace":"hostkeys","key":"ssh-ed25519","value":"AAAA"}]}}"#),
        1 => Reply::new(404, r#"{"error":{"code":404,"message":"The resource 'hostkeys/' of type 'Guest Attribute' was not found."}}"#),
        _ => Reply::new(403, "{}"),
    })
    .await;
    let found = google.guest_attributes(&at(), "hostkeys/").await.unwrap();
    assert_eq!((found[0].key.as_str(), found[0].value.as_str()), ("ssh-ed25519", "AAAA"));
    assert_eq!(server.seen()[1].query("queryPath").as_deref(), Some("hostkeys/"));
    assert!(google.guest_attributes(&at(), "hostkeys/").await.unwrap().is_empty());
    let denied = google.guest_attributes(&at(), "hostkeys/").await.unwrap_err();
    assert_eq!(denied.kind, ErrorKind::PermissionDenied);
}

#[tokio::test]
async fn projects_come_in_pages() {
    let (server, google) = serving(|n, _| match n {
        0 => ok(r#"{"projects":[{"name":"projects/1","projectId":"shop","displayName":"Shop","parent":"folders/9","state":"ACTIVE","etag":"AA=="}],"nextPageToken":"two"}"#),
        _ => ok(r#"{"projects":[{"name":"projects/2","projectId":"old","state":"DELETE_REQUESTED"},{"name":"projects/3","projectId":"new","state":"FROZEN"}]}"#),
    })
    .await;
    let pages: Vec<Vec<Project>> = google.search_projects().try_collect().await.unwrap();
    let projects = pages.concat();
    assert_eq!(projects[0].id, "shop");
    assert_eq!((projects[0].number.as_str(), projects[0].parent.as_str()), ("1", "folders/9"));
    assert_eq!(projects[1].state, ProjectState::DeleteRequested);
    assert_eq!(projects[2].state, ProjectState::Other("FROZEN".into()));
    assert_eq!(server.seen()[2].query("pageToken").as_deref(), Some("two"));
    assert_eq!(server.seen()[1].path, "/v3/projects:search");
}

#[tokio::test]
async fn an_imported_key_has_to_be_there() {
    let (server, google) = serving(|n, _| match n {
        0 => ok(r#"{"loginProfile":{"name":"1","posixAccounts":[{"username":"a_example_com","primary":true,"operatingSystemType":"LINUX"}],
            "sshPublicKeys":{"f":{"key":"ssh-ed25519 AAAA adit","expirationTimeUsec":"1700000000000000","fingerprint":"f"}}}}"#),
        _ => ok(r#"{"loginProfile":{"name":"1"},"details":"Key management is disabled by the administrator."}"#),
    })
    .await;
    let expires = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
    let import = || {
        google.import_ssh_public_key(
            "a@example.com",
            "p",
            Some("europe-west1"),
            "ssh-ed25519 AAAA",
            Some(expires),
        )
    };
    let done = import().await.unwrap();
    assert_eq!(done.key, ImportedKey::Present);
    assert_eq!(done.profile.account().unwrap().username, "a_example_com");
    assert_eq!(done.profile.key("ssh-ed25519 AAAA").unwrap().expires_usec, Some(1_700_000_000_000_000));
    let sent = &server.seen()[1];
    assert_eq!(sent.path, "/oslogin.googleapis.com/v1/users/a@example.com:importSshPublicKey");
    assert_eq!(sent.query("projectId").as_deref(), Some("p"));
    assert_eq!(sent.query("regions").as_deref(), Some("europe-west1"));
    let body: serde_json::Value = serde_json::from_str(&sent.body).unwrap();
    assert_eq!(
        body,
        serde_json::json!({"key": "ssh-ed25519 AAAA", "expirationTimeUsec": "1700000000000000"})
    );
    let missing = import().await.unwrap();
    assert_eq!(
        missing.key,
        ImportedKey::Missing { details: "Key management is disabled by the administrator.".into() }
    );
}

#[tokio::test]
async fn no_login_profile_is_none() {
    let (_server, google) = serving(|_, _| Reply::new(404, r#"{"error":{"code":404,"message":"no"}}"#)).await;
    assert_eq!(google.login_profile("a@example.com", "p").await.unwrap(), None);
    let error = google.login_profile("a/b", "p").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidArgument);
}

#[tokio::test]
async fn the_token_tells_whose_it_is() {
    let (_server, google) =
        serving(|_, _| ok(r#"{"sub":"9","email":"c@example.com","hd":"example.com"}"#)).await;
    assert_eq!(google.identity().await.unwrap().email, "c@example.com");
}
