//! SOSL: finding records by words in their fields.

use std::sync::Arc;

use super::ast::Statement;
use super::parser::parse_search;
use super::terms::{Terms, Text};
use super::{Context, Query, SoqlError, bind};
use crate::org::{OrgView, Row};
use crate::rights::Rights;
use crate::schema::{Field, FieldKind, SObject, Schema};
use crate::value::Value;

/// The most records that a search returns (SOQL and SOSL Reference, SOSL Limits on Search Results).
pub const MAX_FOUND: usize = 2_000;

/// In sObjects with more records than this, `ALL FIELDS` are names, addresses, numbers and keys: going through a
/// million long texts would take minutes.
const MANY_RECORDS: usize = 100_000;

/// Which fields are searched.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum SearchGroup {
    All,
    Name,
    Email,
    Phone,
    Sidebar,
}

impl SearchGroup {
    /// Finds a group by its word.
    pub(super) fn find(word: &str) -> Option<Self> {
        let groups = [
            ("ALL", Self::All),
            ("NAME", Self::Name),
            ("EMAIL", Self::Email),
            ("PHONE", Self::Phone),
            ("SIDEBAR", Self::Sidebar),
        ];
        groups.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, group)| group)
    }

    fn has(self, field: &Field, is_large: bool) -> bool {
        let (is_email, is_phone) = (field.kind == FieldKind::Email, field.kind == FieldKind::Phone);
        let is_name =
            field.name_field || matches!(field.name.as_str(), "FirstName" | "MiddleName" | "LastName");
        let is_key = field.external_id || field.auto_number || field.unique;
        match self {
            Self::Name => is_name,
            Self::Email => is_email,
            Self::Phone => is_phone,
            Self::Sidebar => is_name || is_email || is_phone || is_key,
            Self::All if is_large => is_name || is_email || is_phone || is_key,
            Self::All => {
                let is_hidden = matches!(
                    field.kind,
                    FieldKind::Picklist | FieldKind::Multipicklist | FieldKind::EncryptedString
                );
                field.kind.is_text() && !is_hidden
            }
        }
    }
}

/// What a search says in `WITH`, as far as it matters here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum SearchWith {
    SpellCorrection,
    Labels,
}

/// A statement as it was read.
#[derive(Clone, Debug)]
pub(super) struct SearchStatement {
    pub(super) terms: Terms,
    pub(super) group: SearchGroup,
    pub(super) returning: Vec<Statement>,
    pub(super) with: Vec<SearchWith>,
    pub(super) limit: Option<u64>,
}

/// A checked search, ready to run.
#[derive(Clone, Debug)]
pub struct Search {
    terms: Terms,
    group: SearchGroup,
    /// A query of each sObject, in the order of the result.
    queries: Vec<Query>,
    /// What the running user may do: fields that are hidden are not searched.
    rights: Arc<Rights>,
    limit: usize,
    /// Whether labels of fields are told along with the records.
    pub has_labels: bool,
}

/// Reads a search and checks it against the schema and Salesforce's rules.
pub fn prepare_search(schema: &'static Schema, text: &str, context: &Context) -> Result<Search, SoqlError> {
    bind_search(schema, text, parse_search(text)?, context)
}

/// The same with other terms than those between the braces.
pub fn prepare_search_for(
    schema: &'static Schema,
    text: &str,
    terms: Terms,
    context: &Context,
) -> Result<Search, SoqlError> {
    bind_search(schema, text, SearchStatement { terms, ..parse_search(text)? }, context)
}

