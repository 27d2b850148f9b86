//! From what was found to the explanation that a person reads.

pub(super) mod asking;
mod binding;
mod firewall;
mod levels;
mod request;
mod rungs;
mod verdict;

use adit_access::{Explanation as Judged, Input};
use adit_contract::{
    Action, Certainty, Explanation, Fact, Failure, Link, PublicAddress, RungState, ServerSaid, Truth, Verdict,
};

use self::levels::Doubt;
use super::{
    ask::{Ask, Reply},
    case::{Case, Ladder},
    evidence::{Evidence, State},
    observed::Observed,
};

/// All that there is to word.
pub(super) struct Told<'a> {
    case: &'a Case,
    evidence: &'a Evidence,
    /// What the evaluator judged, and what it made of it.
    input: &'a Input,
    judged: &'a Judged,
    /// Of the levels before everything else; see [`super::gate`].
    gate: Option<&'a Judged>,
    firewall: Option<adit_firewall::Judgement>,
    /// What it comes to.
    verdict: Verdict,
}

/// The explanation as it stands.
pub(super) fn explanation(
    id: &str,
    revision: u32,
    case: &Case,
    evidence: &Evidence,
    (input, judged): (&Input, &Judged),
    gate: Option<&Judged>,
) -> Explanation {
    let firewall = firewall::judge(case, evidence);
    let verdict = verdict::of(case, evidence, (input, judged), firewall.as_ref());
    let told = Told { case, evidence, input, judged, gate, firewall, verdict };
    told.tell(id, revision)
}

/// What was told last, once a mistake of ours has ended the looking: what was found stands, and nothing more comes.
pub(super) fn broken_off(case: &Case, told: Explanation, failure: Failure) -> Explanation {
    let mut told = told;
    told.revision = told.revision.saturating_add(1);
    told.complete = true;
    for rung in told.rungs.iter_mut().filter(|rung| rung.state == RungState::Waiting) {
        rung.state = RungState::Failed;
        rung.detail.clone_from(&failure.title);
    }
    if case.observed.is_none() && case.failure.is_none() {
        // Nothing was refused: all there was to say is what was looked for.
        told.verdict = Verdict::Undecided;
        told.certainty = Certainty::Possible;
        told.title = format!("{} while it looked at {}", failure.title, crate::called(&case.target));
        told.advice.clone_from(&failure.advice);
    }
    told.remarks.push(format!(
        "{} while it looked: more may stand in the way than is shown. {}",
        failure.title, failure.advice
    ));
    told.facts.extend(failure.facts);
    told
}

