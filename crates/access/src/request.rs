//! The request for an administrator: plain text that the user copies, and the change as a command or as
//! Terraform where there is one (specification, section 10). Nothing of it is sent. It names only the caller, the
//! cited binding and groups, and never holds tokens or links with parameters.

use std::fmt::Write;

use crate::explanation::{Check, Explanation, Verdict};
use crate::input::{Input, Observed, PrincipalKind};
use crate::names;
use crate::phrase::{UNKNOWN, group_name};
use crate::quote::{hcl, shell, without_parameters};
use crate::role::Permission;
use crate::wording::{target, who};

/// What an administrator is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminRequest {
    /// Plain text, commands included.
    pub text: String,
    /// The command alone.
    pub gcloud: Option<String>,
    /// The change as a Terraform block.
    pub terraform: Option<String>,
}

/// Writes the request for an explanation.
#[must_use]
pub fn admin_request(input: &Input, explanation: &Explanation, permission: Permission) -> AdminRequest {
    let ask = Ask { input, explanation, permission };
    let (wish, gcloud, terraform) = ask.wish();
    let mut text = ask.facts();
    let _ = write!(text, "\n{wish}\n");
    for (title, change) in [("Command", &gcloud), ("Or as Terraform", &terraform)] {
        if let Some(change) = change {
            let _ = write!(text, "\n{title}:\n{change}\n");
        }
    }
    AdminRequest { text, gcloud, terraform }
}

type Wish = (String, Option<String>, Option<String>);

struct Ask<'a> {
    input: &'a Input,
    explanation: &'a Explanation,
    permission: Permission,
}

