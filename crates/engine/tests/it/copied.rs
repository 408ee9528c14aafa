//! The copy read by SQL, and what it should hold, read from the simulated org's own records.
//!
//! Both sides are brought to one spelling: a letter for what a value is, and its text.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{DateTime, SecondsFormat};
use orgsim::Rights;
use orgsim::TimeZone;
use orgsim::org::{OrgView, Row};
use orgsim::schema::{Api, Field, FieldKind, SObject};
use orgsim::soql::{Context, Locale, prepare};
use orgsim::value::Value;
use rust_decimal::Decimal;

use crate::rules::Rule;
use crate::test_database::TestDatabase;
use crate::test_org::TestOrg;

/// The cells of live records, by record id and column.
pub(crate) type Cells = BTreeMap<String, BTreeMap<String, String>>;

/// What the copy should hold of a rule's records.
pub(crate) fn expected(org: &TestOrg, rule: &Rule) -> Cells {
    let sobject = org.sobject(rule.sobject);
    let view = org.simulator.org().read();
    let rows = kept_rows(org, &view, rule);
    let fields = copied_fields(sobject, rule);
    rows.iter().map(|row| (view.id(row).to_string(), expected_cells(&view, sobject, row, &fields))).collect()
}

/// What the copy holds of a rule's records.
pub(crate) async fn found(database: &TestDatabase, slug: &str, org: &TestOrg, rule: &Rule) -> Cells {
    let columns = expected_columns(org.sobject(rule.sobject), rule);
    let selected: Vec<String> = columns.iter().map(|(name, kind)| selected(database, name, *kind)).collect();
    let sql = format!(
        "select \"id\", {} from {} where \"_gone_at\" is null",
        selected.join(", "),
        database.records(slug, rule.sobject)
    );
    let rows = database.rows(&sql).await;
    let cell = |((name, kind), text): (&(String, FieldKind), &Option<String>)| {
        (name.clone(), spell(text.as_deref(), *kind))
    };
    rows.iter()
        .map(|row| (row[0].clone().unwrap(), columns.iter().zip(&row[1..]).map(cell).collect()))
        .collect()
}

/// Fails with the first differences.
pub(crate) fn assert_same(found: &Cells, expected: &Cells) {
    let missing: Vec<_> = expected.keys().filter(|id| !found.contains_key(*id)).collect();
    let extra: Vec<_> = found.keys().filter(|id| !expected.contains_key(*id)).collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "{} records missing ({:?}), {} too many ({:?})",
        missing.len(),
        missing.first(),
        extra.len(),
        extra.first()
    );
    let different = expected.iter().flat_map(|(id, cells)| {
        let found = &found[id];
        cells.iter().filter(|(name, cell)| found.get(*name) != Some(cell)).map(move |(name, cell)| {
            format!("{id} {name}: {:.200?} is stored as {:.200?}", cell, found.get(name))
        })
    });
    let different: Vec<String> = different.take(5).collect();
    assert!(different.is_empty(), "{different:#?}");
}

/// The columns that the fields of a rule have, beside the id.
pub(crate) fn column_names(org: &TestOrg, rule: &Rule) -> BTreeSet<String> {
    expected_columns(org.sobject(rule.sobject), rule).into_iter().map(|(name, _)| name).collect()
}

/// Fails with the first differences between a CSV file and what it should hold.
pub(crate) fn assert_csv_holds(path: &Path, expected: &Cells) {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let header = reader.headers().unwrap().clone();
    // The type of a polymorphic lookup has the name of its path there.
    let names: Vec<String> =
        header.iter().map(|name| name.to_ascii_lowercase().replace(".type", "id_type")).collect();
    let mut found = Cells::new();
    for record in reader.records().map(Result::unwrap) {
        let cells = names.iter().cloned().zip(record.iter().map(str::to_owned)).collect();
        assert_eq!(found.insert(record[0].to_owned(), cells), None, "a record stands twice");
    }
    let texts = |(id, cells): (&String, &BTreeMap<String, String>)| {
        let texts = cells.iter().map(|(name, cell)| (name.clone(), csv_text(cell)));
        (id.clone(), texts.chain([("id".to_owned(), id.clone())]).collect())
    };
    assert_same(&found, &expected.iter().map(texts).collect());
}

/// The text that a CSV file holds of a cell.
fn csv_text(cell: &str) -> String {
    match cell.split_at(1) {
        ("i", ms) => DateTime::from_timestamp_millis(ms.parse().unwrap())
            .unwrap()
            .to_rfc3339_opts(SecondsFormat::Millis, true),
        (_, text) => text.to_owned(),
    }
}