impl Told<'_> {
    fn tell(&self, id: &str, revision: u32) -> Explanation {
        let details = self.gate.map_or(&self.judged.details, |gate| &gate.details);
        Explanation {
            id: id.to_owned(),
            revision,
            target: self.case.target.clone(),
            account: self.evidence.email.clone(),
            at: self.case.at,
            verdict: self.verdict,
            title: self.title(),
            headline: self.headline(),
            advice: self.advice(),
            certainty: self.certainty(),
            basis: self.basis(),
            levels: levels::cards(details, self.doubt()),
            binding: self.binding(),
            other_ways: details.other_ways.iter().map(|way| way.phrases.clone()).collect(),
            firewall: self.firewall.as_ref().map(firewall::steps).unwrap_or_default(),
            remarks: self.remarks(),
            facts: self.facts(),
            rungs: rungs::rungs(self.case, self.evidence),
            request: self.is_told().then(|| self.request()),
            links: self.links(),
            actions: self.actions(),
            server: self.server(),
            complete: !self.evidence.is_waiting(),
        }
    }

    /// How far what follows from the refusal may be taken at its word.
    fn doubt(&self) -> Doubt {
        match (self.gate, self.judged.certainty) {
            // The question was made up of rules that may not be about this call.
            (Some(_), _) => Doubt::Guess,
            (None, adit_access::Certainty::Possible) => Doubt::Unread,
            (None, adit_access::Certainty::Likely | adit_access::Certainty::Proven) => Doubt::None,
        }
    }

    /// Whether the reading has come so far that what is missing is a finding.
    fn is_told(&self) -> bool {
        !self.is_preliminary() && self.verdict != Verdict::Checking && self.verdict != Verdict::Allowed
    }

    /// A verdict that rests on what could not be read, while it is still being read.
    fn is_preliminary(&self) -> bool {
        let on_gaps = matches!(
            self.judged.verdict,
            adit_access::Verdict::NotReadable
                | adit_access::Verdict::NoGrant
                | adit_access::Verdict::Allowed
                | adit_access::Verdict::PolicyConflict
        );
        let reads = matches!(self.case.ladder(), Ladder::Access | Ladder::Beforehand);
        let late =
            |ask: &&Ask| matches!(ask, Ask::Audit(_) | Ask::Firewall | Ask::Network(_) | Ask::Troubleshooter);
        let waits =
            self.evidence.order().iter().filter(|ask| !late(ask)).any(|ask| !self.evidence.is_over(ask));
        let not_begun = self.evidence.order().is_empty();
        reads && on_gaps && (waits || not_begun)
    }

    fn binding(&self) -> Option<adit_contract::BindingCard> {
        // Of the gate there is none: it was made up.
        match self.gate {
            Some(_) => None,
            None => binding::card(&self.judged.details, self.evidence.email.as_deref()),
        }
    }

    fn facts(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        if let Some(State::Here(Reply::Addresses(addresses))) = self.evidence.state(&Ask::Address) {
            let how = match &self.case.public_address {
                PublicAddress::AuditOnly => "",
                PublicAddress::Manual { .. } => "as set by hand",
                PublicAddress::Echo { .. } => "from the organization's service",
                PublicAddress::GoogleDns => "by a DNS question to Google",
            };
            for address in addresses {
                facts.push(Fact { label: "Public address".to_owned(), value: format!("{address} ({how})") });
            }
        }
        let audit = self.evidence.audit(self.case);
        if let Some(address) = audit.as_ref().and_then(|audit| audit.get("callerIp")?.as_str()) {
            let value = format!("{address} (as IAP saw it, from its audit record)");
            facts.push(Fact { label: "Public address".to_owned(), value });
        }
        if let Some(State::Here(Reply::Device(device))) = self.evidence.state(&Ask::Device) {
            facts.extend(device.facts.iter().cloned());
        }
        facts
    }

    fn remarks(&self) -> Vec<String> {
        let mut remarks: Vec<String> = Vec::new();
        for lint in &self.judged.details.lints {
            if !remarks.contains(&lint.text) {
                remarks.push(lint.text.clone());
            }
        }
        if let Some(Observed::Web(denial)) = &self.case.observed
            && !denial.by_iap
        {
            remarks.push(
                "Nothing in the text shows that IAP wrote it: the app behind it may have refused.".to_owned(),
            );
        }
        if !self.evidence.settling.is_empty() {
            remarks.push(
                "A policy that was read here changed within the last ten minutes. Changes usually apply within two \
                 minutes, sometimes after seven or more: try again."
                    .to_owned(),
            );
        }
        if let Some(ahead) = self.evidence.clock.filter(|ahead| ahead.abs() > 60) {
            let way = if ahead > 0 { "behind" } else { "ahead" };
            remarks.push(format!(
                "This computer's clock is {} seconds {way} of Google's. Google's was used.",
                ahead.abs()
            ));
        }
        if let Some(status) = self.evidence.vm_status().filter(|status| *status != "RUNNING")
            && self.verdict != Verdict::VmNotRunning
            && let Some(instance) = self.case.instance()
        {
            remarks.push(format!(
                "{} does not run now: Compute says {}.",
                instance.name,
                status.to_lowercase()
            ));
        }
        remarks
    }

    fn links(&self) -> Vec<Link> {
        let mut links = Vec::new();
        let mut add = |label: &str, url: String| links.push(Link { label: label.to_owned(), url });
        let fact = |name: &str| {
            let facts = &self.judged.details.server_facts;
            facts.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
        };
        if let Some(Observed::Web(denial)) = &self.case.observed
            && let Some(page) = &denial.troubleshooting_url
        {
            add("What IAP itself says of this denial, for an administrator", page.to_string());
        }
        let project = encoded(self.case.project());
        match self.verdict {
            Verdict::VpcServiceControls => {
                if let Some(id) = fact("vpcServiceControlsUniqueIdentifier").filter(|id| !id.is_empty()) {
                    let at =
                        "https://console.cloud.google.com/security/service-perimeter/troubleshoot;uniqueId=";
                    add("VPC Service Controls troubleshooter", format!("{at}{}", encoded(id)));
                }
            }
            Verdict::ApiDisabled => {
                if let Some(service) = fact("service") {
                    let at = "https://console.cloud.google.com/apis/library/";
                    add("Enable the API", format!("{at}{}?project={project}", encoded(service)));
                }
            }
            Verdict::FirewallBlocked => {
                let at =
                    "https://console.cloud.google.com/net-security/firewall-manager/firewall-policies/list";
                add("Firewall rules", format!("{at}?project={project}"));
            }
            Verdict::NoGrant
            | Verdict::ConditionNotMet
            | Verdict::ConditionNeverTrue
            | Verdict::AccessLevelNotMet => {
                let at = "https://console.cloud.google.com/security/iap?tab=ssh-tcp-resources";
                add("IAP, SSH and TCP resources", format!("{at}&project={project}"));
            }
            _ => {}
        }
        links
    }

    fn actions(&self) -> Vec<Action> {
        match self.verdict {
            Verdict::Reauth | Verdict::TokenRejected | Verdict::ScopeMissing | Verdict::AccessBinding => {
                vec![Action::SignIn, Action::TryAgain]
            }
            Verdict::VmNotRunning if self.is_starting() => vec![Action::TryAgain],
            Verdict::VmNotRunning => vec![Action::StartAndConnect, Action::TryAgain],
            _ => match &self.case.failure {
                Some(failure) if !failure.actions.is_empty() => failure.actions.clone(),
                Some(_) | None => vec![Action::TryAgain],
            },
        }
    }

    fn server(&self) -> Option<ServerSaid> {
        if let Some(server) = self.case.failure.as_ref().and_then(|failure| failure.server.as_deref()) {
            return Some(server.clone());
        }
        match &self.case.observed {
            Some(Observed::Closed { code, reason }) => {
                Some(ServerSaid { code: code.to_string(), text: reason.clone() })
            }
            Some(Observed::Handshake { status }) => {
                Some(ServerSaid { code: status.to_string(), text: String::new() })
            }
            Some(Observed::Web(denial)) => Some(ServerSaid {
                code: denial.error_code.map_or_else(|| "403".to_owned(), |code| code.to_string()),
                text: String::new(),
            }),
            Some(Observed::Token(_) | Observed::Rest { .. } | Observed::NotRunning(_)) | None => None,
        }
    }

    fn certainty(&self) -> Certainty {
        if self.is_preliminary() {
            return Certainty::Possible;
        }
        match self.verdict {
            Verdict::VmNotRunning => Certainty::Proven,
            Verdict::FirewallBlocked => match self.firewall.as_ref().map(|judged| judged.verdict) {
                Some(adit_firewall::Verdict::Blocked) => Certainty::Proven,
                _ => Certainty::Likely,
            },
            _ => match self.judged.certainty {
                adit_access::Certainty::Proven => Certainty::Proven,
                adit_access::Certainty::Likely => Certainty::Likely,
                adit_access::Certainty::Possible => Certainty::Possible,
            },
        }
    }
}

fn truth(value: adit_access::Value) -> Truth {
    match value {
        adit_access::Value::T => Truth::Met,
        adit_access::Value::F => Truth::NotMet,
        adit_access::Value::U => Truth::Unknown,
    }
}

/// A text as part of an address. Ids come from errors, so anything can be in them.
fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
