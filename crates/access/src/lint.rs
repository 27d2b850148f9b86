//! Oddities of conditions (specification, section 4.1). Those that decide are found by the formula itself; here
//! they are only put into words, beside the others.

use std::collections::BTreeMap;

use crate::build::{Prepared, level_test};
use crate::cel::{Expr, Kind, Parsed};
use crate::explanation::{BindingLint, Lint, Span};
use crate::facts::bad_timestamp;
use crate::input::Input;
use crate::names;
use crate::policy::ReadState;
use crate::question::Judgement;
use crate::role::{self, Permission};

/// Most lints that are kept for one question.
const MAX_LINTS: usize = 100;
/// Most bindings that are looked at; nobody reads about more.
const MAX_BINDINGS: usize = 300;

/// The oddities of all bindings that may concern the caller.
pub(crate) fn of_bindings(
    input: &Input,
    prepared: &Prepared,
    judgements: &[Judgement<'_>],
    permission: Permission,
) -> Vec<BindingLint> {
    let mut found = Vec::new();
    let candidates = judgements.iter().filter(|judgement| judgement.is_candidate());
    for judgement in candidates.take(MAX_BINDINGS) {
        let Some(condition) = prepared.condition(judgement.index) else { continue };
        let role = judgement.binding.role.as_str();
        let lints = Linter { input, permission, role, roles: &input.roles }.condition(condition);
        found.extend(lints.into_iter().map(|(lint, text, span)| BindingLint {
            binding: judgement.index,
            lint,
            text,
            span,
        }));
        if found.len() >= MAX_LINTS {
            break;
        }
    }
    found.truncate(MAX_LINTS);
    found
}

type Found = (Lint, String, Option<Span>);

struct Linter<'a> {
    input: &'a Input,
    permission: Permission,
    role: &'a str,
    roles: &'a BTreeMap<String, Vec<String>>,
}

impl Linter<'_> {
    fn condition(&self, parsed: &Parsed) -> Vec<Found> {
        let mut found = Vec::new();
        if role::is_basic(self.role) {
            let text = format!("IAM rejects conditions on the basic role {}.", role::display(self.role));
            found.push((Lint::ConditionOnBasicRole, text, None));
        }
        let Some(root) = &parsed.root else { return found };
        let mut uses_levels = false;
        root.walk(&mut |expr| {
            uses_levels |= expr.is_within("request.auth.access_levels");
            self.expr(parsed, expr, &mut found);
        });
        if uses_levels && role::is_broad(self.role, self.roles) {
            let text = format!(
                "{} holds permissions beside access through IAP; with an access level in the condition those do \
                 not work correctly.",
                role::display(self.role)
            );
            found.push((Lint::AccessLevelRoleTooBroad, text, None));
        }
        found
    }

    fn expr(&self, parsed: &Parsed, expr: &Expr, found: &mut Vec<Found>) {
        let source = parsed.slice(expr.span);
        let span = Some(expr.span);
        if let Some(level) = level_test(expr) {
            self.level(level, source, expr, found);
        }
        if let Kind::Call { target: None, name, args } = &expr.kind
            && name == "timestamp"
            && args.iter().all(|argument| argument.text().is_some())
            && let Some(text) = bad_timestamp(expr)
        {
            let text =
                format!("Timestamp \"{text}\" is not RFC 3339 UTC; the condition never allows access.");
            found.push((Lint::BadTimestamp, text, span));
        }
        if expr.is_within("resource.name") {
            let text = "IAP supports resource.service and resource.type only, not resource.name.".to_owned();
            found.push((Lint::ResourceNameUnsupported, text, span));
        }
        if self.permission == Permission::Tunnel
            && let Some(name) =
                ["request.path", "request.host", "origin.ip"].iter().find(|it| expr.is_within(it))
        {
            let text = format!("{name} is not available for tunnels.");
            found.push((Lint::WrongAttribute, text, span));
        }
    }

    fn level(&self, level: &str, source: &str, expr: &Expr, found: &mut Vec<Found>) {
        let span = Some(expr.span);
        if !is_documented(source, level) {
            let text = format!(
                "IAM documents only \"{level}\" in request.auth.access_levels; this spelling may never match."
            );
            found.push((Lint::NonstandardLevelTest, text, span));
        }
        if !names::is_well_formed(level) {
            let text = format!("Level name \"{level}\" is malformed and never matches.");
            found.push((Lint::MalformedLevelName, text, span));
        } else if self.is_absent(level) {
            let text = format!("Access level {} does not exist.", names::short(level));
            found.push((Lint::UnknownLevel, text, span));
        }
    }

    fn is_absent(&self, level: &str) -> bool {
        let levels = &self.input.levels;
        let listed = |names: &[String]| names.iter().any(|name| name == level);
        levels.state == ReadState::Read
            && levels.items.iter().all(|item| item.name != level)
            && !self.input.audit.as_ref().is_some_and(|it| listed(&it.satisfied) || listed(&it.unsatisfied))
    }
}

/// Whether a level test is spelled as IAM documents it; blanks do not matter.
fn is_documented(source: &str, level: &str) -> bool {
    let quoted = source.strip_prefix('"').and_then(|rest| rest.strip_prefix(level)?.strip_prefix('"'));
    quoted.is_some_and(|rest| rest.split_whitespace().eq(["in", "request.auth.access_levels"]))
}
