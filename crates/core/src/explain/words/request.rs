//! The texts for an administrator (specification, section 10). A person copies them; nothing is sent. They hold no
//! token, no link of a refused sign-in, and no members but the person's own groups.

use adit_contract::{Certainty, RequestText, TunnelTarget, Verdict};
use jiff::Timestamp;

use super::Told;
use crate::explain::observed::Observed;

const ROLE: &str = "roles/iap.tunnelResourceAccessor";

/// What is asked for.
#[derive(Default)]
struct Change {
    /// In words, a line each.
    lines: Vec<String>,
    gcloud: Option<String>,
    terraform: Option<String>,
}

impl Told<'_> {
    /// The request as it stands.
    pub(super) fn request(&self) -> RequestText {
        let change = self.change();
        let mut text = vec![format!("Access to {} by IAP", crate::called(&self.case.target)), String::new()];
        text.extend(self.circumstances());
        text.push(String::new());
        text.push(format!("What it comes to ({}): {}", self.how_sure(), self.headline()));
        let unread = self.unread();
        if !unread.is_empty() {
            text.push(format!("What could not be read: {}.", unread.join("; ")));
        }
        if !change.lines.is_empty() {
            text.push(String::new());
            text.extend(change.lines);
        }
        RequestText { text: text.join("\n"), gcloud: change.gcloud, terraform: change.terraform }
    }

    fn circumstances(&self) -> Vec<String> {
        let mut lines = vec![format!("Who: {}", self.who())];
        match &self.case.target {
            TunnelTarget::Instance { instance, interface, port } => {
                lines.push(format!("Project: {}", instance.project));
                let number = self.evidence.vm_id().map(|id| format!(" (number {id})")).unwrap_or_default();
                lines.push(format!("VM: {}{number} in {}", instance.name, instance.zone));
                lines.push(format!("Port: {port} on {interface}"));
            }
            TunnelTarget::Host { project, host, .. } if self.case.web.is_some() => {
                lines.push(format!("Project: {project}"));
                lines.push(format!("Web app: {host}"));
            }
            TunnelTarget::Host { project, region, network, group, host, port } => {
                lines.push(format!("Project: {project}"));
                lines.push(format!("Host: {host}, destination group {group} in {region}, network {network}"));
                lines.push(format!("Port: {port}"));
            }
        }
        lines.push(format!("Permission: {}", self.case.permission()));
        lines.push(format!("When (UTC): {}", self.when()));
        lines.push(format!("What the server said: {}", self.server_words()));
        lines
    }

    fn who(&self) -> &str {
        self.evidence.email.as_deref().unwrap_or("not known")
    }

    fn when(&self) -> String {
        self.evidence.now(self.case).map_or_else(|| "not known".to_owned(), |now| format!("{now:.0}"))
    }

    fn server_words(&self) -> String {
        match &self.case.observed {
            Some(Observed::Closed { code, reason }) => format!("close code {code}, {reason}"),
            Some(Observed::Handshake { status }) => format!("HTTP {status} at the handshake"),
            // Its error_uri stays here: who holds it is let in.
            Some(Observed::Token(body)) => {
                let word = |key: &str| body.get(key).and_then(serde_json::Value::as_str).unwrap_or_default();
                format!("{} {}", word("error"), word("error_description")).trim().to_owned()
            }
            Some(Observed::Rest { status, .. }) => match self.server() {
                Some(said) => format!("HTTP {status}, {}: {}", said.code, said.text),
                None => format!("HTTP {status}"),
            },
            Some(Observed::NotRunning(_)) => "the VM does not run".to_owned(),
            Some(Observed::Web(denial)) => match &denial.code {
                Some(code) => format!("IAP's error code {code}"),
                None => "HTTP 403".to_owned(),
            },
            None => "nothing was tried yet".to_owned(),
        }
    }

    fn how_sure(&self) -> &'static str {
        match self.certainty() {
            Certainty::Proven => "proven",
            Certainty::Likely => "likely",
            Certainty::Possible => "possible",
        }
    }

    fn unread(&self) -> Vec<String> {
        let unread = &self.judged.details.unread;
        let mut parts: Vec<String> =
            unread.nodes.iter().map(|(node, _)| format!("the policy of {node}")).collect();
        parts.extend(unread.roles.iter().map(|role| format!("the role {role}")));
        parts.extend(unread.levels.iter().map(|level| format!("the access level {level}")));
        if matches!(self.verdict, Verdict::PolicyConflict | Verdict::NotReadable) {
            let layers = [
                (unread.deny, "deny policies"),
                (unread.boundary, "principal access boundaries"),
                (unread.perimeter, "service perimeters"),
            ];
            parts.extend(layers.into_iter().filter(|(is, _)| *is).map(|(_, name)| name.to_owned()));
        }
        parts
    }

    fn change(&self) -> Change {
        match self.verdict {
            Verdict::NoGrant | Verdict::NotReadable | Verdict::Undecided | Verdict::RoleUnreadable => {
                self.grant()
            }
            Verdict::GroupMembership => self.membership(),
            Verdict::AccessLevelNotMet => self.level(),
            Verdict::ConditionNotMet | Verdict::ConditionNeverTrue => self.condition(),
            Verdict::DenyPolicy => self.deny(),
            Verdict::AccessBinding => self.access_binding(),
            Verdict::VpcServiceControls => self.perimeter(),
            Verdict::FirewallBlocked => self.open_firewall(),
            Verdict::PermissionDenied => Change {
                lines: vec!["Please grant a role that holds the permission named above.".to_owned()],
                ..Change::default()
            },
            _ => Change::default(),
        }
    }

    fn grant(&self) -> Change {
        if self.case.web.is_some() {
            let role = self.case.judged().role();
            let gcloud = format!(
                "gcloud iap web add-iam-policy-binding --project={} --member={} --role={role}",
                quoted(self.case.project()),
                quoted(&self.member())
            );
            let lines =
                vec![format!("Please grant {role}, for all web apps of the project:"), gcloud.clone()];
            return Change { lines, gcloud: Some(gcloud), terraform: None };
        }
        let (project, port) = (self.case.project(), self.case.port());
        let member = self.member();
        let expression = format!("destination.port == {port}");
        let condition = format!("expression={expression},title=port {port} only");
        let gcloud = format!(
            "gcloud projects add-iam-policy-binding {} --member={} --role={ROLE} --condition={}",
            quoted(project),
            quoted(&member),
            quoted(&condition)
        );
        let terraform = match &self.case.target {
            TunnelTarget::Instance { instance, .. } => Some(format!(
                "resource \"google_iap_tunnel_instance_iam_member\" \"{}\" {{\n  project  = {}\n  zone     = {}\n  \
                 instance = {}\n  role     = \"{ROLE}\"\n  member   = {}\n\n  condition {{\n    title      = {}\n    \
                 expression = {}\n  }}\n}}",
                label(&instance.name),
                hcl(&instance.project),
                hcl(&instance.zone),
                hcl(&instance.name),
                hcl(&member),
                hcl(&format!("port {port} only")),
                hcl(&expression)
            )),
            TunnelTarget::Host { .. } => None,
        };
        let lines = vec![
            format!("Please grant {ROLE} (IAP-secured Tunnel User), for the whole project:"),
            gcloud.clone(),
            "For this VM alone: in the console under Security, IAP, SSH and TCP resources, or with Terraform's \
             google_iap_tunnel_instance_iam_member."
                .to_owned(),
        ];
        Change { lines, gcloud: Some(gcloud), terraform }
    }

    fn member(&self) -> String {
        let kind = if self.who().ends_with(".gserviceaccount.com") { "serviceAccount" } else { "user" };
        format!("{kind}:{}", self.who())
    }

    fn membership(&self) -> Change {
        let members =
            self.judged.details.cited.as_ref().map(|cited| cited.members.as_slice()).unwrap_or_default();
        let Some(group) = members.iter().find_map(|member| member.strip_prefix("group:")) else {
            return Change {
                lines: vec![format!(
                    "Please confirm that {} is meant by: {}",
                    self.who(),
                    members.join(", ")
                )],
                ..Change::default()
            };
        };
        let who = self.who();
        let gcloud = format!(
            "gcloud identity groups memberships add --group-email={} --member-email={}",
            quoted(group),
            quoted(who)
        );
        Change {
            lines: vec![format!("The group is {group}: please add {who} or confirm."), gcloud.clone()],
            gcloud: Some(gcloud),
            terraform: Some(format!(
                "resource \"google_cloud_identity_group_membership\" \"{}\" {{\n  group = {}\n\n  \
                 preferred_member_key {{\n    id = {}\n  }}\n\n  roles {{\n    name = \"MEMBER\"\n  }}\n}}",
                label(who.split('@').next().unwrap_or_default()),
                hcl(&format!("GROUP-NAME-OF {group}")),
                hcl(who)
            )),
        }
    }

    fn level(&self) -> Change {
        let details = &self.judged.details;
        let mut lines = Vec::new();
        let mut commands = Vec::new();
        for card in details.levels.iter().filter(|card| card.status.is_some()) {
            let failing: Vec<&str> = details
                .failing
                .iter()
                .filter(|check| check.level.as_deref() == Some(card.name.as_str()))
                .map(|check| check.phrase.as_str())
                .collect();
            let what = if failing.is_empty() { String::new() } else { format!(": {}", failing.join("; ")) };
            lines.push(format!("Access level {} ({}){what}", card.name, card.title));
            if let Some((policy, name)) = parts(&card.name) {
                commands.push(format!(
                    "gcloud access-context-manager levels describe {} --policy={}",
                    quoted(name),
                    quoted(policy)
                ));
            }
        }
        lines.push("Please check the level, or this device's record, with:".to_owned());
        lines.extend(commands.iter().cloned());
        lines.push("IAP's audit record of the attempt names the levels that were not met:".to_owned());
        lines.push(self.log_query());
        Change { lines, gcloud: Some(commands.join("\n")).filter(|text| !text.is_empty()), terraform: None }
    }

    /// The query of section 3.1, filled in.
    fn log_query(&self) -> String {
        let since = self.case.time().checked_sub(crate::explain::AUDIT_BEFORE);
        let id = self.evidence.vm_id().unwrap_or_else(|| "INSTANCE_NUMBER".to_owned());
        let attempts = adit_google::Attempts {
            project: self.case.project(),
            instance: &id,
            person: self.who(),
            since: since.unwrap_or_else(|| self.case.time()),
        };
        attempts.filter()
    }

    fn condition(&self) -> Change {
        let details = &self.judged.details;
        let mut lines = Vec::new();
        if let Some(cited) = &details.cited {
            lines.push(format!(
                "The binding: {} on {}, condition \"{}\"",
                cited.role, cited.resource, cited.title
            ));
            lines.push(format!("Its expression: {}", cited.expression));
        }
        let failing: Vec<&str> = details.failing.iter().map(|check| check.phrase.as_str()).collect();
        if !failing.is_empty() {
            lines.push(format!("What fails: {}", failing.join("; ")));
        }
        lines.push("Please change the condition, or grant the role in another way.".to_owned());
        let add = self.grant();
        Change { lines, gcloud: add.gcloud, terraform: add.terraform }
    }

    fn deny(&self) -> Change {
        let Some(name) = &self.judged.details.deny_policy else { return Change::default() };
        let gcloud = name.strip_prefix("policies/").and_then(|rest| rest.split_once("/denypolicies/")).map(
            |(attached_to, policy)| {
                format!(
                    "gcloud iam policies get {} --attachment-point={} --kind=denypolicies",
                    quoted(policy),
                    quoted(&attached_to.replace("%2F", "/"))
                )
            },
        );
        let mut lines =
            vec![format!("The deny policy is {name}: please add an exception for {}.", self.who())];
        lines.extend(gcloud.clone());
        Change { lines, gcloud, terraform: None }
    }

    fn access_binding(&self) -> Change {
        let mut lines = Vec::new();
        if let Some(gate) = self.gate {
            for card in gate.details.levels.iter().filter(|card| card.status.is_some()) {
                lines.push(format!("The access binding asks for the level {} ({})", card.name, card.title));
            }
        }
        lines.push("The organization's log names the levels that were not met:".to_owned());
        lines.push(format!(
            "protoPayload.serviceName=\"contextawareaccess.googleapis.com\"\n\
             protoPayload.authenticationInfo.principalEmail=\"{}\"\ntimestamp>=\"{}\"",
            self.who(),
            Timestamp::try_from(self.case.time()).map(|time| format!("{time:.0}")).unwrap_or_default()
        ));
        Change { lines, ..Change::default() }
    }

    fn perimeter(&self) -> Change {
        let mut lines: Vec<String> =
            self.links().into_iter().map(|link| format!("{}: {}", link.label, link.url)).collect();
        if let Some(gate) = self.gate {
            for card in gate.details.levels.iter().filter(|card| card.status.is_some()) {
                lines
                    .push(format!("An ingress rule lets in the access level {} ({})", card.name, card.title));
            }
        }
        Change { lines, ..Change::default() }
    }

    fn open_firewall(&self) -> Change {
        let Some(judged) = &self.firewall else { return Change::default() };
        let fixes = judged.remedy.fixes.iter();
        let lines = std::iter::once(judged.remedy.note.clone())
            .chain(
                fixes.flat_map(|fix| std::iter::once(fix.note.clone()).chain(fix.commands.iter().cloned())),
            )
            .collect();
        let gcloud = judged.remedy.fixes.first().map(|fix| fix.commands.join("\n"));
        Change { lines, gcloud, terraform: None }
    }
}

/// The policy and the name within a level's full name.
fn parts(level: &str) -> Option<(&str, &str)> {
    level.strip_prefix("accessPolicies/")?.split_once("/accessLevels/")
}

/// A word of a command for a POSIX shell.
fn quoted(text: &str) -> String {
    shlex::try_quote(text).map_or_else(|_| "''".to_owned(), std::borrow::Cow::into_owned)
}

/// A string of Terraform's language.
fn hcl(text: &str) -> String {
    let escaped = serde_json::Value::from(text).to_string();
    escaped.replace("${", "$${").replace("%{", "%%{")
}

/// A name that Terraform takes for a block.
fn label(text: &str) -> String {
    let plain: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if plain.starts_with(|c: char| c.is_ascii_digit()) { format!("_{plain}") } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_leaves_its_quotes() {
        assert_eq!(quoted("ssh only; rm -rf ~"), "'ssh only; rm -rf ~'");
        assert_eq!(quoted("plain-1"), "plain-1");
        assert_eq!(hcl("a\"${b}"), "\"a\\\"$${b}\"");
        assert_eq!(label("1web-1"), "_1web_1");
    }
}