fn bind_search(
    schema: &'static Schema,
    text: &str,
    mut statement: SearchStatement,
    context: &Context,
) -> Result<Search, SoqlError> {
    if statement.returning.is_empty() {
        let names = schema
            .sobjects()
            .iter()
            .filter(|sobject| sobject.abilities.searchable && context.rights.may_read(sobject));
        let all: Vec<&str> = names.map(|sobject| sobject.name.as_str()).collect();
        statement.returning = parse_search(&format!("FIND {{all}} RETURNING {}", all.join(", ")))?.returning;
    }
    let mut queries = Vec::new();
    for returned in &statement.returning {
        let query = bind::bind(schema, text, returned, context).map_err(|error| match error.code {
            "MALFORMED_QUERY" => SoqlError { code: "MALFORMED_SEARCH", ..error },
            _ => error,
        })?;
        if query.is_count() || query.is_grouped() {
            let message = "Aggregate functions are not allowed in SOSL";
            return Err(SoqlError::new("MALFORMED_SEARCH", message));
        }
        if !query.sobject().abilities.searchable {
            let message = format!("entity type {} does not support search", query.sobject().name);
            return Err(SoqlError::new("INVALID_TYPE_FOR_OPERATION", message));
        }
        queries.push(query);
    }
    let limit = statement.limit.map_or(MAX_FOUND, |limit| usize::try_from(limit).unwrap_or(MAX_FOUND));
    Ok(Search {
        terms: statement.terms,
        group: statement.group,
        queries,
        rights: Arc::clone(&context.rights),
        limit: limit.min(MAX_FOUND),
        has_labels: statement.with.contains(&SearchWith::Labels),
    })
}

impl Search {
    /// Returns the records found, by query. Without ORDER BY those of one query come by id, and no more is looked at
    /// once there are enough.
    pub fn run(&self, view: &OrgView<'_>) -> Vec<(&Query, Vec<Row>)> {
        let mut left = self.limit;
        let mut found = Vec::new();
        for query in &self.queries {
            let fields = self.list_fields(view, query.sobject());
            let matches = |row: &Row| self.matches(view, query.sobject(), &fields, row);
            let rows = if left == 0 || fields.is_empty() {
                Vec::new()
            } else {
                query.select_rows_that(view, matches, left)
            };
            left -= rows.len();
            found.push((query, rows));
        }
        found
    }

    fn list_fields(&self, view: &OrgView<'_>, sobject: &'static SObject) -> Vec<&'static Field> {
        let is_large = view.row_count(sobject) > MANY_RECORDS;
        let fields = sobject.fields.iter().filter(|field| self.group.has(field, is_large));
        fields.filter(|field| self.rights.may_read_field(sobject, field)).collect()
    }

    fn matches(
        &self,
        view: &OrgView<'_>,
        sobject: &'static SObject,
        fields: &[&'static Field],
        row: &Row,
    ) -> bool {
        let mut texts: Vec<Option<Text>> = vec![None; fields.len()];
        self.terms.hold(&mut |leaf| {
            fields.iter().zip(&mut texts).any(|(field, text)| {
                let text = text.get_or_insert_with(|| match view.value(sobject, row, field) {
                    Value::Text(value) => Text::new(&value, field.kind == FieldKind::Phone),
                    _ => Text::default(),
                });
                leaf.is_in(text)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::parse_search;

    const STATEMENT: &str = "FIND {(a?b* OR \"c d\") AND NOT e\\*} IN NAME FIELDS RETURNING Account(Id, Name WHERE \
                             Name LIKE 'x%' ORDER BY Name DESC LIMIT 5 OFFSET 2), Contact WITH METADATA = 'LABELS' LIMIT 9";

    #[test]
    fn a_statement_is_read_whole() {
        let statement = parse_search(STATEMENT).unwrap();

        assert_eq!((statement.returning.len(), statement.with.len(), statement.limit), (2, 1, Some(9)));
    }

    proptest! {
        #[test]
        fn any_statement_is_read_or_refused(
            any in any::<String>(),
            from in 0..STATEMENT.len(),
            length in 0_usize..12,
            put in "[{}()\"'\\\\*?,.=a1 \u{4eac}]{0,4}",
        ) {
            let end = (from + length).min(STATEMENT.len());
            let mutated = [&STATEMENT[..from], &put, &STATEMENT[end..]].concat();
            for statement in [&any, &mutated, &format!("FIND {any}"), &format!("FIND {{{any}}}")] {
                let _ = parse_search(statement);
            }
        }
    }
}
