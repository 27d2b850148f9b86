//! Windows guests: what their agent answers to whoever asks for a password.

#![cfg(test)]

mod web;

use std::time::Duration;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{
    KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA512_MGF1SHA512, OaepPrivateDecryptingKey,
    PrivateDecryptingKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use web::{Done, Web, changed, finish};

const VM: &str = "/compute/v1/projects/acme-prod/zones/europe-west1-c/instances/win-jump-1";
/// Answers come after some 150 ms; who waits so long has waited in vain.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(40);

/// The demo with another agent on its `win-jump-1`.
async fn cloud(agent: &str, more: impl Fn(&mut Value)) -> Done<Web> {
    let landscape = changed(|json| {
        json["operationMs"] = json!(20);
        for instance in json["instances"].as_array_mut().into_iter().flatten() {
            if instance["name"] == "win-jump-1" {
                instance["windowsAgent"] = json!(agent);
                more(instance);
            }
        }
    })?;
    Web::start(landscape).await
}

/// A key pair as a client makes one for a request.
struct Pair {
    private: PrivateDecryptingKey,
    modulus: String,
}

impl Pair {
    fn new() -> Done<Self> {
        let private = PrivateDecryptingKey::generate(KeySize::Rsa2048)?;
        let public = AsDer::<PublicKeyX509Der<'_>>::as_der(&private.public_key())?;
        // a key of this size with the usual exponent has its modulus always at the same place
        let bytes = public.as_ref();
        assert_eq!((bytes.len(), &bytes[291..]), (294, &[1, 0, 1][..]));
        Ok(Self { private, modulus: STANDARD.encode(&bytes[33..289]) })
    }

    fn entry(&self, user: &str, more: &Value) -> String {
        let mut entry = json!({
            "userName": user, "modulus": self.modulus, "exponent": "AQAB", "email": "ana@acme.example",
            "expireOn": "2099-01-01T00:00:00Z",
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            entry[key] = value.clone();
        }
        entry.to_string()
    }

    fn decrypt(&self, answer: &Value) -> Done<String> {
        let algorithm = match answer["hashFunction"].as_str() {
            None | Some("sha1") => &OAEP_SHA1_MGF1SHA1,
            Some("sha256") => &OAEP_SHA256_MGF1SHA256,
            Some("sha512") => &OAEP_SHA512_MGF1SHA512,
            Some(other) => return Err(other.into()),
        };
        let encrypted = STANDARD.decode(answer["encryptedPassword"].as_str().ok_or("no password")?)?;
        let copy = AsDer::<Pkcs8V1Der<'_>>::as_der(&self.private)?;
        let key = OaepPrivateDecryptingKey::new(PrivateDecryptingKey::from_pkcs8(copy.as_ref())?)?;
        let mut text = vec![0; key.min_output_size()];
        Ok(String::from_utf8(key.decrypt(algorithm, &encrypted, &mut text, None)?.to_vec())?)
    }
}

async fn set(web: &Web, items: &[(&str, &str)]) -> Done {
    let metadata = web.good(VM).await?["metadata"].clone();
    let items: Vec<Value> = items.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    let body = json!({"fingerprint": metadata["fingerprint"], "items": items});
    let reply = web.post(&format!("{VM}/setMetadata"), &body).await?;
    assert_eq!(reply.status, 200, "{}", reply.json);
    finish(web, &reply.json).await?;
    Ok(())
}

async fn ask(web: &Web, lines: &[String]) -> Done {
    set(web, &[("windows-keys", &lines.join("\n"))]).await
}

/// Port 4's output, from the beginning, once it has so many whole lines.
async fn lines(web: &Web, count: usize) -> Done<Vec<String>> {
    let wait = async {
        loop {
            let output = web.good(&format!("{VM}/serialPort?port=4&start=0")).await?;
            let text = output["contents"].as_str().unwrap_or_default().to_owned();
            if text.ends_with('\n') && text.lines().count() >= count {
                return Done::Ok(text.lines().map(str::to_owned).collect());
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await?
}

async fn answers(web: &Web, count: usize) -> Done<Vec<Value>> {
    let lines = lines(web, count + 1).await?;
    assert!(lines[0].contains("\"ready\":true"), "{}", lines[0]);
    Ok(lines[1..].iter().map(|line| serde_json::from_str(line)).collect::<Result<_, _>>()?)
}

#[tokio::test]
async fn a_password_can_be_read_by_who_asked_and_differs_each_time() -> Done {
    let web = cloud("current", |_| ()).await?;
    let pairs = [Pair::new()?, Pair::new()?, Pair::new()?, Pair::new()?];
    let wishes = [
        json!({}),
        json!({"hashFunction": "sha256"}),
        json!({"hashFunction": "sha512", "passwordLength": 40}),
        json!({"passwordLength": 3}),
    ];
    let entries: Vec<String> =
        pairs.iter().zip(&wishes).map(|(pair, wish)| pair.entry("ana", wish)).collect();
    ask(&web, &entries).await?;
    let mut passwords = Vec::new();
    for ((pair, answer), (hash, length)) in pairs.iter().zip(answers(&web, 4).await?).zip([
        ("sha1", 15),
        ("sha256", 15),
        ("sha512", 40),
        ("sha1", 15),
    ]) {
        assert_eq!(
            (&answer["modulus"], &answer["exponent"], &answer["userName"], &answer["hashFunction"]),
            (&json!(pair.modulus), &json!("AQAB"), &json!("ana"), &json!(hash))
        );
        assert_eq!(answer["passwordFound"], true);
        assert!(answer.get("errorMessage").is_none());
        let password = pair.decrypt(&answer)?;
        assert_eq!(password.chars().count(), length);
        passwords.push(password);
    }
    passwords.dedup();
    assert_eq!(passwords.len(), 4);
    Ok(())
}

#[tokio::test]
async fn an_entry_is_answered_once_and_a_new_date_is_a_new_one() -> Done {
    let web = cloud("current", |_| ()).await?;
    let pair = Pair::new()?;
    let first = pair.entry("ana", &json!({}));
    ask(&web, std::slice::from_ref(&first)).await?;
    answers(&web, 1).await?;
    // the same again, and behind it one that will be answered
    let later = pair.entry("ana", &json!({"expireOn": "2099-01-02T00:00:00+0000"}));
    ask(&web, &[first, later]).await?;
    let all = answers(&web, 2).await?;
    assert_eq!(all.len(), 2);
    Ok(())
}

#[tokio::test]
async fn what_does_not_count_is_passed_over() -> Done {
    let web = cloud("current", |_| ()).await?;
    let (pair, last) = (Pair::new()?, Pair::new()?);
    let mut entries: Vec<String> = [
        json!({"expireOn": "2020-01-01T00:00:00Z"}),
        json!({"expireOn": "soon"}),
        json!({"modulus": ""}),
        json!({"exponent": null}),
        json!({"userName": ""}),
    ]
    .iter()
    .map(|wrong| pair.entry("ana", wrong))
    .collect();
    entries.extend(["no JSON".to_owned(), String::new(), last.entry("ben", &json!({}))]);
    ask(&web, &entries).await?;
    let all = answers(&web, 1).await?;
    assert_eq!((all.len(), &all[0]["userName"]), (1, &json!("ben")));
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_done_is_answered_with_why() -> Done {
    let web = cloud("current", |_| ()).await?;
    let pair = Pair::new()?;
    let cases = [
        (pair.entry("ana", &json!({"hashFunction": "md5"})), "unknown hash function requested: \"md5\""),
        (pair.entry("bea", &json!({"hashFunction": "sha512", "passwordLength": 200})), "message too long"),
        (pair.entry("cem", &json!({"modulus": "%"})), "error decoding modulus"),
        (pair.entry("dan", &json!({"modulus": "AQAB"})), "not usable"),
        (pair.entry("WIN-JUMP-1", &json!({})), "The specified username is invalid."),
        (pair.entry("a-name-of-21-characters", &json!({})), "The specified username is invalid."),
    ];
    ask(&web, &cases.each_ref().map(|(entry, _)| entry.clone())).await?;
    for (answer, (_, message)) in answers(&web, cases.len()).await?.iter().zip(&cases) {
        assert!(answer.get("passwordFound").is_none() && answer.get("encryptedPassword").is_none());
        let said = answer["errorMessage"].as_str().unwrap_or_default();
        assert!(said.contains(message), "{said}");
    }
    Ok(())
}

#[tokio::test]
async fn an_agent_of_years_ago_knows_sha_1_only_and_writes_slashes_its_way() -> Done {
    let web = cloud("old", |_| ()).await?;
    let pair = Pair::new()?;
    ask(&web, &[pair.entry("ana", &json!({"hashFunction": "sha256"}))]).await?;
    let line = lines(&web, 2).await?.remove(1);
    assert!(!line.replace(r"\/", "").contains('/') && line.contains(r"\/"), "{line}");
    let answer: Value = serde_json::from_str(&line)?;
    assert_eq!((answer.get("hashFunction"), &answer["modulus"]), (None, &json!(pair.modulus)));
    assert_eq!(pair.decrypt(&answer)?.chars().count(), 15);
    Ok(())
}

#[tokio::test]
async fn an_answer_can_arrive_in_two_pieces() -> Done {
    let web = cloud("split", |_| ()).await?;
    let pair = Pair::new()?;
    ask(&web, &[pair.entry("ana", &json!({}))]).await?;
    let mut reads: Vec<String> = Vec::new();
    let mut next = "0".to_owned();
    let read_all = async {
        while reads.concat().lines().count() < 2 || !reads.concat().ends_with('\n') {
            let output = web.good(&format!("{VM}/serialPort?port=4&start={next}")).await?;
            assert_eq!(output["start"], json!(next));
            next = output["next"].as_str().ok_or("no next")?.to_owned();
            let contents = output["contents"].as_str().ok_or("no contents")?;
            if !contents.is_empty() {
                reads.push(contents.to_owned());
            }
            tokio::time::sleep(PAUSE).await;
        }
        Done::Ok(())
    };
    tokio::time::timeout(PATIENCE, read_all).await??;
    assert!(reads.iter().any(|read| !read.ends_with('\n')), "{reads:?}");
    let text = reads.concat();
    assert_eq!(pair.decrypt(&serde_json::from_str(text.lines().nth(1).ok_or("no answer")?)?)?.len(), 15);
    Ok(())
}

#[tokio::test]
async fn an_agent_can_fail() -> Done {
    let web = cloud("failing", |_| ()).await?;
    let pair = Pair::new()?;
    ask(&web, &[pair.entry("ana", &json!({}))]).await?;
    let answer = answers(&web, 1).await?.remove(0);
    assert_eq!(answer["errorMessage"], "error running resetPwd: Access is denied.");
    assert_eq!(answer["modulus"], json!(pair.modulus));
    Ok(())
}

#[tokio::test]
async fn a_machine_says_that_its_agent_is_up_at_every_boot() -> Done {
    let web = cloud("current", |_| ()).await?;
    lines(&web, 1).await?;
    let reply = web.post(&format!("{VM}/reset"), &json!({})).await?;
    finish(&web, &reply.json).await?;
    let all = lines(&web, 2).await?;
    assert!(all.iter().all(|line| line.contains("\"ready\":true")), "{all:?}");
    // a machine of another system has none, and says other things on its console
    let linux = "/compute/v1/projects/acme-prod/zones/europe-west1-b/instances/web-1/serialPort";
    assert_eq!(web.good(&format!("{linux}?port=4")).await?["contents"], "");
    let console = web.good(&format!("{VM}/serialPort")).await?;
    assert!(!console["contents"].as_str().unwrap_or_default().contains("Linux"));
    Ok(())
}

#[tokio::test]
async fn a_machine_that_is_off_answers_when_it_is_on() -> Done {
    let web = cloud("current", |_| ()).await?;
    lines(&web, 1).await?;
    let reply = web.post(&format!("{VM}/stop"), &json!({})).await?;
    finish(&web, &reply.json).await?;
    let pair = Pair::new()?;
    ask(&web, &[pair.entry("ana", &json!({}))]).await?;
    assert_eq!(lines(&web, 1).await?.len(), 1);
    let reply = web.post(&format!("{VM}/start"), &json!({})).await?;
    finish(&web, &reply.json).await?;
    let all = lines(&web, 3).await?;
    assert!(all[1].contains("ready"), "{all:?}");
    pair.decrypt(&serde_json::from_str(&all[2])?)?;
    Ok(())
}

#[tokio::test]
async fn the_account_manager_can_be_switched_off() -> Done {
    let web = cloud("current", |instance| {
        instance["metadata"] = json!({"disable-account-manager": "TRUE"});
    })
    .await?;
    let pair = Pair::new()?;
    let entry = pair.entry("ana", &json!({}));
    set(&web, &[("disable-account-manager", "true"), ("windows-keys", &entry)]).await?;
    // longer than it takes where it is on
    tokio::time::sleep(PAUSE * 20).await;
    assert_eq!(web.good(&format!("{VM}/serialPort?port=4")).await?["contents"], "");
    // once it is on again the entry is still new
    set(&web, &[("disable-account-manager", "false"), ("windows-keys", &entry)]).await?;
    let all = lines(&web, 1).await?;
    pair.decrypt(&serde_json::from_str(&all[0])?)?;
    Ok(())
}

#[tokio::test]
async fn both_ends_need_their_permission() -> Done {
    let mut web = cloud("current", |instance| {
        instance["serviceAccount"] = json!("jump@acme-prod.iam.gserviceaccount.com");
        instance["policy"] = json!({"bindings": [
            {"role": "roles/compute.instanceAdmin.v1", "members": ["user:cem@acme.example"]},
        ]});
    })
    .await?;
    let set = |web: &Web| {
        let (client, url, token) =
            (web.client.clone(), web.url(&format!("{VM}/setMetadata")), web.token.clone());
        async move {
            let request = client.post(url).bearer_auth(token).json(&json!({"items": []}));
            Done::Ok(request.send().await?.status().as_u16())
        }
    };
    // may change metadata, but not act as the machine's account
    web.become_user("cem@acme.example").await?;
    assert_eq!(set(&web).await?, 400);
    // may look at everything in the organisation, and change nothing
    web.become_user("ben@acme.example").await?;
    assert_eq!(web.get(&format!("{VM}/serialPort?port=4")).await?.status, 200);
    assert_eq!(set(&web).await?, 403);
    // may do neither
    let locked = "/compute/v1/projects/acme-board-room/zones/europe-west1-b/instances/any/serialPort?port=4";
    web.become_user("cem@acme.example").await?;
    assert_eq!(web.get(locked).await?.status, 403);
    Ok(())
}
