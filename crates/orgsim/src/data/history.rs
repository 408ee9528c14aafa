//! What records were before: a row of history for some of them.

use super::Record;
use super::deal::STAGES;
use crate::schema::{FieldKind, Schema};
use crate::value::Value;

/// What is filled from the record whose history it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum HistoryFill {
    Parent,
    Author,
    At,
    Field,
    DataType,
    OldValue,
    NewValue,
    Stage,
    Amount,
    ExpectedRevenue,
    CloseDate,
    Probability,
    ForecastCategory,
}

/// Where a history comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    parent: u16,
    /// The record after which the next with a history comes.
    step: u32,
    /// How many rows one record has.
    rows: u32,
    field: usize,
}

/// The histories: of what, of which field, rows for a record, of every so manieth.
const SOURCES: [(&str, &str, &str, u32, u32); 6] = [
    ("AccountHistory", "Account", "Industry", 1, 5),
    ("ContactHistory", "Contact", "Title", 1, 5),
    ("LeadHistory", "Lead", "Status", 1, 2),
    ("CaseHistory", "Case", "Status", 1, 1),
    ("OpportunityFieldHistory", "Opportunity", "StageName", 1, 1),
    ("OpportunityHistory", "Opportunity", "StageName", 2, 1),
];

/// Returns the sources of the sObjects that are histories, by place.
pub(super) fn find_sources(schema: &Schema) -> Vec<Option<Source>> {
    let source = |name: &str| {
        let (_, parent, field, rows, step) = SOURCES.iter().find(|(history, ..)| *history == name)?;
        let parent = schema.find(parent)?;
        let field = parent.field(field)?.index;
        Some(Source { parent: parent.index as u16, step: *step, rows: *rows, field })
    };
    schema.sobjects().iter().map(|sobject| source(&sobject.name)).collect()
}

impl HistoryFill {
    pub(super) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "history_parent" => Self::Parent,
            "history_author" => Self::Author,
            "history_at" => Self::At,
            "history_field" => Self::Field,
            "history_data_type" => Self::DataType,
            "history_old_value" => Self::OldValue,
            "history_new_value" => Self::NewValue,
            "history_stage" => Self::Stage,
            "history_amount" => Self::Amount,
            "history_expected_revenue" => Self::ExpectedRevenue,
            "history_close_date" => Self::CloseDate,
            "history_probability" => Self::Probability,
            "history_forecast_category" => Self::ForecastCategory,
            _ => return None,
        })
    }

    pub(super) fn value<'a>(self, record: Record<'a>) -> Value<'a> {
        let Some(source) = record.base.links().histories[usize::from(record.sobject)] else {
            return Value::Null;
        };
        let number = record.number / source.rows * source.step;
        let parent = Record { sobject: source.parent, number, revision: 0, ..record };
        // The first of two rows, and that of a record nobody has changed, say that it was made.
        let is_first = source.rows > 1 && record.number.is_multiple_of(source.rows);
        let is_made = is_first || parent.modified_at() == parent.created_at();
        match self {
            Self::Parent => Value::Id(parent.id()),
            Self::Author => parent.starting_value(if is_made { "CreatedById" } else { "LastModifiedById" }),
            Self::At => Value::DateTime(if is_made { parent.created_at() } else { parent.modified_at() }),
            Self::Amount => parent.starting_value("Amount"),
            Self::CloseDate => parent.starting_value("CloseDate"),
            Self::Stage | Self::Probability | Self::ForecastCategory | Self::ExpectedRevenue => {
                self.of_stage(parent, is_first)
            }
            _ => self.of_change(parent, source, is_made),
        }
    }

    fn of_change<'a>(self, parent: Record<'a>, source: Source, is_made: bool) -> Value<'a> {
        let sobject = &parent.base.schema.sobjects()[usize::from(parent.sobject)];
        let field = &sobject.fields[source.field];
        match self {
            Self::Field => Value::text(if is_made { "created" } else { &field.name }),
            Self::DataType if field.kind == FieldKind::Picklist && !is_made => Value::text("DynamicEnum"),
            Self::DataType => Value::text("Text"),
            Self::NewValue if !is_made => parent.starting_value(&field.name),
            Self::OldValue if !is_made => {
                let now = parent.starting_value(&field.name);
                let other = |revision| Record { revision, ..parent }.starting_value(&field.name);
                (1..20).map(other).find(|value| *value != now).unwrap_or(Value::Null)
            }
            _ => Value::Null,
        }
    }

    /// An opportunity starts in the first stage.
    fn of_stage<'a>(self, parent: Record<'a>, is_first: bool) -> Value<'a> {
        let now = parent.starting_value("StageName");
        let now = STAGES.iter().find(|stage| now.as_str() == Some(stage.name));
        let stage = now.filter(|_| !is_first).unwrap_or(&STAGES[0]);
        match (self, parent.starting_value("Amount")) {
            (Self::Stage, _) => Value::text(stage.name),
            (Self::Probability, _) => Value::Number(stage.probability.into()),
            (Self::ForecastCategory, _) => Value::text(stage.forecast_category()),
            (_, Value::Number(amount)) => {
                Value::Number((amount * rust_decimal::Decimal::new(stage.probability, 2)).round_dp(2))
            }
            _ => Value::Null,
        }
    }
}
