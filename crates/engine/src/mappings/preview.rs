//! Mappings on real values: some records run through them, before anything is saved.

use futures_util::future::join_all;
use model::{CellValue, Integration, IntegrationId, NewFieldMapping, PropertyType, Query, SyncRule, Unfit};
use salesforce::{FieldName, FieldType, FieldValue, SObjectName, describe::SObjectDescribe};
use serde_json::Value;
use store::{
    Reader,
    integrations::find_integration_of,
    records::{RecordPage, list_records},
    sync_rules::list_sync_rules,
};

use super::{check_repetition, gaps::MappingGap, gaps::fields_by_sobject, property_of};
use crate::{
    catalog::until,
    engine::Engine,
    error::{Error, Result},
    problem::Problem,
};

/// Records that are looked at.
const ROWS: u32 = 20;
/// Records that are shown of those.
const SHOWN: usize = 5;
/// Characters of a value that are shown.
const SHOWN_TEXT: usize = 300;

/// A mapping on some real values.
#[derive(Clone, Debug)]
pub struct MappingPreview {
    /// The mapping.
    pub mapping: NewFieldMapping,
    /// Why it cannot be saved so.
    pub problem: Option<Problem>,
    /// Where the values come from; `None` where there are none to show.
    pub source: Option<SampleSource>,
    /// Why there are none to show though nothing is wrong with the mapping.
    pub unseen: Option<Problem>,
    /// How many records were looked at.
    pub read: usize,
    /// How many of them give the property a value.
    pub filled: usize,
    /// How many have a value that is none of the property's type.
    pub unfit: usize,
    /// The most telling of them.
    pub samples: Vec<MappingSample>,
}

/// One record's values before and after.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MappingSample {
    /// What people call the record.
    pub record: Option<String>,
    /// The values of the fields, in their order.
    pub before: Vec<Option<String>>,
    /// The property's value; what it is not, where it is none of the property's type.
    pub after: Result<Option<String>, Unfit>,
}

/// Where sampled values come from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SampleSource {
    /// The copy.
    Stored,
    /// The org, asked just now.
    Org,
}

/// Some records as text, with the columns that they have.
struct Rows {
    source: SampleSource,
    fields: Vec<FieldName>,
    names: Vec<Option<String>>,
    values: Vec<Vec<Option<String>>>,
}

impl Engine {
    /// Shows what mappings make of real values, and what they lack. Nothing is saved. Records of the copy are looked at
    /// where it has them, else some of the org's, for one call an sObject.
    ///
    /// # Errors
    /// A property is fed twice, or the store fails. What is wrong with one mapping stands at that.
    pub async fn preview_mappings(
        &self,
        reader: &Reader,
        id: IntegrationId,
        wanted: Vec<NewFieldMapping>,
    ) -> Result<Option<(Vec<MappingPreview>, Vec<MappingGap>)>> {
        let Some(integration) = find_integration_of(self.store(), reader, id).await? else { return Ok(None) };
        check_repetition(&wanted)?;
        // A person waits once for all of it. What the org has told before is there at once.
        let deadline = self.question_deadline();
        let mut previews = Vec::with_capacity(wanted.len());
        for mapping in &wanted {
            let checked = until(deadline, self.check_mapping(integration.connection_id, mapping)).await;
            let problem = checked.err().map(of_person).transpose()?;
            previews.push(MappingPreview {
                mapping: mapping.clone(),
                problem,
                source: None,
                unseen: None,
                read: 0,
                filled: 0,
                unfit: 0,
                samples: Vec::new(),
            });
        }
        let sound: Vec<_> = previews.iter().filter(|one| one.problem.is_none()).collect();
        let sound: Vec<_> = sound.into_iter().map(|one| one.mapping.clone()).collect();
        let rules = list_sync_rules(self.store(), id).await?;
        let integration = &integration;
        let sampled = fields_by_sobject(&sound).into_iter().map(async |(sobject, fields)| {
            let rule = rules.iter().find(|rule| rule.sobject == sobject);
            let rows = until(deadline, self.sample_rows(reader, integration, rule, &sobject, &fields)).await;
            (sobject, rows)
        });
        for (sobject, rows) in join_all(sampled).await {
            let rows = rows.map_or_else(|error| of_person(error).map(Err), |rows| Ok(Ok(rows)))?;
            let of_it = |one: &&mut MappingPreview| one.mapping.sobject == sobject && one.problem.is_none();
            for preview in previews.iter_mut().filter(of_it) {
                match &rows {
                    Ok(rows) => show(preview, rows),
                    Err(problem) => preview.unseen = Some(problem.clone()),
                }
            }
        }
        let gaps = self.find_gaps(reader, integration, &sound).await?;
        Ok(Some((previews, gaps)))
    }

