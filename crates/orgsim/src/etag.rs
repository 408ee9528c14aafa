//! Entity tags: marks by which clients tell whether what they know is still so.

use ring::digest;

/// Returns the mark of a content, without quotes.
pub(crate) fn of(content: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, content);
    digest.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
