//! Records whose names begin as a user types (REST API Developer Guide, Search Suggested Records).

use axum::http::StatusCode;
use axum::response::Response;

use super::{context, refuse, write_records};
use crate::errors::{ApiError, json_bytes};
use crate::http::Call;
use crate::soql::{self, Terms};

/// How many records are suggested where the caller does not say.
const DEFAULT_ROWS: usize = 5;

/// The fewest letters to suggest for.
const MIN_LETTERS: usize = 3;

/// Answers `GET /search/suggestions?q=&sobject=`.
pub(super) fn answer(call: &Call) -> Result<Response, ApiError> {
    /// The version that brought this resource.
    const SINCE: u16 = 320;
    if call.version < SINCE {
        return Err(ApiError::not_found());
    }
    let required = |name: &str| {
        let missing =
            || ApiError::bad_request("MISSING_ARGUMENT", format!("Missing required argument: {name}"));
        call.param(name).map(str::trim).filter(|text| !text.is_empty()).ok_or_else(missing)
    };
    let (q, sobjects) = (required("q")?, required("sobject")?);
    let letters = q.chars().filter(|letter| letter.is_alphanumeric()).count();
    if q.is_ascii() && letters < MIN_LETTERS {
        let message = format!("The search text must have at least {MIN_LETTERS} characters");
        return Err(ApiError::bad_request("MALFORMED_SEARCH", message));
    }
    let most = call.param("limit").and_then(|text| text.parse().ok()).unwrap_or(DEFAULT_ROWS);
    let condition = call.param("where").map(|condition| format!(" WHERE {condition}")).unwrap_or_default();
    let mut returned = Vec::new();
    for name in sobjects.split(',').map(str::trim) {
        let sobject = call.find_sobject(name).ok_or_else(|| ApiError::unknown_sobject(name))?;
        let mut fields = vec!["Id"];
        fields.extend(sobject.name_field().map(|field| field.name.as_str()));
        let more = call.param("fields").unwrap_or_default().split(',').map(str::trim);
        fields.extend(more.filter(|field| !field.is_empty()));
        fields.dedup_by(|one, other| one.eq_ignore_ascii_case(other));
        returned.push(format!("{}({}{condition})", sobject.name, fields.join(", ")));
    }
    // One more than wanted tells whether there are more.
    let text = format!(
        "FIND {{any}} IN NAME FIELDS RETURNING {} LIMIT {}",
        returned.join(", "),
        most.saturating_add(1)
    );
    let terms = Terms::parse_plain(&format!("{}*", q.trim_end_matches('*'))).map_err(refuse)?;
    let search =
        soql::prepare_search_for(call.app.org.schema(), &text, terms, &context(call)).map_err(refuse)?;
    let view = call.app.org.read_visible();
    let (mut left, mut has_more) = (most, false);
    let mut body = Vec::new();
    for (query, rows) in search.run(&view) {
        has_more |= rows.len() > left;
        let shown = &rows[..rows.len().min(left)];
        left -= shown.len();
        write_records(query, &view, shown, &mut body);
    }
    let mut answer = b"{\"autoSuggestResults\":[".to_vec();
    answer.append(&mut body);
    answer.extend_from_slice(format!("],\"hasMoreResults\":{has_more}}}").as_bytes());
    Ok(json_bytes(StatusCode::OK, answer))
}
