//! The name of a certificate's issuer.

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode as _, Reader, SliceReader, Tag};

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const ORGANISATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
/// Longest part of a name that is shown, in characters.
const LONGEST: usize = 80;

/// Whom the certificate names as its issuer, to show: the organisation, and the common name where that says
/// more. Nothing when it names neither or cannot be read. The name is whatever the peer chose to say: control and
/// direction characters are left out of it, and it is cut to a length.
pub(super) fn of(certificate: &[u8]) -> Option<String> {
    let name = read(certificate).ok()?;
    match (name.organisation, name.common_name) {
        (Some(organisation), Some(common)) if common != organisation => {
            Some(format!("{organisation} ({common})"))
        }
        (Some(name), _) | (None, Some(name)) => Some(name),
        (None, None) => None,
    }
}

#[derive(Default)]
struct Name {
    organisation: Option<String>,
    common_name: Option<String>,
}

/// RFC 5280, section 4.1: the issuer is the third of the signed fields, after an optional version.
fn read(certificate: &[u8]) -> der::Result<Name> {
    let certificate = AnyRef::from_der(certificate)?;
    let mut signed = inside(inside(certificate)?.decode()?)?;
    let first = AnyRef::decode(&mut signed)?;
    if first.header().tag().is_context_specific() {
        // It was the version; the serial number is next.
        AnyRef::decode(&mut signed)?;
    }
    let _algorithm = AnyRef::decode(&mut signed)?;
    let mut issuer = inside(signed.decode()?)?;
    let mut name = Name::default();
    while !issuer.is_finished() {
        let mut set = inside(issuer.decode()?)?;
        while !set.is_finished() {
            let mut attribute = inside(set.decode()?)?;
            let kind = ObjectIdentifier::decode(&mut attribute)?;
            let value = AnyRef::decode(&mut attribute)?;
            let place = match kind {
                COMMON_NAME => &mut name.common_name,
                ORGANISATION => &mut name.organisation,
                _ => continue,
            };
            *place = place.take().or_else(|| text(value));
        }
    }
    Ok(name)
}

/// What a sequence or set holds.
fn inside(value: AnyRef<'_>) -> der::Result<SliceReader<'_>> {
    SliceReader::new(value.value())
}

fn text(value: AnyRef<'_>) -> Option<String> {
    let bytes = value.value();
    let text = match value.header().tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String => {
            String::from_utf8_lossy(bytes).into_owned()
        }
        Tag::TeletexString => bytes.iter().map(|byte| char::from(*byte)).collect(),
        Tag::BmpString => {
            let units = bytes.chunks_exact(2).map(|pair| match pair {
                [high, low] => u16::from_be_bytes([*high, *low]),
                _ => 0,
            });
            char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        _ => return None,
    };
    let shown: String = text.chars().filter(|letter| !is_invisible(*letter)).take(LONGEST).collect();
    let shown = shown.trim();
    (!shown.is_empty()).then(|| shown.to_owned())
}

fn is_invisible(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DistinguishedName, DnType, DnValue, KeyPair};

    use super::of;

    fn certificate(name: &[(DnType, DnValue)]) -> Vec<u8> {
        let mut params = CertificateParams::new(["relay.example".to_owned()]).unwrap();
        params.distinguished_name = DistinguishedName::new();
        for (kind, value) in name {
            params.distinguished_name.push(kind.clone(), value.clone());
        }
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn organisation_and_common_name_are_read_in_the_usual_kinds_of_text() {
        let utf8 = |text: &str| DnValue::Utf8String(text.to_owned());
        let bmp = DnValue::BmpString("Bücher".try_into().unwrap());
        for (name, expected) in [
            (vec![(DnType::OrganizationName, utf8("Acme"))], Some("Acme")),
            (vec![(DnType::CommonName, utf8("Acme Root"))], Some("Acme Root")),
            (
                vec![
                    (DnType::CountryName, utf8("DE")),
                    (DnType::CommonName, utf8("Root 1")),
                    (DnType::OrganizationName, bmp),
                ],
                Some("Bücher (Root 1)"),
            ),
            (
                vec![(DnType::CommonName, utf8("Same")), (DnType::OrganizationName, utf8("Same"))],
                Some("Same"),
            ),
            (vec![(DnType::CountryName, utf8("DE"))], None),
            (vec![(DnType::CommonName, utf8("a\u{202e}b\nc\0"))], Some("abc")),
            (vec![(DnType::CommonName, utf8("\u{200b} \n"))], None),
        ] {
            assert_eq!(of(&certificate(&name)).as_deref(), expected);
        }
        let long = certificate(&[(DnType::CommonName, utf8(&"ä".repeat(1000)))]);
        assert_eq!(of(&long).unwrap().chars().count(), super::LONGEST);
    }

    #[test]
    fn what_is_damaged_has_no_issuer_and_breaks_nothing() {
        let whole = certificate(&[(DnType::CommonName, DnValue::Utf8String("Acme".to_owned()))]);
        for length in 0..whole.len() {
            assert_eq!(of(&whole[..length]), None, "cut at {length}");
        }
        for place in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[place] ^= 0xff;
            let _ = of(&damaged);
        }
    }
}
