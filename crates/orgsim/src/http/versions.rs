//! The API versions of the org.

use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value as Json, json};

use crate::errors::{ApiError, json_response};

/// The oldest version that still answers (Release Notes Summer '25 retired 30.0 and older).
const FIRST: u16 = 31;

/// The newest version the org knows: Winter '27.
const LAST: u16 = 68;

/// The newest version times ten.
pub(crate) const NEWEST: u16 = LAST * 10;

/// The oldest version that ever was for REST clients to ask for; between it and [`FIRST`] all are retired.
const FIRST_RETIRED: u16 = 7;

/// Answers `GET /services/data/`, which needs no sign-in.
pub(crate) fn list(method: &Method) -> Response {
    if *method != Method::GET && *method != Method::HEAD {
        return ApiError::method_not_allowed(method.as_str(), "HEAD,GET").into_response();
    }
    let versions: Vec<Json> = (FIRST..=LAST)
        .map(|number| {
            let version = to_text(number * 10);
            json!({ "label": label(number), "url": format!("/services/data/v{version}"), "version": version })
        })
        .collect();
    json_response(StatusCode::OK, &Json::Array(versions))
}

/// Reads the version of a path, `v66.0`, into the version times ten.
pub(crate) fn parse(segment: &str) -> Result<u16, ApiError> {
    let number = segment.strip_prefix(['v', 'V']).and_then(|text| text.strip_suffix(".0"));
    let number = number.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    match number.and_then(|text| text.parse::<u16>().ok()) {
        Some(number @ FIRST..=LAST) => Ok(number * 10),
        Some(number @ FIRST_RETIRED..FIRST) => {
            let message = format!("The requested API version v{number}.0 has been retired");
            Err(ApiError::new(StatusCode::GONE, "UNSUPPORTED_API_VERSION", message))
        }
        _ => Err(ApiError::not_found()),
    }
}

/// Reads the number of a version as SOAP paths have it, `66.0`, into the version times ten.
pub(crate) fn parse_number(text: &str) -> Option<u16> {
    let number = text.strip_suffix(".0").unwrap_or(text);
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    let number: u16 = number.parse().ok().filter(|_| is_number)?;
    (FIRST..=LAST).contains(&number).then(|| number * 10)
}

/// Writes a version times ten as paths and answers have it.
pub(crate) fn to_text(version: u16) -> String {
    format!("{}.{}", version / 10, version % 10)
}

/// Names a release: three a year, winter belonging to the year that follows.
fn label(number: u16) -> String {
    let since_summer_14 = number - 31;
    let season = ["Summer", "Winter", "Spring"][usize::from(since_summer_14 % 3)];
    format!("{season} '{}", 14 + since_summer_14.div_ceil(3))
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::{label, parse};

    #[test]
    fn releases_have_their_names() {
        let cases = [
            (31, "Summer '14"),
            (32, "Winter '15"),
            (60, "Spring '24"),
            (66, "Spring '26"),
            (68, "Winter '27"),
        ];
        for (number, expected) in cases {
            assert_eq!(label(number), expected);
        }
    }

    #[test]
    fn versions_are_current_retired_or_unknown() {
        assert_eq!(parse("v66.0"), Ok(660));
        for (text, status) in [
            ("v30.0", StatusCode::GONE),
            ("v7.0", StatusCode::GONE),
            ("v69.0", StatusCode::NOT_FOUND),
            ("v66", StatusCode::NOT_FOUND),
            ("v66.1", StatusCode::NOT_FOUND),
            ("v+66.0", StatusCode::NOT_FOUND),
        ] {
            assert_eq!(parse(text).unwrap_err().status, status, "{text}");
        }
    }
}
