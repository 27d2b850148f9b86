//! The texts for an administrator (specification, section 10), with what only the app has read: the firewall's remedy,
//! and the levels of perimeters and access bindings. A person copies them; nothing is sent.

use adit_contract::{RequestText, Verdict};

use super::Told;

impl Told<'_> {
    /// The request as it stands.
    pub(super) fn request(&self) -> RequestText {
        let permission = self.case.judged();
        let mut request = adit_access::admin_request(self.input, self.judged, permission);
        if self.verdict == Verdict::FirewallBlocked
            && let Some(judged) = &self.firewall
        {
            let fixes = &judged.remedy.fixes;
            request.gcloud = fixes.first().map(|fix| fix.commands.join("\n"));
            request.text.push_str(&format!("\n{}\n{}\n", judged.sentence, judged.remedy.note));
            for fix in fixes {
                request.text.push_str(&format!("\n{}\n{}\n", fix.note, fix.commands.join("\n")));
            }
        }
        if let Some(gate) = self.gate {
            let what = match self.verdict {
                Verdict::VpcServiceControls => "An ingress rule lets in",
                _ => "The access binding asks for",
            };
            for card in gate.details.levels.iter().filter(|card| card.status.is_some()) {
                request.text.push_str(&format!("\n{what} the access level {} ({})\n", card.name, card.title));
            }
        }
        RequestText { text: request.text, gcloud: request.gcloud, terraform: request.terraform }
    }
}
