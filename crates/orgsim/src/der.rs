//! DER, the encoding of keys and certificates, as far as they are written and read here (ITU-T X.690).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OBJECT_ID: u8 = 0x06;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// Writes one value: its tag, its length, its bytes.
pub(crate) fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut der = vec![tag];
    match content.len() {
        length @ 0..=0x7f => der.push(length as u8),
        length => {
            let bytes = length.to_be_bytes();
            let used = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
            der.push(0x80 | used.len() as u8);
            der.extend_from_slice(used);
        }
    }
    der.extend_from_slice(content);
    der
}

/// Writes values one after the other within another.
pub(crate) fn list(tag: u8, values: &[Vec<u8>]) -> Vec<u8> {
    value(tag, &values.concat())
}

/// Writes a number that is not negative, given in bytes from the highest.
pub(crate) fn integer(bytes: &[u8]) -> Vec<u8> {
    let used = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
    let needs_zero = used.first().is_none_or(|byte| byte & 0x80 != 0);
    let mut content = if needs_zero { vec![0] } else { Vec::new() };
    content.extend_from_slice(used);
    value(INTEGER, &content)
}

/// Writes whole bytes as a string of bits.
pub(crate) fn bits(bytes: &[u8]) -> Vec<u8> {
    value(BIT_STRING, &[&[0], bytes].concat())
}

/// Takes the first value, which has that tag, off some bytes: what it holds, and what follows it.
pub(crate) fn take(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match *first {
        short @ 0..=0x7f => (usize::from(short), rest),
        long => {
            let count = usize::from(long & 0x7f);
            let (bytes, rest) = rest.split_at_checked(count).filter(|_| (1..=4).contains(&count))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
    };
    rest.split_at_checked(length).filter(|_| *found == tag)
}

/// Writes DER as text for files.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("base64 is ASCII")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::{INTEGER, OCTET_STRING, bits, integer, pem, take, value};

    #[test]
    fn values_are_taken_as_they_were_written() {
        for length in [0, 1, 127, 128, 300, 70_000] {
            let content = vec![7; length];
            let bytes = [value(OCTET_STRING, &content), vec![1, 2]].concat();

            assert_eq!(take(&bytes, OCTET_STRING), Some((&content[..], &[1, 2][..])));
            assert_eq!(take(&bytes, INTEGER), None);
        }
        for bytes in [&[][..], &[4], &[4, 1], &[4, 0x80], &[4, 0x82, 1], &[4, 0x85, 0, 0, 0, 0, 0]] {
            assert_eq!(take(bytes, OCTET_STRING), None, "{bytes:?}");
        }
    }

    #[test]
    fn values_have_tag_and_length() {
        assert_eq!(value(OCTET_STRING, b"ab"), [4, 2, b'a', b'b']);
        assert_eq!(value(OCTET_STRING, &[7; 200])[..3], [4, 0x81, 200]);
        assert_eq!(value(OCTET_STRING, &[7; 300])[..4], [4, 0x82, 1, 44]);
        assert_eq!(
            (integer(&[0, 0]), integer(&[0, 0x80]), integer(&[5])),
            (vec![2, 1, 0], vec![2, 2, 0, 0x80], vec![2, 1, 5])
        );
        assert_eq!(bits(&[1]), [3, 2, 0, 1]);
        assert_eq!(pem("X", b"abc"), "-----BEGIN X-----\nYWJj\n-----END X-----\n");
    }
}
