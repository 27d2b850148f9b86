//! The list of a project's instances, by REST: the SDK lacks `returnPartialSuccess`, without which one zone that is
//! down hides all others, and the field mask, which makes the answer several times smaller.

use futures_util::stream::{self, BoxStream, StreamExt as _};
use url::Url;

use super::{model::InstancePage, wire::Page};
use crate::{
    endpoints::below,
    error::{Error, ErrorKind},
    google::{Call, Google, segment},
    http,
};

const LIST: Call = Call::get("list instances", "/compute/v1/projects/{project}/aggregated/instances");
const PAGE: &str = "500";
const FIELDS: &str = "nextPageToken,unreachables,warning(code,message),items/*/warning(code,message),\
items/*/instances(id,name,zone,status,labels,tags/items,metadata(fingerprint,items/key),\
networkInterfaces(name,network,networkIP,ipv6Address,accessConfigs/natIP),\
disks(licenses,boot,guestOsFeatures/type),machineType,serviceAccounts/email,lastStartTimestamp)";
/// 500 instances take about 1 MiB with this mask.
const LONGEST_PAGE: usize = 64 * 1024 * 1024;
/// More pages than any project has.
const PAGES: u32 = 2000;

impl Google {
    /// The instances of a project in all zones, page by page (at most 500 each). Zones that do not answer are named
    /// in the pages and hide nothing else. The stream ends after its first error.
    #[must_use]
    pub fn list_instances(&self, project: &str) -> BoxStream<'static, Result<InstancePage, Error>> {
        let start = (self.clone(), project.to_owned(), Some(String::new()), 0_u32);
        stream::try_unfold(start, async |(google, project, token, pages)| {
            let Some(token) = token else { return Ok(None) };
            let mut page = google.instance_page(&project, &token).await?;
            let next = page.next_page_token.take().filter(|next| !next.is_empty());
            let pages = pages.saturating_add(1);
            if next.as_ref() == Some(&token) || pages > PAGES {
                return Err(Error::new(ErrorKind::Decode, LIST.doing, "the list of instances has no end"));
            }
            let page = page.into_page(&project);
            Ok(Some((page, (google, project, next, pages))))
        })
        .boxed()
    }

    async fn instance_page(&self, project: &str, token: &str) -> Result<Page, Error> {
        let project = segment(LIST.doing, "project id", project)?;
        let base = &self.inner.endpoints.compute;
        let mut url: Url = below(base, &format!("compute/v1/projects/{project}/aggregated/instances"));
        url.query_pairs_mut()
            .append_pair("maxResults", PAGE)
            .append_pair("returnPartialSuccess", "true")
            .append_pair("fields", FIELDS);
        if !token.is_empty() {
            url.query_pairs_mut().append_pair("pageToken", token);
        }
        self.call(base, LIST, |access| {
            let request =
                http::bearer(&access).map(|headers| self.inner.http.get(url.clone()).headers(headers));
            async move { http::json(LIST.doing, request?, LONGEST_PAGE).await }
        })
        .await
    }
}
