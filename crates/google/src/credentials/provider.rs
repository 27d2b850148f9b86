//! Our credentials as Google's SDK wants them: headers.

use google_cloud_auth::{
    credentials::{CacheableResource, CredentialsProvider, EntityTag},
    errors::CredentialsError,
};
use http::{Extensions, HeaderMap};

use super::{Credentials, Freshness};
use crate::{error::Error, http as own};

impl CredentialsProvider for Credentials {
    async fn headers(&self, _: Extensions) -> Result<CacheableResource<HeaderMap>, CredentialsError> {
        // The error travels inside the SDK's and is taken out again on the other side. It is never transient
        // there: the retries are made here.
        let wrap = |error: Error| CredentialsError::from_source(false, error);
        let token = self.access_token(Freshness::Cached).await.map_err(wrap)?;
        let data = own::bearer(&token).map_err(wrap)?;
        Ok(CacheableResource::New { entity_tag: EntityTag::new(), data })
    }

    async fn universe_domain(&self) -> Option<String> {
        Some("googleapis.com".to_owned())
    }
}
