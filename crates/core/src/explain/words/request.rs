//! The texts for an administrator (specification, section 10), with what only the app has read: the firewall's remedy,
//! and the levels of perimeters and access bindings. A person copies them; nothing is sent.

use adit_contract::{RequestText, Verdict};
use adit_firewall::Judgement;

use super::Told;

impl Told<'_> {
    /// The request as it stands.
    pub(super) fn request(&self) -> RequestText {
        if let (Verdict::FirewallBlocked, Some(judged)) = (self.verdict, &self.firewall) {
            return self.open_firewall(judged);
        }
        let permission = self.case.judged();
        let mut request = adit_access::admin_request(self.input, self.judged, permission);
        if let Some(gate) = self.gate {
            let what = match self.verdict {
                Verdict::VpcServiceControls => "An ingress rule around the project names",
                _ => "An access binding of the organization, for this person as far as can be told, asks for",
            };
            for card in gate.details.levels.iter().filter(|card| card.status.is_some()) {
                request.text.push_str(&format!("\n{what} the access level {} ({})\n", card.name, card.title));
            }
        }
        RequestText { text: request.text, gcloud: request.gcloud, terraform: request.terraform }
    }
    /// For whoever administers the firewall: IAP lets the person in.
    fn open_firewall(&self, judged: &Judgement) -> RequestText {
        let who = self.evidence.email.as_deref().unwrap_or("unknown");
        let vm = crate::called(&self.case.target);
        let when = self.evidence.now(self.case).map(|now| now.to_string());
        let mut text = format!(
            "Who: {who}\nWhat: port {} of VM {vm} through IAP, project {}\nWhen: {}\nFinding: {}\n\n{}\n",
            self.case.port(),
            self.case.project(),
            when.as_deref().unwrap_or("unknown"),
            judged.sentence,
            judged.remedy.note
        );
        for fix in &judged.remedy.fixes {
            text.push_str(&format!("\n{}\n{}\n", fix.note, fix.commands.join("\n")));
        }
        let gcloud = judged.remedy.fixes.first().map(|fix| fix.commands.join("\n"));
        RequestText { text, gcloud, terraform: None }
    }
}
