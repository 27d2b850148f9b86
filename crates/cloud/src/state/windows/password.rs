//! Passwords as the agent makes them.

use rand::RngExt as _;
use rand::seq::SliceRandom as _;
use secrecy::SecretString;

/// Shortest password, in characters; also without a wish.
pub(super) const SHORTEST: usize = 15;
/// Longest password, in characters.
pub(super) const LONGEST: usize = 255;

/// Kinds of characters, one of each at least: Windows asks for three kinds.
const KINDS: [&[u8]; 4] = [
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    b"abcdefghijklmnopqrstuvwxyz",
    b"0123456789",
    br"~!@#$%^&*_-+=`|\(){}[]:;<>,.?/",
];

/// A new password of about the wished length.
pub(super) fn made(wished: Option<i64>) -> SecretString {
    let length = wished.and_then(|wished| usize::try_from(wished).ok()).unwrap_or_default();
    let length = length.clamp(SHORTEST, LONGEST);
    let mut random = rand::rng();
    let mut pick = |place: usize| {
        // the first four are of different kinds, the others of any
        let kind = if place < KINDS.len() { place } else { random.random_range(0..KINDS.len()) };
        let letters = KINDS.get(kind).copied().unwrap_or(b"x");
        letters.get(random.random_range(0..letters.len())).copied().map_or('x', char::from)
    };
    let mut password: Vec<char> = (0..length).map(&mut pick).collect();
    password.shuffle(&mut random);
    let text: String = password.iter().collect();
    password.fill(' ');
    SecretString::from(text)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::{KINDS, LONGEST, SHORTEST, made};

    #[test]
    fn every_password_has_all_kinds_and_a_length_in_bounds() {
        for (wished, length) in [
            (None, SHORTEST),
            (Some(-3), SHORTEST),
            (Some(3), SHORTEST),
            (Some(64), 64),
            (Some(i64::MAX), LONGEST),
        ] {
            let password = made(wished);
            let bytes = password.expose_secret().as_bytes();
            assert_eq!(bytes.len(), length);
            assert!(KINDS.iter().all(|kind| bytes.iter().any(|byte| kind.contains(byte))));
        }
    }
}
