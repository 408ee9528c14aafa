//! Paths that an org hands out.

use std::fmt;

use super::InstanceUrl;

/// The path of an address that an org handed out, such as `nextRecordsUrl`.
///
/// Only the path is kept and it begins with `/services/`, so that no answer can send a token elsewhere.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServicePath(String);

/// An address that leads to another host, or outside `/services/`. The address is left out of the message.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the org handed out an address that is not below its own /services/")]
pub struct ForeignUrl;

impl ServicePath {
    /// Reads a path, or an address whose origin is that of the org.
    pub fn parse(text: &str, instance_url: &InstanceUrl) -> Result<Self, ForeignUrl> {
        let path = text.strip_prefix(instance_url.origin()).unwrap_or(text);
        let is_safe = path.starts_with("/services/")
            && path.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#'))
            && !path.split(['/', '?']).any(is_dots);
        if is_safe { Ok(Self(path.into())) } else { Err(ForeignUrl) }
    }

    /// The path, with its query where it has one.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a segment would climb out of the path, also where its dots are percent-encoded.
fn is_dots(segment: &str) -> bool {
    let dots = segment.to_ascii_lowercase().replace("%2e", ".");
    matches!(dots.as_str(), "." | "..")
}

impl fmt::Display for ServicePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
