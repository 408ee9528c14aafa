//! Chance: the letters of tokens and secrets, and UUIDs.

use ring::rand::{SecureRandom, SystemRandom};

const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Returns that many random letters and digits.
pub(crate) fn letters(count: usize) -> String {
    let random = SystemRandom::new();
    let mut text = String::with_capacity(count);
    let mut bytes = [0_u8; 64];
    while text.len() < count {
        random.fill(&mut bytes).expect("the operating system has random bytes");
        // Bytes from 248 up are thrown away, so that every letter is as likely as the others.
        let fair =
            bytes.iter().filter(|byte| **byte < 248).map(|byte| char::from(LETTERS[usize::from(byte % 62)]));
        text.extend(fair.take(count - text.len()));
    }
    text
}

/// Returns a random UUID (RFC 9562, version 4).
pub(crate) fn uuid() -> String {
    let mut bytes = [0_u8; 16];
    SystemRandom::new().fill(&mut bytes).expect("the operating system has random bytes");
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = |range: std::ops::Range<usize>| {
        bytes[range].iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
    };
    [hex(0..4), hex(4..6), hex(6..8), hex(8..10), hex(10..16)].join("-")
}

/// Compares secrets in a time that does not tell where they differ.
pub(crate) fn same_secret(given: &str, expected: &str) -> bool {
    // Both sides are hashed first, so that not even the length shows.
    let digest = |text: &str| ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    let (given, expected) = (digest(given), digest(expected));
    let difference = given.as_ref().iter().zip(expected.as_ref()).fold(0, |all, (a, b)| all | (a ^ b));
    std::hint::black_box(difference) == 0
}

#[cfg(test)]
mod tests {
    use super::{letters, same_secret};

    #[test]
    fn letters_are_as_many_as_asked_and_differ() {
        assert_eq!(letters(100).len(), 100);
        assert_ne!(letters(20), letters(20));
        assert!(letters(200).bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }

    #[test]
    fn only_equal_secrets_are_the_same() {
        assert!(same_secret("abc", "abc"));
        assert!(!same_secret("abc", "abcd"));
        assert!(!same_secret("", "abc"));
    }
}
