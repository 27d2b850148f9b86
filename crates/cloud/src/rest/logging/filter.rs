//! The part of Logging's query language that audit queries are written in: comparisons, one to a line or with `AND`.

use jiff::Timestamp;
use serde_json::Value;

/// Comparisons in one filter.
const MOST: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Has,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

const OPERATORS: &[(&str, Operator)] = &[
    ("!=", Operator::NotEqual),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("=", Operator::Equal),
    (":", Operator::Has),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

#[derive(Debug)]
struct Comparison {
    path: Vec<String>,
    operator: Operator,
    value: String,
}

/// Comparisons that must all hold.
#[derive(Debug)]
pub(super) struct Filter(Vec<Comparison>);

impl Filter {
    /// `None` for what this part of the language has no words for.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut rest = text.trim_start();
        let mut all = Vec::new();
        while !rest.is_empty() {
            if all.len() >= MOST {
                return None;
            }
            let (comparison, after) = comparison(rest)?;
            all.push(comparison);
            rest = after.trim_start();
            if let Some(after) =
                rest.strip_prefix("AND").filter(|after| after.starts_with(char::is_whitespace))
            {
                rest = after.trim_start();
            }
        }
        Some(Self(all))
    }

    pub(super) fn matches(&self, entry: &Value) -> bool {
        self.0.iter().all(|comparison| comparison.holds(entry))
    }
}

fn comparison(text: &str) -> Option<(Comparison, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '@' | '"')))?;
    let (path, rest) = text.split_at(end);
    let rest = rest.trim_start();
    let (operator, rest) =
        OPERATORS.iter().find_map(|(sign, operator)| Some((*operator, rest.strip_prefix(sign)?)))?;
    let (value, rest) = value(rest.trim_start())?;
    let path = path.split('.').map(|part| part.trim_matches('"').to_owned()).collect();
    Some((Comparison { path, operator, value }, rest))
}

fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        return (!value.is_empty()).then(|| (value.to_owned(), rest));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return Some((value, quoted.get(at + 1..)?)),
            '\\' => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

impl Comparison {
    fn holds(&self, entry: &Value) -> bool {
        let found = self.path.iter().try_fold(entry, |value, part| value.get(part));
        let own = match found {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => return self.operator == Operator::NotEqual,
            Some(other) => other.to_string(),
        };
        let order = match (own.parse::<Timestamp>(), self.value.parse::<Timestamp>()) {
            (Ok(own), Ok(value)) => own.cmp(&value),
            _ => match (own.parse::<f64>(), self.value.parse::<f64>()) {
                (Ok(own), Ok(value)) => own.total_cmp(&value),
                _ => own.cmp(&self.value),
            },
        };
        match self.operator {
            Operator::Equal => own == self.value || order.is_eq(),
            Operator::NotEqual => own != self.value && order.is_ne(),
            Operator::Has => own.to_lowercase().contains(&self.value.to_lowercase()),
            Operator::Less => order.is_lt(),
            Operator::LessOrEqual => order.is_le(),
            Operator::Greater => order.is_gt(),
            Operator::GreaterOrEqual => order.is_ge(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Filter;
    use serde_json::json;

    #[test]
    fn the_audit_query_finds_its_entry_and_no_other() {
        let entry = json!({
            "logName": "projects/p/logs/cloudaudit.googleapis.com%2Fdata_access",
            "protoPayload": {"authenticationInfo": {"principalEmail": "a\"b@acme.example"}},
            "timestamp": "2026-11-23T10:00:00.5Z",
        });
        let filter = |text: &str| Filter::parse(text).map(|filter| filter.matches(&entry));
        let log = "logName=\"projects/p/logs/cloudaudit.googleapis.com%2Fdata_access\"";
        let person = "protoPayload.authenticationInfo.principalEmail=\"a\\\"b@acme.example\"";
        assert_eq!(filter(&format!("{log}\n{person}\ntimestamp>=\"2026-11-23T10:00:00Z\"")), Some(true));
        assert_eq!(filter(&format!("{log} AND timestamp>=\"2026-11-23T10:00:01Z\"")), Some(false));
        assert_eq!(filter("protoPayload.serviceName=\"iap.googleapis.com\""), Some(false));
        assert_eq!(filter(""), Some(true));
        assert_eq!(filter("logName:(a OR b)"), None);
        assert_eq!(filter("logName=\"never ends"), None);
    }
}
