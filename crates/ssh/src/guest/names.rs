//! Names of users (specification: guest access, section 2).

/// Longest user name, in characters.
const MAX_NAME: usize = 32;

/// The default user name for an e-mail address, by the rule that gcloud and IAP Desktop share. Always a
/// [`valid_user_name`].
pub fn user_name_from_email(email: &str) -> String {
    let local = email.split('@').next().unwrap_or_default().to_lowercase();
    let mut name: String =
        local.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(MAX_NAME).collect();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name.insert(0, 'g');
    }
    name.truncate(MAX_NAME);
    name
}

/// Whether a user name can be written to metadata and used as a login name:
/// `^[a-zA-Z0-9_.][a-zA-Z0-9_.-]*$`, at most 32 characters.
pub fn valid_user_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_NAME
        && !name.starts_with('-')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_address() {
        for (email, name) in [
            ("ada@example.com", "ada"),
            ("Ada.Lovelace@example.com", "ada_lovelace"),
            ("ada+test@example.com", "ada_test"),
            ("1st@example.com", "g1st"),
            ("_x@example.com", "g_x"),
            ("jörg@example.com", "j_rg"),
            ("Äda@example.com", "g_da"),
            ("日本@example.com", "g__"),
            ("\u{212a}elvin@example.com", "kelvin"),
            ("@example.com", "g"),
            ("", "g"),
            ("a b\n:c@example.com", "a_b__c"),
            ("a-b_c.d@x@y", "a_b_c_d"),
            ("abcdefghijklmnopqrstuvwxyz0123456789@x", "abcdefghijklmnopqrstuvwxyz012345"),
            ("0123456789abcdefghijklmnopqrstuvwxyz@x", "g0123456789abcdefghijklmnopqrstu"),
            ("sa-name@project.iam.gserviceaccount.com", "sa_name"),
        ] {
            assert_eq!(user_name_from_email(email), name, "{email}");
            assert!(valid_user_name(name), "{name}");
        }
    }

    #[test]
    fn what_may_be_a_name() {
        for name in ["a", "_a", ".a", "0", "a-b", "A.b_c-9", "sa_123456789", &"x".repeat(32)] {
            assert!(valid_user_name(name), "{name}");
        }
        for name in ["", "-a", "a b", "a:b", "a\nb", "ä", "a\t", "a/b", "a@b", &"x".repeat(33)] {
            assert!(!valid_user_name(name), "{name}");
        }
    }
}
