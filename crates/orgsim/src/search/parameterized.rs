//! Searches without SOSL (REST API Developer Guide, Search with Parameterized Search).

use axum::http::Method;
use axum::response::Response;

use super::{context, refuse, respond};
use crate::errors::ApiError;
use crate::http::Call;
use crate::json::{Data, Node};
use crate::soql::{self, Terms};

/// What a client asks for, from the URL or the body.
#[derive(Clone, Debug, Default)]
struct Wanted {
    q: String,
    group: Option<String>,
    /// The fields of all sObjects that name none of their own.
    fields: Vec<String>,
    sobjects: Vec<WantedSObject>,
    overall_limit: Option<u64>,
    default_limit: Option<u64>,
    has_labels: bool,
}

#[derive(Clone, Debug, Default)]
struct WantedSObject {
    name: String,
    fields: Vec<String>,
    condition: Option<String>,
    order: Option<String>,
    limit: Option<u64>,
}

/// Answers `GET` and `POST /parameterizedSearch`.
pub(super) fn answer(call: &Call) -> Result<Response, ApiError> {
    /// The version that brought this resource.
    const SINCE: u16 = 360;
    if call.version < SINCE {
        return Err(ApiError::not_found());
    }
    let wanted = match call.method {
        Method::GET | Method::HEAD => read_params(call)?,
        Method::POST => read_body(&call.json()?)?,
        _ => return Err(ApiError::method_not_allowed(call.method.as_str(), "GET,HEAD,POST")),
    };
    if wanted.q.trim().is_empty() {
        return Err(ApiError::bad_request("MISSING_ARGUMENT", "Missing required argument: q"));
    }
    if !wanted.fields.is_empty() && wanted.sobjects.is_empty() {
        let message = "At least one sObject must be specified when fields are";
        return Err(ApiError::bad_request("INVALID_SEARCH", message));
    }
    let terms = Terms::parse_plain(&wanted.q).map_err(refuse)?;
    let text = wanted.to_sosl()?;
    let search = soql::prepare_search_for(call.app.org.schema(), &text, terms, &context(call));
    Ok(respond(call, &search.map_err(refuse)?))
}

impl Wanted {
    /// Words the search as a statement, but for what is searched for.
    fn to_sosl(&self) -> Result<String, ApiError> {
        let group = self.group.as_deref().unwrap_or("ALL");
        let mut text = format!("FIND {{any}} IN {group} FIELDS");
        for (at, sobject) in self.sobjects.iter().enumerate() {
            text.push_str(if at == 0 { " RETURNING " } else { ", " });
            let fields = if sobject.fields.is_empty() { &self.fields } else { &sobject.fields };
            let fields = if fields.is_empty() { "Id".to_owned() } else { fields.join(", ") };
            text.push_str(&format!("{}({fields}", sobject.name));
            if let Some(condition) = &sobject.condition {
                text.push_str(&format!(" WHERE {condition}"));
            }
            if let Some(order) = &sobject.order {
                text.push_str(&format!(" ORDER BY {order}"));
            }
            if let Some(limit) = sobject.limit.or(self.default_limit) {
                text.push_str(&format!(" LIMIT {limit}"));
            }
            text.push(')');
        }
        if self.has_labels {
            text.push_str(" WITH METADATA = 'LABELS'");
        }
        if let Some(limit) = self.overall_limit {
            text.push_str(&format!(" LIMIT {limit}"));
        }
        Ok(text)
    }
}

fn read_params(call: &Call) -> Result<Wanted, ApiError> {
    let text = |name: &str| call.param(name).map(str::to_owned);
    let number = |name: &str| call.param(name).map(|text| read_number(name, text)).transpose();
    let own = |sobject: &str, name: &str| {
        let key = format!("{sobject}.{name}");
        call.params.iter().find(|(param, _)| param.eq_ignore_ascii_case(&key)).map(|(_, value)| value.clone())
    };
    let named = call.params.iter().filter(|(name, _)| name == "sobject").flat_map(|(_, names)| list(names));
    let mut sobjects = Vec::new();
    for name in named {
        let limit = own(&name, "limit").map(|text| read_number("limit", &text)).transpose()?;
        sobjects.push(WantedSObject {
            fields: own(&name, "fields").map(|fields| list(&fields)).unwrap_or_default(),
            condition: own(&name, "where"),
            order: own(&name, "orderBy"),
            limit,
            name,
        });
    }
    Ok(Wanted {
        q: text("q").unwrap_or_default(),
        group: text("in"),
        fields: text("fields").map(|fields| list(&fields)).unwrap_or_default(),
        sobjects,
        overall_limit: number("overallLimit")?,
        default_limit: number("defaultLimit")?,
        has_labels: call.param("metadata").is_some_and(|kind| kind.eq_ignore_ascii_case("LABELS")),
    })
}

fn read_body(body: &Node) -> Result<Wanted, ApiError> {
    let mut sobjects = Vec::new();
    for sobject in body.get("sobjects").and_then(Node::items).unwrap_or_default() {
        let name = sobject.get("name").and_then(Node::as_str);
        let name = name.ok_or_else(|| {
            ApiError::bad_request("MISSING_ARGUMENT", "Every sObject of a search must have a name")
        })?;
        sobjects.push(WantedSObject {
            name: name.to_owned(),
            fields: texts(sobject, "fields"),
            condition: text(sobject, "where"),
            order: text(sobject, "orderBy"),
            limit: number(sobject, "limit")?,
        });
    }
    Ok(Wanted {
        q: text(body, "q").unwrap_or_default(),
        group: text(body, "in"),
        fields: texts(body, "fields"),
        sobjects,
        overall_limit: number(body, "overallLimit")?,
        default_limit: number(body, "defaultLimit")?,
        has_labels: text(body, "metadata").is_some_and(|kind| kind.eq_ignore_ascii_case("LABELS")),
    })
}

fn text(node: &Node, name: &str) -> Option<String> {
    node.get(name).and_then(Node::as_str).map(str::to_owned).filter(|text| !text.trim().is_empty())
}

fn texts(node: &Node, name: &str) -> Vec<String> {
    let items = node.get(name).and_then(Node::items).unwrap_or_default();
    items.iter().filter_map(Node::as_str).map(str::to_owned).collect()
}

fn number(node: &Node, name: &str) -> Result<Option<u64>, ApiError> {
    match node.get(name).map(|node| &node.value) {
        None | Some(Data::Null) => Ok(None),
        Some(Data::Number(text) | Data::Text(text)) => read_number(name, text).map(Some),
        Some(_) => read_number(name, "").map(Some),
    }
}

fn read_number(name: &str, text: &str) -> Result<u64, ApiError> {
    let wrong = |_| ApiError::bad_request("INVALID_SEARCH", format!("{name} must be a positive number"));
    text.trim().parse().map_err(wrong)
}

fn list(names: &str) -> Vec<String> {
    names.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}