pub(crate) fn kept_rows(org: &TestOrg, view: &OrgView<'_>, rule: &Rule) -> Vec<Row> {
    let condition = rule.condition.map(|condition| format!(" WHERE {condition}")).unwrap_or_default();
    let context = Context {
        user_id: org.simulator.org().user_id(),
        rights: Rights::unlimited(org.simulator.org().user_id()),
        now_ms: org.now_ms(),
        time_zone: TimeZone::UTC,
        locale: Locale::find("en_US"),
        fiscal_start: 1,
        api: Api::Data,
        api_version: 660,
        // Archived activities are there, too.
        include_deleted: true,
        bulk: false,
    };
    let query = prepare(view.schema(), &format!("SELECT Id FROM {}{condition}", rule.sobject), &context);
    let rows = query.unwrap().select_rows(view);
    rows.into_iter().filter(|row| !view.is_deleted(row)).collect()
}

/// A field is copied unless other fields make it up, or it is binary. The stamp always is.
pub(crate) fn copied_fields(sobject: &'static SObject, rule: &Rule) -> Vec<&'static Field> {
    let is_made_up = |field: &Field| {
        field.is_compound()
            || sobject
                .fields
                .iter()
                .any(|part| part.name != field.name && part.compound.as_deref() == Some(field.name.as_str()))
    };
    let is_selected = |field: &Field| match rule.fields {
        None => true,
        Some(names) => field.name == "SystemModstamp" || names.contains(&field.name.as_str()),
    };
    let is_copied = |field: &&Field| {
        is_selected(field)
            && !field.is_gone()
            && !is_made_up(field)
            && !matches!(field.kind, FieldKind::Id | FieldKind::Base64)
    };
    sobject.fields.iter().filter(is_copied).collect()
}

pub(crate) fn expected_columns(sobject: &'static SObject, rule: &Rule) -> Vec<(String, FieldKind)> {
    let columns = copied_fields(sobject, rule).into_iter().flat_map(|field| {
        let own = (field.name.to_ascii_lowercase(), field.kind);
        [Some(own), type_column(field).map(|name| (name, FieldKind::String))].into_iter().flatten()
    });
    columns.collect()
}

fn type_column(field: &Field) -> Option<String> {
    let walks = field.is_polymorphic() && field.relationship_name.is_some();
    walks.then(|| format!("{}_type", field.name.to_ascii_lowercase()))
}

pub(crate) fn expected_cells(
    view: &OrgView<'_>,
    sobject: &'static SObject,
    row: &Row,
    fields: &[&'static Field],
) -> BTreeMap<String, String> {
    let mut cells = BTreeMap::new();
    for field in fields {
        let value = view.value(sobject, row, field);
        if let Some(column) = type_column(field) {
            cells.insert(column, type_of(view, &value));
        }
        cells.insert(field.name.to_ascii_lowercase(), spell_value(&value));
    }
    cells
}

/// What SOQL's `Owner.Type` says: the sObject, but `Queue` of a group that is one.
fn type_of(view: &OrgView<'_>, value: &Value<'_>) -> String {
    let Value::Id(id) = value else { return "n".to_owned() };
    let mut sobjects = view.schema().sobjects().iter();
    let parent = sobjects.find(|sobject| sobject.key_prefix == Some(id.prefix())).unwrap();
    let is_queue = parent.name == "Group"
        && view.find(parent, id).is_some_and(|group| {
            view.value(parent, &group, parent.field("Type").unwrap()).as_str() == Some("Queue")
        });
    if is_queue { "tQueue".to_owned() } else { format!("t{}", parent.name) }
}

fn spell_value(value: &Value<'_>) -> String {
    match value {
        Value::Null => "n".to_owned(),
        Value::Bool(value) => format!("b{value}"),
        Value::Int(value) => format!("d{value}"),
        Value::Number(value) => spell_decimal(*value),
        // The copy leaves out what PostgreSQL cannot hold.
        Value::Text(text) => format!("t{}", text.replace('\0', "")),
        Value::Id(id) => format!("t{id}"),
        Value::Date(date) => format!("t{date}"),
        Value::DateTime(ms) => format!("i{ms}"),
        Value::Blob(_) => unreachable!("binary fields are not copied"),
        Value::Time(ms) => {
            let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
            format!("t{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1_000)
        }
    }
}

pub(crate) fn spell_decimal(decimal: Decimal) -> String {
    if decimal.is_zero() { "d0".to_owned() } else { format!("d{}", decimal.normalize()) }
}

fn selected(database: &TestDatabase, name: &str, kind: FieldKind) -> String {
    let quoted = format!("\"{name}\"");
    match kind {
        FieldKind::DateTime => database.instant(&quoted),
        _ => quoted,
    }
}

/// Spells a value that a database gave as text.
fn spell(text: Option<&str>, kind: FieldKind) -> String {
    let Some(text) = text else { return "n".to_owned() };
    match kind {
        FieldKind::Boolean => match text {
            "1" | "t" => "btrue".to_owned(),
            "0" | "f" => "bfalse".to_owned(),
            other => panic!("{other} is no boolean"),
        },
        FieldKind::Int | FieldKind::Double | FieldKind::Currency | FieldKind::Percent => {
            spell_decimal(text.parse().unwrap())
        }
        FieldKind::DateTime => {
            assert_eq!(text.len(), 24, "{text}");
            format!("i{}", DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis())
        }
        _ => format!("t{text}"),
    }
}
