//! The real gcloud, where there is one.

mod web;

use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;
use web::{Done, Web};

/// gcloud with a configuration of its own, so that it finds and leaves nothing of the user's.
struct Gcloud {
    folder: tempfile::TempDir,
    compute: String,
}

impl Gcloud {
    fn new(web: &Web) -> Done<Self> {
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("token"), &web.token)?;
        Ok(Self { folder, compute: web.url("/compute/v1/") })
    }

    /// Standard output and standard error, or `None` where there is no gcloud.
    async fn run(&self, arguments: &[&str]) -> Done<Option<(Value, String)>> {
        let output = Command::new("gcloud")
            .args(arguments)
            .arg("--format=json")
            .env("CLOUDSDK_CONFIG", self.folder.path())
            .env("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", self.folder.path().join("token"))
            .env("CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE", &self.compute)
            .env("CLOUDSDK_CORE_PROJECT", "acme-prod")
            .env("CLOUDSDK_CORE_DISABLE_PROMPTS", "1")
            .env("CLOUDSDK_CORE_DISABLE_USAGE_REPORTING", "1")
            .env("CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK", "1")
            .env("NO_PROXY", "127.0.0.1,localhost")
            .env("no_proxy", "127.0.0.1,localhost")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await;
        match output {
            Ok(output) if output.status.success() => {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                Ok(Some((serde_json::from_slice(&output.stdout)?, said)))
            }
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned().into()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                eprintln!("not run: gcloud is not installed");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}

#[tokio::test]
async fn gcloud_lists_instances() -> Done {
    let web = Web::demo().await?;
    let gcloud = Gcloud::new(&web)?;
    let Some((list, _)) = gcloud.run(&["compute", "instances", "list"]).await? else { return Ok(()) };
    let list = list.as_array().ok_or("no list")?;
    assert_eq!(list.len(), 22);
    assert!(list.iter().any(|one| one["name"] == "bastion-eu" && one["status"] == "RUNNING"));
    Ok(())
}

#[tokio::test]
async fn gcloud_describes_and_stops_an_instance() -> Done {
    let web = Web::demo().await?;
    let gcloud = Gcloud::new(&web)?;
    let zone = "--zone=europe-west1-b";
    let Some((instance, _)) = gcloud.run(&["compute", "instances", "describe", "web-1", zone]).await? else {
        return Ok(());
    };
    assert_eq!(instance["networkInterfaces"][0]["networkIP"], "10.10.1.2");
    gcloud.run(&["compute", "instances", "stop", "web-1", zone]).await?;
    let after = web.good("/compute/v1/projects/acme-prod/zones/europe-west1-b/instances/web-1").await?;
    assert_eq!(after["status"], "TERMINATED");
    Ok(())
}

#[tokio::test]
async fn gcloud_hears_what_is_refused() -> Done {
    let web = Web::demo().await?;
    let gcloud = Gcloud::new(&web)?;
    // some versions end with an error, others warn and show an empty list
    let said = match gcloud.run(&["compute", "instances", "list", "--project=acme-legal-archive"]).await {
        Ok(None) => return Ok(()),
        Ok(Some((list, said))) => {
            assert_eq!(list, serde_json::json!([]));
            said
        }
        Err(error) => error.to_string(),
    };
    assert!(said.contains("Required 'compute.instances.list' permission"), "{said}");
    Ok(())
}
