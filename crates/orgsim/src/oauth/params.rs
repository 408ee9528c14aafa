//! Parameters of forms and URLs.

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded;

/// The parameters of a request in the order given.
#[derive(Clone, Debug, Default)]
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    pub(super) fn read(form: &[u8], query: &str) -> Self {
        let (form, query) = (form_urlencoded::parse(form), form_urlencoded::parse(query.as_bytes()));
        Self(form.into_owned().chain(query.into_owned()).collect())
    }

    /// Reads a form whose type the headers tell. Some clients send theirs in parts, as if it held files.
    pub(super) fn read_form(headers: &HeaderMap, form: &[u8], query: &str) -> Self {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let boundary = kind.strip_prefix("multipart/form-data").and_then(|rest| rest.split_once("boundary="));
        let Some((_, boundary)) = boundary else {
            return Self::read(form, query);
        };
        let boundary = boundary.split(';').next().unwrap_or_default().trim().trim_matches('"');
        let text = String::from_utf8_lossy(form);
        let delimiter = format!("--{boundary}");
        let parts = text.split(&delimiter).filter_map(read_part);
        Self(parts.chain(form_urlencoded::parse(query.as_bytes()).into_owned()).collect())
    }

    /// Returns the first value of that name. An empty one counts as none.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }
}

/// Reads name and value of a part of a form.
fn read_part(part: &str) -> Option<(String, String)> {
    let (head, value) = part.split_once("\r\n\r\n")?;
    let (_, name) = head.split_once("; name=\"")?;
    let (name, _) = name.split_once('"')?;
    Some((name.to_owned(), value.strip_suffix("\r\n").unwrap_or(value).to_owned()))
}

/// Reads name and password of HTTP Basic. Both are form-encoded first (RFC 6749, section 2.3.1).
pub(super) fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (name, password) = text.split_once(':')?;
    Some((form_decode(name), form_decode(password)))
}

fn form_decode(text: &str) -> String {
    // A name without `=` and `&` is one pair whose value is empty.
    let pair = text.replace('=', "%3D").replace('&', "%26");
    form_urlencoded::parse(pair.as_bytes()).next().map(|(text, _)| text.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::{Params, basic};

    #[test]
    fn forms_come_before_urls_and_empty_means_none() {
        let params = Params::read(b"a=1&b=", "a=2&c=x%20y+z");

        assert_eq!((params.get("a"), params.get("b"), params.get("c")), (Some("1"), None, Some("x y z")));
    }

    #[test]
    fn forms_in_parts_are_read() {
        let mut headers = HeaderMap::new();
        let kind = HeaderValue::from_static("multipart/form-data; boundary=--x");
        headers.insert(header::CONTENT_TYPE, kind);
        let part = |name: &str, value: &str| {
            format!("----x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let form = format!("{}{}----x--\r\n", part("a", "1"), part("b", "x y"));

        let params = Params::read_form(&headers, form.as_bytes(), "c=3");

        assert_eq!([params.get("a"), params.get("b"), params.get("c")], [Some("1"), Some("x y"), Some("3")]);
    }

    #[test]
    fn basic_is_read() {
        let mut headers = HeaderMap::new();
        for (value, password) in [("Basic YTpiOmM=", "b:c"), ("basic YTpiJTNBPWM=", "b:=c")] {
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static(value));

            assert_eq!(basic(&headers), Some(("a".to_owned(), password.to_owned())));
        }
    }
}
