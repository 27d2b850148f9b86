//! What looks like a password among the words of a command.

/// What names of options with a secret have in them.
const NAMES: &[&str] = &["password", "passwd", "passphrase", "pwd", "secret", "token", "apikey", "api-key"];

/// Whether something was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeftOut {
    /// At least one secret.
    Secret,
    /// Nothing.
    Nothing,
}

/// Empties what follows an option such as `--password`, what stands behind `PASSWORD=`, and the password of an address.
pub(super) fn leave_out(words: &mut [String]) -> LeftOut {
    let mut left = LeftOut::Nothing;
    let mut follows = false;
    for word in words {
        let without = if std::mem::take(&mut follows) && !word.starts_with('-') {
            Some(String::new())
        } else if let Some((name, value)) = word.split_once('=') {
            (is_secret(name) && !value.is_empty()).then(|| format!("{name}="))
        } else {
            follows = word.starts_with('-') && is_secret(word);
            None
        };
        if let Some(without) = without.or_else(|| without_userinfo(word)) {
            *word = without;
            left = LeftOut::Secret;
        }
    }
    left
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    NAMES.iter().any(|secret| name.contains(secret))
}

/// `postgres://ana:secret@host/db` without the secret.
fn without_userinfo(word: &str) -> Option<String> {
    let (scheme, rest) = word.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end)?;
    let (who, host) = authority.rsplit_once('@')?;
    let (user, secret) = who.split_once(':')?;
    (!secret.is_empty()).then(|| format!("{scheme}://{user}@{host}{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_go_and_all_else_stays() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        for (before, after) in [
            ("psql --password=hunter2 -h {host}", "psql --password= -h {host}"),
            ("db --PASSWORD hunter2 -p {port}", "db --PASSWORD  -p {port}"),
            ("env PGPASSWORD=hunter2 psql", "env PGPASSWORD= psql"),
            ("psql postgres://ana:hunter2@{host}:{port}/db", "psql postgres://ana@{host}:{port}/db"),
            ("curl http://h/?api-key=1", "curl http://h/?api-key="),
        ] {
            let mut all = words(before);
            assert_eq!(leave_out(&mut all), LeftOut::Secret, "{before}");
            assert_eq!(all, words(after), "{before}");
        }
        for fine in ["mysqlsh -h {host} -P {port} -u ana", "open http://{host}:{port}/a@b:c", "x --password"]
        {
            let mut all = words(fine);
            assert_eq!(leave_out(&mut all), LeftOut::Nothing, "{fine}");
            assert_eq!(all, words(fine));
        }
    }
}
