//! What explains a refusal: policies, access levels, audit records (access denial, section 3).
//!
//! These answers are handed on as JSON. The evaluator reads them with its own leniency, where an unknown field,
//! member or enum must become "unknown" and never an error; and each is bounded in size, tried once, and limited to
//! four seconds, because a person waits for the whole and each call may fail alone. The SDK offers none of the four.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use serde_json::Value;
use url::Url;

use crate::{
    endpoints::below,
    error::{Error, ErrorKind},
    google::{Call, Google, segment},
    http,
};

/// The longest answer. A policy holds at most 1,500 members, an access policy a few hundred levels.
const LONGEST_ANSWER: usize = 8 * 1024 * 1024;
/// Pages that are followed; more than that counts as not listed to the end.
const PAGES: usize = 4;
const QUOTA_PROJECT: &str = "x-goog-user-project";
/// The most projects that are remembered as refused. One that is forgotten costs a call to learn again.
const MOST_REFUSED: usize = 256;

/// An answer as the server wrote it.
#[derive(Clone, PartialEq)]
pub struct Answer {
    /// The JSON.
    pub body: Value,
    /// The server's clock, where it told.
    pub date: Option<SystemTime>,
}

impl std::fmt::Debug for Answer {
    /// Never shows the body: it names other people.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("date", &self.date).finish_non_exhaustive()
    }
}

/// A list that may go on beyond what was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The pages' items together, in `body` as an array.
    pub items: Answer,
    /// Whether that is all of them.
    pub complete: bool,
}

/// One question to one service.
pub(crate) struct Question<'a> {
    pub(crate) call: Call,
    pub(crate) base: &'a Url,
    /// Below the base; its parts have been checked.
    pub(crate) path: String,
    pub(crate) query: Vec<(&'static str, String)>,
    /// A POST's body.
    pub(crate) body: Option<Value>,
    /// The project that pays for the call, where user credentials need one.
    pub(crate) quota_project: Option<&'a str>,
}

impl<'a> Question<'a> {
    pub(crate) fn new(call: Call, base: &'a Url, path: String) -> Self {
        Self { call, base, path, query: Vec::new(), body: None, quota_project: None }
    }

    pub(crate) fn with_query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    pub(crate) fn with_body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    pub(crate) fn paid_by(mut self, project: &'a str) -> Self {
        self.quota_project = Some(project);
        self
    }
}

/// The projects that the caller may not bill, those found out last at the end.
#[derive(Default)]
pub(crate) struct RefusedProjects(Mutex<VecDeque<String>>);

impl RefusedProjects {
    fn all(&self) -> MutexGuard<'_, VecDeque<String>> {
        // Whatever it holds was refused.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has(&self, project: &str) -> bool {
        self.all().iter().any(|refused| refused == project)
    }

    fn note(&self, project: &str) {
        let mut all = self.all();
        if all.iter().any(|refused| refused == project) {
            return;
        }
        if all.len() >= MOST_REFUSED {
            all.pop_front();
        }
        all.push_back(project.to_owned());
    }
}

impl Google {
    /// Asks, and once more without the quota project where the caller may not bill it, which is remembered.
    pub(crate) async fn ask(&self, question: Question<'_>) -> Result<Answer, Error> {
        let refused = &self.inner.refused_quota_projects;
        let project = question.quota_project.filter(|project| !refused.has(project));
        match (project, self.ask_billing(&question, project).await) {
            (Some(project), Err(error)) if is_billing(&error) => {
                refused.note(project);
                self.ask_billing(&question, None).await
            }
            (_, result) => result,
        }
    }

