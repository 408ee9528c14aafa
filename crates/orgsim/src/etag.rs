//! Entity tags: marks by which clients tell whether what they know is still so (REST API Developer Guide, Conditional Requests).

use ring::digest;

/// Returns the mark of a content, in the quotes that headers have it in.
pub(crate) fn of(content: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, content);
    let hex: String = digest.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
}

/// Returns whether `If-Match` or `If-None-Match` names a mark: `*` names all of them. Marks of compressed answers end with what
/// they were compressed by, which changes nothing.
pub(crate) fn is_named(header: &str, etag: &str) -> bool {
    let bare = |text: &str| {
        let text = text.trim().trim_start_matches("W/").replace("--gzip", "");
        text.trim_matches('"').to_owned()
    };
    header.split(',').any(|named| named.trim() == "*" || bare(named) == bare(etag))
}

#[cfg(test)]
mod tests {
    use super::{is_named, of};

    #[test]
    fn marks_are_compared_without_what_surrounds_them() {
        let etag = of(b"a");
        let bare = etag.trim_matches('"');

        for header in ["*", &etag, bare, &format!("W/{etag}"), &format!("\"x\", \"{bare}--gzip\"")] {
            assert!(is_named(header, &etag), "{header}");
        }
        assert!(!is_named("\"x\"", &etag) && !is_named("", &etag) && of(b"b") != etag);
    }
}