impl Ask<'_> {
    fn project(&self) -> &str {
        let target = &self.input.target;
        target.project_id.as_deref().or(target.project_number.as_deref()).unwrap_or(UNKNOWN)
    }

    fn port(&self) -> String {
        self.input.target.port.map_or_else(|| UNKNOWN.to_owned(), |port| port.to_string())
    }

    /// The caller as a member of an allow policy.
    fn member(&self) -> String {
        let who = who(self.input);
        match self.input.principal.kind {
            Some(PrincipalKind::ServiceAccount) => format!("serviceAccount:{who}"),
            Some(PrincipalKind::Workforce) => who.to_owned(),
            Some(PrincipalKind::User) | None => format!("user:{who}"),
        }
    }

    fn facts(&self) -> String {
        let (input, explanation) = (self.input, self.explanation);
        let vm = &input.target;
        let text = |part: &Option<String>| part.clone().unwrap_or_else(|| UNKNOWN.to_owned());
        let mut lines = vec![format!("Who: {}", who(input))];
        match self.permission {
            Permission::Tunnel => lines.push(format!(
                "What: tunnel to VM {} (number {}), zone {}, project {}, port {}",
                target(input, self.permission),
                text(&vm.instance_id),
                text(&vm.zone),
                self.project(),
                self.port()
            )),
            Permission::Web => lines.push(format!(
                "What: web app {}{}, project {}",
                target(input, self.permission),
                vm.path.as_deref().unwrap_or_default(),
                self.project()
            )),
        }
        lines.push(format!("Permission: {}", self.permission.name()));
        lines.push(format!("When: {}", input.now.map_or_else(|| UNKNOWN.to_owned(), |now| now.to_string())));
        lines.extend(self.server_said().map(|said| format!("The server said: {said}")));
        let (verdict, certainty) = (name(explanation.verdict), name(explanation.certainty));
        lines.push(format!("Finding ({verdict}, {certainty}): {}", explanation.headline));
        lines.extend(self.unread().map(|unread| format!("Not readable for me: {unread}")));
        lines.join("\n") + "\n"
    }

    fn server_said(&self) -> Option<String> {
        match &self.input.observed {
            Observed::WebSocket { close_code: Some(code), reason, .. } => {
                let reason = reason.as_deref().map(|it| format!(" ({})", without_parameters(it)));
                Some(format!("close code {code}{}", reason.unwrap_or_default()))
            }
            Observed::WebSocket { handshake_status: Some(status), .. } => Some(format!("HTTP {status}")),
            Observed::Token { error, description, .. } => {
                let description = description.as_deref().map(|it| format!(" ({})", without_parameters(it)));
                Some(format!("{}{}", error.as_deref()?, description.unwrap_or_default()))
            }
            Observed::Rest { body, .. } => {
                let message = body.as_ref()?.pointer("/error/message")?.as_str()?;
                Some(without_parameters(message))
            }
            Observed::Web => Some("HTTP 403".to_owned()),
            _ => None,
        }
    }

    fn unread(&self) -> Option<String> {
        let unread = &self.explanation.details.unread;
        let mut parts: Vec<String> =
            unread.nodes.iter().map(|(node, _)| format!("allow policy of {node}")).collect();
        parts.extend(unread.roles.iter().map(|role| format!("role {role}")));
        parts.extend(unread.levels.iter().map(|level| format!("access level {level}")));
        let groups = unread.members.iter().filter(|member| member.starts_with("group:"));
        parts.extend(groups.map(|group| format!("members of {}", group_name(group))));
        let layers = [
            (unread.deny, "deny policies"),
            (unread.boundary, "principal access boundaries"),
            (unread.perimeter, "service perimeters"),
        ];
        parts.extend(layers.into_iter().filter(|(missing, _)| *missing).map(|(_, name)| name.to_owned()));
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    fn wish(&self) -> Wish {
        match self.explanation.verdict {
            Verdict::NoGrant | Verdict::NotReadable | Verdict::PermissionDenied => self.grant(),
            Verdict::GroupMembership => self.membership(),
            Verdict::RoleUnreadable | Verdict::ConditionNotMet | Verdict::ConditionNeverTrue => {
                self.condition()
            }
            Verdict::AccessLevelNotMet => self.levels(),
            Verdict::DenyPolicy => self.deny(),
            Verdict::AccessBinding => {
                let filter = format!(
                    "protoPayload.serviceName=\"contextawareaccess.googleapis.com\"\n\
                     protoPayload.authenticationInfo.principalEmail=\"{}\"{}",
                    who(self.input),
                    self.since()
                );
                let wish = "Please look in the organization's log for the access level that was not met \
                            (metadata.unsatisfiedAccessLevels)";
                (format!("{wish}:\n{filter}"), None, None)
            }
            Verdict::VpcSc => {
                let facts = &self.explanation.details.server_facts;
                let id = facts.iter().find(|(name, _)| *name == "vpcServiceControlsUniqueIdentifier");
                let link = id.map_or_else(String::new, |(_, id)| {
                    format!(
                        ": {id}\nhttps://console.cloud.google.com/security/service-perimeter/troubleshoot;\
                         uniqueId={id}"
                    )
                });
                (format!("Please look up this VPC Service Controls refusal{link}"), None, None)
            }
            _ => ("Please tell me what blocks this, or allow it.".to_owned(), None, None),
        }
    }

    fn grant(&self) -> Wish {
        let (member, role) = (self.member(), self.permission.role());
        let project = shell(self.project());
        let add = format!(
            "gcloud projects add-iam-policy-binding {project} --member={} --role={role}",
            shell(&member)
        );
        let Some(port) = self.input.target.port.filter(|_| self.permission == Permission::Tunnel) else {
            return (format!("Please grant {role} to {member}."), Some(add), None);
        };
        let condition =
            shell(&format!("expression=destination.port == {port},title=Port {port} through IAP"));
        let wish = format!(
            "Please grant {role} to {member}, on the project by the command, or on this VM alone by Terraform \
             (in the console: Security, IAP, SSH and TCP resources)."
        );
        let vm = &self.input.target;
        let text = |part: &Option<String>| hcl(part.as_deref().unwrap_or(UNKNOWN));
        let terraform = format!(
            "resource \"google_iap_tunnel_instance_iam_member\" \"tunnel_user\" {{\n  project  = {}\n  zone     = \
             {}\n  instance = {}\n  role     = \"{role}\"\n  member   = {}\n\n  condition {{\n    title      = \
             \"Port {port} through IAP\"\n    expression = \"destination.port == {port}\"\n  }}\n}}",
            hcl(self.project()),
            text(&vm.zone),
            text(&vm.instance),
            hcl(&member)
        );
        (wish, Some(format!("{add} --condition={condition}")), Some(terraform))
    }

    fn membership(&self) -> Wish {
        let failing = &self.explanation.details.failing;
        let member = failing.iter().find_map(|check| check.id.strip_prefix("member:")).unwrap_or(UNKNOWN);
        let (group, who) = (group_name(member), who(self.input));
        let wish = format!("Group: {group}\nPlease add {who} or confirm.");
        let gcloud = member.starts_with("group:").then(|| {
            format!(
                "gcloud identity groups memberships add --group-email={} --member-email={}",
                shell(group),
                shell(who)
            )
        });
        (wish, gcloud, None)
    }

    fn condition(&self) -> Wish {
        let mut lines = Vec::new();
        if let Some(cited) = &self.explanation.details.cited {
            lines.push(format!("Binding: {} on {}", cited.role, cited.resource));
            if !cited.expression.is_empty() {
                lines.push(format!("Condition: {}", cited.expression));
            }
        }
        lines.extend(self.explanation.details.failing.iter().map(failed));
        lines.push("Please correct the binding, or grant access in another way.".to_owned());
        (lines.join("\n"), None, None)
    }

    fn levels(&self) -> Wish {
        let failing = &self.explanation.details.failing;
        let mut names: Vec<&str> = failing.iter().filter_map(|check| check.level.as_deref()).collect();
        names.sort_unstable();
        names.dedup();
        let mut lines: Vec<_> = names.iter().map(|name| format!("Access level: {name}")).collect();
        lines.extend(failing.iter().map(failed));
        lines.push("Please see in the log which levels were not met:".to_owned());
        lines.push(self.log_query());
        let commands = names.iter().filter_map(|name| {
            let (policy, level) = names::split(name)?;
            let (level, policy) = (shell(level), shell(policy));
            Some(format!("gcloud access-context-manager levels describe {level} --policy={policy}"))
        });
        let commands = commands.collect::<Vec<_>>().join("\n");
        (lines.join("\n"), Some(commands).filter(|commands| !commands.is_empty()), None)
    }

    fn log_query(&self) -> String {
        let project = self.project();
        let instance = self.input.target.instance_id.as_deref().unwrap_or(UNKNOWN);
        let resource = match self.permission {
            Permission::Tunnel => {
                format!("\nresource.type=\"gce_instance\"\nresource.labels.instance_id=\"{instance}\"")
            }
            Permission::Web => String::new(),
        };
        format!(
            "logName=\"projects/{project}/logs/cloudaudit.googleapis.com%2Fdata_access\"\n\
             protoPayload.serviceName=\"iap.googleapis.com\"\n\
             protoPayload.methodName=\"AuthorizeUser\"{resource}\n\
             protoPayload.authenticationInfo.principalEmail=\"{}\"{}",
            who(self.input),
            self.since()
        )
    }

    /// The part of a log query that begins 90 seconds before the refusal.
    fn since(&self) -> String {
        let before = jiff::SignedDuration::from_secs(90);
        let since = self.input.now.and_then(|now| now.checked_sub(before).ok());
        since.map(|since| format!("\ntimestamp>=\"{since}\"")).unwrap_or_default()
    }

    fn deny(&self) -> Wish {
        let name = self.explanation.details.deny_policy.as_deref().unwrap_or(UNKNOWN);
        let wish = format!("Deny policy: {name}\nPlease make an exception for {}.", who(self.input));
        let parts = name.strip_prefix("policies/").and_then(|rest| rest.split_once("/denypolicies/"));
        let gcloud = parts.map(|(attachment, id)| {
            let (id, attachment) = (shell(id), shell(attachment));
            format!("gcloud iam policies get {id} --attachment-point={attachment} --kind=denypolicies")
        });
        (wish, gcloud, None)
    }
}

/// The name of a verdict or certainty, as JSON has it.
fn name(value: impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).ok();
    value.as_ref().and_then(serde_json::Value::as_str).unwrap_or(UNKNOWN).to_owned()
}

fn failed(check: &Check) -> String {
    let actual = check.actual.as_ref().map(|actual| format!(" (here: {actual})"));
    let value = match check.value {
        crate::Value::U => "not checkable",
        _ => "not met",
    };
    format!("- {value}: {}{}", check.phrase, actual.unwrap_or_default())
}