    async fn ask_billing(&self, question: &Question<'_>, project: Option<&str>) -> Result<Answer, Error> {
        let Question { call, base, path, query, body, quota_project: _ } = question;
        let mut url = below(base, path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        if let Some(project) = project {
            segment(call.doing, "project id", project)?;
        }
        self.call(base, *call, |token| {
            let request = http::bearer(&token).map(|headers| {
                let request = match body {
                    Some(body) => self.inner.http.post(url.clone()).json(body),
                    None => self.inner.http.get(url.clone()),
                };
                let request = request.headers(headers);
                match project {
                    Some(project) => request.header(QUOTA_PROJECT, project),
                    None => request,
                }
            });
            async move { http::answer(call.doing, request?, LONGEST_ANSWER).await }
        })
        .await
    }

    /// Reads the pages of a list whose items stand in `field`.
    pub(crate) async fn pages<'a>(
        &self,
        field: &str,
        question: impl Fn() -> Question<'a>,
    ) -> Result<Listed, Error> {
        let mut items = Vec::new();
        let mut token = String::new();
        let mut date = None;
        for _ in 0..PAGES {
            let mut question = question();
            if !token.is_empty() {
                question = question.with_query("pageToken", token);
            }
            let mut answer = self.ask(question).await?;
            date = date.or(answer.date);
            if let Some(Value::Array(page)) = answer.body.get_mut(field).map(Value::take) {
                items.extend(page);
            }
            token = answer.body.get("nextPageToken").and_then(Value::as_str).unwrap_or_default().to_owned();
            if token.is_empty() {
                break;
            }
        }
        Ok(Listed { items: Answer { body: Value::Array(items), date }, complete: token.is_empty() })
    }
}

/// Whether the caller may not bill the quota project.
fn is_billing(error: &Error) -> bool {
    matches!(error.reason.as_deref(), Some("USER_PROJECT_DENIED" | "CONSUMER_INVALID"))
}

/// A resource name such as `folders/70` or `accessPolicies/1/accessLevels/a`, provided that each part stays one
/// segment of a path and none makes a method of it. Names come from policies, which anybody can have written.
pub(crate) fn resource<'a>(doing: &'static str, name: &'a str) -> Result<&'a str, Error> {
    let plain = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
    };
    // Projects of a domain are named `example.com:name`.
    let project =
        |part: &str| part.split_once(':').is_some_and(|(domain, name)| plain(domain) && plain(name));
    let mut before = "";
    for part in name.split('/') {
        if !(plain(part) || before == "projects" && project(part)) {
            let name = crate::error::clean(name, 60);
            return Err(Error::new(ErrorKind::InvalidArgument, doing, format!("\"{name}\" is no resource")));
        }
        before = part;
    }
    if name.len() > 1000 {
        return Err(Error::new(ErrorKind::InvalidArgument, doing, "the name of the resource is too long"));
    }
    Ok(name)
}

/// A text within double quotes, for a filter.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::{MOST_REFUSED, RefusedProjects, quoted, resource};

    #[test]
    fn refused_projects_are_remembered_up_to_a_number() {
        let refused = RefusedProjects::default();
        for number in 0..MOST_REFUSED {
            refused.note(&format!("p{number}"));
        }
        refused.note("p0");
        assert!(refused.has("p0") && refused.has("p255") && !refused.has("p256"));
        refused.note("p256");
        assert!(!refused.has("p0") && refused.has("p1") && refused.has("p256"));
        assert_eq!(refused.all().len(), MOST_REFUSED);
    }

    #[test]
    fn a_name_from_a_policy_stays_a_name() {
        for good in ["folders/70", "projects/example.com:shop", "organizations/9/roles/a_b.c", "roles/x.y"] {
            resource("test", good).unwrap();
        }
        for bad in
            ["", "folders/", "a/../b", "a/b:setIamPolicy", "a?b", "a%2Fb", "projects/a:b:c", "a b", "a/é"]
        {
            assert!(resource("test", bad).is_err(), "{bad}");
        }
        assert!(resource("test", &"a/".repeat(600)).is_err());
    }

    #[test]
    fn a_filter_takes_any_text() {
        assert_eq!(quoted(r#"a"b\c"#), r#""a\"b\\c""#);
    }
}
