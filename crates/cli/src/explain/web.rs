//! `adit explain --web`: a web app behind IAP, judged by the same evaluator.

use std::time::Duration;

use adit_contract::{Failure, FailureCode};
use adit_core::{
    App,
    explain::{Case, WebApp},
};
use url::Url;

use super::{ask, exit_code, words};
use crate::{access, arguments::ExplainArguments, file};

/// The largest page, in bytes.
const LARGEST: u64 = 4 * 1024 * 1024;

pub(super) async fn run(address: &str, arguments: &ExplainArguments) -> Result<u8, Failure> {
    let denial = match &arguments.denial {
        Some(path) => {
            let page = file::bytes_or_input(path, LARGEST).await?;
            Some(adit_access::read_web_denial(&String::from_utf8_lossy(&page)))
        }
        None => None,
    };
    let wrong = |title: &str, advice: &str| Failure::new(FailureCode::InvalidInput, title, advice);
    let told = denial.as_ref().and_then(|denial| denial.url.as_ref());
    let address = match (address, told) {
        ("", Some((host, path))) => format!("https://{host}{path}"),
        ("", None) => {
            return Err(wrong("Which web app?", "Give its address: adit explain --web https://HOST/PATH"));
        }
        (address, _) => address.to_owned(),
    };
    let url = Url::parse(&address)
        .or_else(|_| Url::parse(&format!("https://{address}")))
        .map_err(|_| wrong(&format!("`{address}` is not an address"), "Such as https://HOST/PATH"))?;
    let project = arguments.place.project.clone().ok_or_else(|| {
        wrong("The project is missing", "Give the project that the web app runs in with --project.")
    })?;
    let app = WebApp::new(&url, &project, arguments.resource.as_deref())?;
    let account = access::account(&arguments.identity).await?;
    let public_address = App::settings_of(&account.config).public_address;
    let case = Case::of_web(app, denial, (account.id, account.access), public_address);
    let explanation = ask(case, Duration::from_secs(arguments.timeout)).await;
    words::print(&explanation, arguments.json)?;
    Ok(exit_code(&explanation))
}
