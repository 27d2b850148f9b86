//! What a key of a US keyboard types.

/// The characters of the rows of scan codes of set 1, plain and with Shift, from the code of the first.
const ROWS: [(u8, &str, &str); 5] = [
    (0x02, "1234567890-=", "!@#$%^&*()_+"),
    (0x10, "qwertyuiop[]", "QWERTYUIOP{}"),
    (0x1E, "asdfghjkl;'`", "ASDFGHJKL:\"~"),
    (0x2B, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (0x39, " ", " "),
];

/// The character, if the key types one.
pub(crate) fn typed(code: u8, shift: bool) -> Option<char> {
    ROWS.iter().find_map(|(first, plain, shifted)| {
        let row = if shift { shifted } else { plain };
        row.chars().nth(usize::from(code.checked_sub(*first)?))
    })
}