    async fn sample_rows(
        &self,
        reader: &Reader,
        integration: &Integration,
        rule: Option<&SyncRule>,
        sobject: &SObjectName,
        fields: &[FieldName],
    ) -> Result<Rows> {
        let describe = self.describe_kept(integration.connection_id, sobject).await?;
        let named = describe.fields.iter().find(|field| field.name_field).map(|field| field.name.clone());
        let stored = Query { limit: ROWS, ..Query::all() };
        match list_records(self.store(), reader, integration.id, sobject, &stored).await {
            Ok(Some(page)) => {
                if let Some(rows) = stored_rows(&page, fields, named.as_ref()) {
                    return Ok(rows);
                }
            }
            // It is only a look: the org has the values too.
            Ok(None) | Err(store::Error::TooSlow | store::Error::LayoutChanged) => {}
            Err(error) => return Err(error.into()),
        }
        self.org_rows(integration, rule, &describe, fields, named.as_ref()).await
    }

    async fn org_rows(
        &self,
        integration: &Integration,
        rule: Option<&SyncRule>,
        describe: &SObjectDescribe,
        fields: &[FieldName],
        named: Option<&FieldName>,
    ) -> Result<Rows> {
        let mut wanted: Vec<FieldName> = named.into_iter().cloned().collect();
        wanted.extend(fields.iter().filter(|field| named != Some(*field)).cloned());
        let filter = rule.and_then(|rule| rule.filter.as_ref());
        let sample = self.sample_kept(integration.connection_id, describe.name(), filter, &wanted).await?;
        // Answers have the names as the describe has them, whatever somebody typed.
        let text = |record: &Value, field: &FieldName| {
            let known = describe.find_field(field)?;
            text_of(record.get(known.name.as_str())?, known.field_type)
        };
        Ok(Rows {
            source: SampleSource::Org,
            fields: fields.to_vec(),
            names: sample.records.iter().map(|record| text(record, named?)).collect(),
            values: sample
                .records
                .iter()
                .map(|record| fields.iter().map(|field| text(record, field)).collect())
                .collect(),
        })
    }
}

/// The values of stored records; nothing where there are none or a field has no column.
fn stored_rows(page: &RecordPage, fields: &[FieldName], named: Option<&FieldName>) -> Option<Rows> {
    let column_of =
        |field: &FieldName| page.columns.iter().position(|known| *field == *known.column.path.as_str());
    let columns: Vec<Option<usize>> = fields
        .iter()
        .map(|field| if *field == *"Id" { Some(None) } else { column_of(field).map(Some) })
        .collect::<Option<_>>()?;
    let name = named.and_then(column_of);
    let values = page.rows.iter().map(|row| {
        let value = |column: &Option<usize>| match column {
            Some(at) => text_of_cell(row.values.get(*at)?),
            None => Some(row.id.to_string()),
        };
        columns.iter().map(value).collect()
    });
    let names = page.rows.iter().map(|row| text_of_cell(row.values.get(name?)?));
    (!page.rows.is_empty()).then(|| Rows {
        source: SampleSource::Stored,
        fields: fields.to_vec(),
        names: names.collect(),
        values: values.collect(),
    })
}

/// Runs the rows through a mapping.
fn show(preview: &mut MappingPreview, rows: &Rows) {
    let Ok(property) = property_of(&preview.mapping) else { return };
    let places: Vec<_> = preview
        .mapping
        .fields()
        .filter_map(|field| rows.fields.iter().position(|known| known == field))
        .collect();
    let shaped: Vec<_> = rows
        .values
        .iter()
        .zip(&rows.names)
        .map(|(values, name)| {
            let before: Vec<_> = places.iter().map(|place| values[*place].clone()).collect();
            sample(&preview.mapping, property.property_type, name.clone(), before)
        })
        .collect();
    preview.source = Some(rows.source);
    preview.read = shaped.len();
    preview.filled = shaped.iter().filter(|one| matches!(one.after, Ok(Some(_)))).count();
    preview.unfit = shaped.iter().filter(|one| one.after.is_err()).count();
    preview.samples = most_telling(shaped);
}

fn sample(
    mapping: &NewFieldMapping,
    property_type: PropertyType,
    record: Option<String>,
    before: Vec<Option<String>>,
) -> MappingSample {
    let values: Vec<_> = before.iter().map(Option::as_deref).collect();
    let after = mapping.transform.apply(&values, property_type);
    MappingSample {
        record: record.map(cut),
        after: after.map(|value| value.map(|value| cut(value.to_string()))),
        before: before.into_iter().map(|value| value.map(cut)).collect(),
    }
}

