//! Judges whether a VPC's effective firewall lets IAP reach a TCP port of a VM, and says which rule decides.
//!
//! Pure: [`EffectiveFirewalls`] is what `instances.getEffectiveFirewalls` answers, [`Vm`] what is known of the VM, and
//! [`judge`] gives the answer with the way there, a sentence, and the command that opens the port.
//!
//! Three values throughout: a rule that goes by something which cannot be seen (address groups, countries, a VM's
//! secure tags) makes both ends possible, and the verdict is unknown unless they agree.

mod command;
mod judgement;
mod matching;
mod near;
mod ranges;
mod remedy;
mod vm;
mod walk;
mod wire;
mod words;

pub use judgement::{Effect, FamilyJudgement, Judgement, Matched, Named, Place, Rule, Step, Verdict, judge};
pub use ranges::Family;
pub use remedy::{Fix, Remedy, Who};
pub use vm::{EnforcementOrder, Scope, Vm};
pub use wire::{
    EffectiveFirewalls, Firewall, HiddenSource, Layer4, Policy, PolicyKind, PolicyRule, SecureTag,
};
