//! CEL expressions, parsed once when the landscape is read.

use std::sync::Arc;

use cel::common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Longest expression, in bytes.
const LONGEST: usize = 8_192;

/// An expression as written, with what it parses to.
#[derive(Debug, Clone)]
pub(crate) struct Expression {
    source: String,
    /// `None` for an empty expression, which is always true.
    parsed: Option<Arc<IdedExpr>>,
}

impl Expression {
    /// Parses an expression as the server does when it is set.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(source: &str) -> Result<Self, String> {
        if source.len() > LONGEST {
            return Err(format!("an expression has at most {LONGEST} bytes"));
        }
        let parsed = if source.trim().is_empty() {
            None
        } else {
            let program = cel::Program::compile(source).map_err(|error| format!("no expression: {error}"))?;
            let mut parsed = program.expression().clone();
            spoil_timestamps(&mut parsed);
            Some(Arc::new(parsed))
        };
        Ok(Self { source: source.to_owned(), parsed })
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    pub(crate) fn parsed(&self) -> Option<&IdedExpr> {
        self.parsed.as_deref()
    }

    /// The texts that the expression holds, such as names of access levels.
    pub(crate) fn texts(&self) -> Vec<&str> {
        let mut found = Vec::new();
        if let Some(parsed) = self.parsed() {
            visit(parsed, &mut |one| {
                if let Expr::Literal(LiteralValue::String(text)) = &one.expr {
                    found.push(text.inner());
                }
            });
        }
        found
    }

    /// The fields that the expression selects straight from a variable.
    pub(crate) fn fields_of(&self, variable: &str) -> Vec<&str> {
        let mut found = Vec::new();
        if let Some(parsed) = self.parsed() {
            visit(parsed, &mut |one| {
                if let Expr::Select(select) = &one.expr
                    && matches!(&select.operand.expr, Expr::Ident(name) if name == variable)
                {
                    found.push(select.field.as_str());
                }
            });
        }
        found
    }
}

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Serialize for Expression {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.source)
    }
}

fn visit<'a>(expression: &'a IdedExpr, see: &mut impl FnMut(&'a IdedExpr)) {
    see(expression);
    match &expression.expr {
        Expr::Call(call) => {
            call.target.as_deref().into_iter().chain(&call.args).for_each(|one| visit(one, see))
        }
        Expr::Select(select) => visit(&select.operand, see),
        Expr::List(list) => list.elements.iter().for_each(|one| visit(one, see)),
        Expr::Comprehension(it) => {
            for one in [&it.iter_range, &it.accu_init, &it.loop_cond, &it.loop_step, &it.result] {
                visit(one, see);
            }
        }
        Expr::Map(map) => map.entries.iter().for_each(|one| visit_entry(&one.expr, see)),
        Expr::Struct(it) => it.entries.iter().for_each(|one| visit_entry(&one.expr, see)),
        _ => {}
    }
}

fn visit_entry<'a>(entry: &'a EntryExpr, see: &mut impl FnMut(&'a IdedExpr)) {
    match entry {
        EntryExpr::MapEntry(entry) => {
            visit(&entry.key, see);
            visit(&entry.value, see);
        }
        EntryExpr::StructField(field) => visit(&field.value, see),
    }
}

/// IAM takes instants in UTC alone: one with another offset, which CEL itself takes, is made an error. It stands in a
/// chain of operators and their operands, so nothing else is looked into.
fn spoil_timestamps(expression: &mut IdedExpr) {
    let Expr::Call(call) = &mut expression.expr else { return };
    let in_utc = |text: &str| text.ends_with('Z') && text.as_bytes().get(10) == Some(&b'T');
    if call.func_name == "timestamp"
        && let [argument] = call.args.as_mut_slice()
        && matches!(&argument.expr, Expr::Literal(LiteralValue::String(text)) if !in_utc(text.inner()))
    {
        call.func_name = "timestamp_in_utc".to_owned();
        return;
    }
    call.target.as_deref_mut().into_iter().chain(&mut call.args).for_each(spoil_timestamps);
}

#[cfg(test)]
mod tests {
    use super::Expression;

    #[test]
    fn names_are_found_wherever_they_stand() -> Result<(), String> {
        let expression = Expression::parse(
            "!('a' in request.auth.access_levels) || (levels.b && ['c'].exists(x, x == 'd'))",
        )?;
        let mut texts = expression.texts();
        texts.sort_unstable();
        assert_eq!(texts, ["a", "c", "d"]);
        assert_eq!(expression.fields_of("levels"), ["b"]);
        Ok(())
    }

    #[test]
    fn what_cannot_be_parsed_is_said() {
        assert!(Expression::parse("destination.port ==").is_err());
        assert!(Expression::parse(&"x".repeat(8_193)).is_err());
        assert!(Expression::parse("  ").is_ok());
    }
}