/// Those that show most: what does not fit, one that is empty, then values that differ; in the order of the records.
fn most_telling(samples: Vec<MappingSample>) -> Vec<MappingSample> {
    let mut ranked: Vec<(usize, usize, MappingSample)> = Vec::new();
    for (at, sample) in samples.into_iter().enumerate() {
        let is_new = !ranked.iter().any(|(_, _, known)| known.before == sample.before);
        let rank = match (&sample.after, is_new) {
            (Err(_), true) => 0,
            (Ok(_), true) if sample.before.iter().all(Option::is_none) => 1,
            (Ok(_), true) => 2,
            (_, false) => 3,
        };
        ranked.push((rank, at, sample));
    }
    ranked.sort_by_key(|(rank, at, _)| (*rank, *at));
    ranked.truncate(SHOWN);
    ranked.sort_by_key(|(_, at, _)| *at);
    ranked.into_iter().map(|(_, _, sample)| sample).collect()
}

/// What a person is told of an error that is theirs or the org's; the store's own goes on.
fn of_person(error: Error) -> Result<Problem> {
    if error.is_of_store() { Err(error) } else { Ok(error.problem()) }
}

fn cut(text: String) -> String {
    match text.char_indices().nth(SHOWN_TEXT) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// An answer's value as the copy would show it: REST writes `1500.0` and `…+0000` where the copy has `1500` and `…Z`. What is
/// not of its field's type stands as it came.
fn text_of(value: &Value, field_type: FieldType) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let read = match FieldValue::from_csv_text(&text, field_type) {
        Ok(FieldValue::Decimal(value)) => value.normalize().to_string(),
        Ok(FieldValue::Date(value)) => value.to_string(),
        Ok(FieldValue::DateTime(value)) => value.to_string(),
        _ => text,
    };
    Some(read)
}

fn text_of_cell(value: &CellValue) -> Option<String> {
    match value {
        CellValue::Null => None,
        CellValue::Bool(value) => Some(value.to_string()),
        CellValue::Int(value) => Some(value.to_string()),
        CellValue::Decimal(value) => Some(value.to_string()),
        CellValue::Text(value) => Some(value.clone()),
        CellValue::Date(value) => Some(value.to_string()),
        CellValue::Instant(value) => Some(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sample(record: &str, before: Option<&str>, after: Result<Option<&str>, Unfit>) -> MappingSample {
        MappingSample {
            record: Some(record.to_owned()),
            before: vec![before.map(str::to_owned)],
            after: after.map(|value| value.map(str::to_owned)),
        }
    }

    #[test]
    fn records_that_differ_are_shown_before_those_that_repeat() {
        let unfit = model::PropertyValue::parse(PropertyType::Number, "n/a").unwrap_err();
        let samples = vec![
            sample("a", None, Ok(None)),
            sample("b", Some("1"), Ok(Some("1"))),
            sample("c", Some("1"), Ok(Some("1"))),
            sample("d", None, Ok(None)),
            sample("e", Some("2"), Ok(Some("2"))),
            sample("f", Some("3"), Ok(Some("3"))),
            sample("g", Some("4"), Ok(Some("4"))),
            sample("h", Some("n/a"), Err(unfit)),
        ];

        let shown: Vec<_> = most_telling(samples).into_iter().map(|sample| sample.record.unwrap()).collect();

        assert_eq!(shown, ["a", "b", "e", "f", "h"]);
    }

    #[test]
    fn a_value_of_the_org_reads_as_the_copy_would_show_it() {
        let cases = [
            (json!(450_495_292.0), FieldType::Currency, Some("450495292")),
            (json!(12.5), FieldType::Percent, Some("12.5")),
            (json!(7), FieldType::Int, Some("7")),
            (json!("2026-11-22T03:04:05.000+0000"), FieldType::DateTime, Some("2026-11-22T03:04:05.000Z")),
            (json!("2026-11-22"), FieldType::Date, Some("2026-11-22")),
            (json!("0012"), FieldType::String, Some("0012")),
            (json!(true), FieldType::Boolean, Some("true")),
            (json!("no number"), FieldType::Double, Some("no number")),
            (Value::Null, FieldType::Double, None),
        ];

        for (value, field_type, expected) in cases {
            assert_eq!(text_of(&value, field_type).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        assert_eq!(cut("é".repeat(SHOWN_TEXT)), "é".repeat(SHOWN_TEXT));
        assert_eq!(cut("é".repeat(SHOWN_TEXT + 1)), format!("{}…", "é".repeat(SHOWN_TEXT)));
    }
}
