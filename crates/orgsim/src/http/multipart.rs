//! Requests of several parts: a job and its content in one, a record and its file.

/// A part of a request.
#[derive(Debug, PartialEq)]
pub(crate) struct Part<'a> {
    pub(crate) name: String,
    /// Whether its type is JSON, or not said where no file is named.
    pub(crate) is_json: bool,
    pub(crate) body: &'a [u8],
}

/// Returns what stands between the parts, if there are any.
pub(crate) fn boundary(content_type: &str) -> Option<String> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let value = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"').to_owned())
    })?;
    (!value.is_empty()).then_some(value)
}

/// Splits a body into its parts.
pub(crate) fn split<'a>(body: &'a [u8], boundary: &str) -> Vec<Part<'a>> {
    let marker = format!("--{boundary}");
    let mut parts = Vec::new();
    let mut starts = memchr::memmem::find_iter(body, &marker).peekable();
    while let Some(start) = starts.next() {
        let Some(end) = starts.peek() else { break };
        let section = &body[start + marker.len()..*end];
        parts.extend(read_part(section));
    }
    parts
}

fn read_part(section: &[u8]) -> Option<Part<'_>> {
    let section = trim_break(section);
    // Some clients end lines with a line feed alone.
    let (at, length) = memchr::memmem::find(section, b"\r\n\r\n")
        .map(|at| (at, 4))
        .or_else(|| memchr::memmem::find(section, b"\n\n").map(|at| (at, 2)))?;
    let headers = String::from_utf8_lossy(&section[..at]);
    let disposition = headers.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    let kind = headers.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-type").then_some(value)
    });
    let is_json = kind.map_or(!disposition.contains("filename"), |kind| kind.contains("json"));
    let name = disposition.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("name").then(|| value.trim().trim_matches('"').to_owned())
    })?;
    let body = &section[at + length..];
    let body = body.strip_suffix(b"\r\n").or_else(|| body.strip_suffix(b"\n")).unwrap_or(body);
    Some(Part { name, is_json, body })
}

fn trim_break(section: &[u8]) -> &[u8] {
    section.strip_prefix(b"\r\n").or_else(|| section.strip_prefix(b"\n")).unwrap_or(section)
}

#[cfg(test)]
mod tests {
    use super::{boundary, split};

    #[test]
    fn parts_are_found_by_their_names() {
        let boundary = boundary("multipart/form-data; boundary=\"x-1\"").unwrap();
        let body = b"--x-1\r\nContent-Disposition: form-data; name=\"job\"\r\nContent-Type: application/json\r\n\r\n{}\r\n\
                     --x-1\r\nContent-Disposition: form-data; name=\"content\"; filename=\"content\"\r\n\r\nName\nA\n\r\n--x-1--\r\n";

        let parts = split(body, &boundary);

        assert_eq!((parts[0].name.as_str(), parts[0].body), ("job", b"{}".as_slice()));
        assert_eq!((parts[1].name.as_str(), parts[1].body), ("content", b"Name\nA\n".as_slice()));
        assert_eq!(parts.len(), 2);
        assert_eq!(super::boundary("application/json"), None);
    }
}
