//! Resource Manager: the projects that an account can see.

use futures_util::stream::{self, BoxStream, StreamExt as _};
use google_cloud_resourcemanager_v3::model::{Project as SdkProject, project::State};

use crate::{
    error::{Error, ErrorKind, from_sdk},
    google::{Call, Google, options},
};

const PAGE: i32 = 500;
/// More pages than any account has.
const PAGES: u32 = 2000;
const SEARCH: Call = Call::get("search for projects", "/v3/projects:search");

/// The life-cycle state of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProjectState {
    /// In use.
    Active,
    /// Marked for deletion.
    DeleteRequested,
    /// Something newer than this version, or nothing.
    Other(String),
}

/// A project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// The project id, such as `shop-prod`.
    pub id: String,
    /// The project number, as digits.
    pub number: String,
    /// The name that people gave it; may be empty.
    pub display_name: String,
    /// `folders/N` or `organizations/N`; empty for a project without a parent.
    pub parent: String,
    /// Its state.
    pub state: ProjectState,
}

impl From<SdkProject> for Project {
    fn from(project: SdkProject) -> Self {
        Self {
            id: project.project_id,
            number: project.name.strip_prefix("projects/").unwrap_or(&project.name).to_owned(),
            display_name: project.display_name,
            parent: project.parent,
            state: match project.state {
                State::Active => ProjectState::Active,
                State::DeleteRequested => ProjectState::DeleteRequested,
                other => ProjectState::Other(other.name().unwrap_or_default().to_owned()),
            },
        }
    }
}

impl Google {
    /// The projects the account can see, page by page (at most 500 each), in the server's order and in every
    /// state. The stream ends after its first error.
    #[must_use]
    pub fn search_projects(&self) -> BoxStream<'static, Result<Vec<Project>, Error>> {
        let google = self.clone();
        stream::try_unfold((google, Some(String::new()), 0_u32), async |(google, token, pages)| {
            let Some(token) = token else { return Ok(None) };
            let (projects, next) = google.project_page(&token).await?;
            let next = Some(next).filter(|next| !next.is_empty());
            let pages = pages.saturating_add(1);
            if next.as_deref() == Some(token.as_str()) || pages > PAGES {
                return Err(Error::new(ErrorKind::Decode, SEARCH.doing, "the list of projects has no end"));
            }
            Ok(Some((projects, (google, next, pages))))
        })
        .boxed()
    }

    async fn project_page(&self, token: &str) -> Result<(Vec<Project>, String), Error> {
        let client = self.projects().await?;
        let request = client.search_projects().set_page_size(PAGE).set_page_token(token);
        let request = options(request, SEARCH.policy);
        let page = self
            .call(&self.inner.endpoints.resource_manager, SEARCH, |_| {
                let request = request.clone();
                async move { request.send().await.map_err(|e| from_sdk(SEARCH.doing, &e)) }
            })
            .await?;
        Ok((page.projects.into_iter().map(Project::from).collect(), page.next_page_token))
    }
}
