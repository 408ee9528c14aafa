//! What an org changed about the fields of an sObject since its record table was last shaped.
//!
//! A field that is missing from a describe was removed or hidden: Salesforce leaves out what the user may not read and
//! says nothing (REST API Developer Guide, sObject Describe). Either way its column keeps its values.

use std::collections::BTreeMap;

use salesforce::describe::{FieldDescribe, SObjectDescribe};
use salesforce::{FieldName, Timestamp};

use crate::{
    Column, ColumnKind, ColumnState, FieldPolicy, FieldSelection, KeptColumn, LayoutError, NewFields,
    RecordLayout, TimelineKind, describe_type, sql_name,
};

/// All fields that an org ever told of, with what people call them.
pub type SeenFields = BTreeMap<FieldName, String>;

/// What is remembered of a record table.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct KeptTable {
    /// Its columns.
    pub columns: Vec<KeptColumn>,
    /// The fields that the org has told of; `None` where that was not remembered yet.
    pub seen: Option<SeenFields>,
    /// Since when the org does not tell of the sObject any more.
    pub missing_since: Option<Timestamp>,
}

/// One thing that changed about a field.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FieldChange {
    /// What.
    pub kind: TimelineKind,
    /// The field.
    pub field: String,
    /// Its type, or its name, before.
    pub before: Option<String>,
    /// And now.
    pub after: Option<String>,
}

/// What changed, and what follows from it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Drift {
    /// The columns that reads fill from now on.
    pub layout: RecordLayout,
    /// What is to be remembered of the table.
    pub kept: KeptTable,
    /// What a person is told.
    pub changes: Vec<FieldChange>,
    /// Changes of type that a person has to accept before anything more is read.
    pub refused: Vec<FieldChange>,
    /// New fields that a rule over all fields leaves out.
    pub held: Vec<FieldName>,
    /// New fields that a rule over some fields takes on.
    pub selected: Vec<FieldName>,
}

/// How a rule wants its fields.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'r> {
    /// The selection.
    pub selection: &'r FieldSelection,
    /// How it treats fields beside that.
    pub policy: &'r FieldPolicy,
}

/// Compares a describe with what is remembered of the table; `None` of one that is still to be made.
///
/// # Errors
/// A selected field is not there and never was.
pub fn find_drift(
    kept: Option<&KeptTable>,
    describe: &SObjectDescribe,
    wanted: Wanted<'_>,
    now: Timestamp,
) -> Result<Drift, LayoutError> {
    let nothing = KeptTable::default();
    let before = kept.unwrap_or(&nothing);
    let mut finder = Finder::new(before, describe, wanted, now);
    finder.judge_new_fields();
    let layout = finder.lay_out(kept.is_some())?;
    for column in &layout.columns {
        finder.take(column, kept.is_some());
    }
    finder.freeze_others(&layout);
    finder.pair_renamed();
    Ok(finder.finish(layout))
}

struct Finder<'a> {
    describe: &'a SObjectDescribe,
    wanted: Wanted<'a>,
    now: Timestamp,
    seen: Option<&'a SeenFields>,
    columns: Vec<KeptColumn>,
    changes: Vec<FieldChange>,
    refused: Vec<FieldChange>,
    held: Vec<FieldName>,
    selected: Vec<FieldName>,
}

impl<'a> Finder<'a> {
    fn new(before: &'a KeptTable, describe: &'a SObjectDescribe, wanted: Wanted<'a>, now: Timestamp) -> Self {
        Self {
            describe,
            wanted,
            now,
            seen: before.seen.as_ref(),
            columns: before.columns.clone(),
            changes: Vec::new(),
            refused: Vec::new(),
            held: Vec::new(),
            selected: Vec::new(),
        }
    }

    /// Decides about the fields that the org told of for the first time, by the rule's policy.
    fn judge_new_fields(&mut self) {
        let Some(seen) = self.seen else { return };
        let everything = RecordLayout::of_readable(self.describe, &FieldSelection::All);
        let has_column = |field: &FieldDescribe| {
            everything.columns.iter().any(|column| field.name == *column.path.as_str())
        };
        for field in &self.describe.fields {
            if seen.contains_key(&field.name) || !has_column(field) || self.is_selected_by_name(&field.name) {
                continue;
            }
            let is_all = *self.wanted.selection == FieldSelection::All;
            let kind = match self.wanted.policy.new_fields_of(self.wanted.selection) {
                NewFields::Add => {
                    // A rule over all fields has it in its layout already.
                    self.selected.extend((!is_all).then(|| field.name.clone()));
                    continue;
                }
                NewFields::Ask => TimelineKind::FieldSuggested,
                NewFields::Ignore => TimelineKind::FieldIgnored,
            };
            self.held.extend(is_all.then(|| field.name.clone()));
            self.tell(kind, field.name.as_str(), None, Some(describe_type(field)));
        }
    }

    fn is_selected_by_name(&self, name: &FieldName) -> bool {
        matches!(self.wanted.selection, FieldSelection::Only(names) if names.contains(name))
    }

    /// The columns for what is selected and can be read. What was once there may be missing now.
    fn lay_out(&self, is_known: bool) -> Result<RecordLayout, LayoutError> {
        let is_held = |field: &FieldDescribe| {
            self.wanted.policy.held.contains(&field.name) || self.held.contains(&field.name)
        };
        match self.wanted.selection {
            FieldSelection::All => {
                let mut describe = self.describe.clone();
                describe.fields.retain(|field| !is_held(field));
                Ok(RecordLayout::of_readable(&describe, &FieldSelection::All))
            }
            FieldSelection::Only(names) => {
                let is_unknown = |name: &&FieldName| {
                    let column = sql_name(name.as_str());
                    let had = is_known && self.columns.iter().any(|kept| kept.name == column);
                    self.describe.find_field(name).is_none() && !had
                };
                if let Some(field) = names.iter().find(is_unknown) {
                    let sobject = self.describe.name().clone();
                    return Err(LayoutError::UnknownField { sobject, field: field.clone() });
                }
                let names = names.iter().chain(&self.selected).cloned().collect();
                Ok(RecordLayout::of_readable(self.describe, &FieldSelection::Only(names)))
            }
        }
    }

    /// Brings what is remembered of a column in line with what it shall hold.
    fn take(&mut self, column: &Column, is_known: bool) {
        let described = self.described(column);
        let Some(at) = self.columns.iter().position(|kept| kept.name == column.name) else {
            let state = if is_known { ColumnState::Filling } else { ColumnState::Filled };
            self.columns.push(KeptColumn::new(column, described.clone(), state));
            if is_known {
                self.tell_of(column, self.kind_of_arrival(column), None, Some(described));
            }
            return;
        };
        let state = self.columns[at].state;
        if !state.is_live() {
            // A table that was made before columns had states has not told when a field went.
            let is_told = self.columns[at].path.is_some();
            self.columns[at].state = ColumnState::Filling;
            if is_told {
                let kind = match state {
                    ColumnState::Frozen => TimelineKind::FieldReturned,
                    _ => TimelineKind::FieldSelected,
                };
                self.tell_of(column, kind, None, Some(described.clone()));
            }
        }
        self.take_type(at, column, described);
        self.columns[at].path = Some(column.path.clone());
    }

    /// Compares a column's type with the field's.
    fn take_type(&mut self, at: usize, column: &Column, described: String) {
        let kept = &self.columns[at];
        let (known_type, before) = (kept.field_type, kept.described.clone());
        let is_told = known_type.is_some() && before != described;
        let Some(kind) = widen(kept.kind, column.kind) else {
            if kept.refused.as_ref() != Some(&described) {
                self.tell_of(
                    column,
                    TimelineKind::FieldRefused,
                    Some(before.clone()),
                    Some(described.clone()),
                );
                self.columns[at].refused = Some(described.clone());
            }
            let (field, after) = (column.path.clone(), Some(described));
            let kind = TimelineKind::FieldRefused;
            self.refused.push(FieldChange { kind, field, before: Some(before), after });
            return;
        };
        let is_retyped = known_type.is_some_and(|known| known != column.field_type);
        if is_told {
            let what = if is_retyped { TimelineKind::FieldRetyped } else { TimelineKind::FieldResized };
            self.tell_of(column, what, Some(before), Some(described.clone()));
        }
        let kept = &mut self.columns[at];
        // The org has converted the values of records that it did not stamp. Longer texts are the same texts.
        let is_converted = kept.kind != kind
            || is_retyped
            || is_told && matches!(kind, ColumnKind::Integer | ColumnKind::Decimal);
        if is_converted {
            kept.state = ColumnState::Filling;
        }
        (kept.kind, kept.field_type, kept.described, kept.refused) =
            (kind, Some(column.field_type), described, None);
    }

    /// Sets the columns at rest that reads do not fill any more.
    fn freeze_others(&mut self, layout: &RecordLayout) {
        for at in 0..self.columns.len() {
            let kept = &self.columns[at];
            if !kept.state.is_live() || layout.columns.iter().any(|column| column.name == kept.name) {
                continue;
            }
            let field = kept.field().and_then(|field| field.parse().ok());
            let is_there = field.as_ref().is_some_and(|field| self.describe.find_field(field).is_some());
            let (state, kind) = match is_there {
                true => (ColumnState::Deselected, TimelineKind::FieldDeselected),
                false => (ColumnState::Frozen, TimelineKind::FieldMissing),
            };
            if let Some(field) = field {
                let described = kept.described.clone();
                self.tell(kind, field.as_str(), Some(described), None);
            }
            let kept = &mut self.columns[at];
            (kept.state, kept.as_of, kept.refused) = (state, Some(self.now), None);
        }
    }

    /// Where one field went and another of the same label and type came, it was renamed, for all that one can tell.
    fn pair_renamed(&mut self) {
        let Some(seen) = self.seen else { return };
        let came = |change: &FieldChange| {
            matches!(change.kind, TimelineKind::FieldAdded | TimelineKind::FieldSuggested)
        };
        let missing: Vec<FieldChange> = self.changes_of(|change| change.kind == TimelineKind::FieldMissing);
        for gone in &missing {
            let name = |field: &str| field.parse::<FieldName>().ok();
            let Some(label) = name(&gone.field).and_then(|name| seen.get(&name)) else { continue };
            let is_twin = |change: &FieldChange| {
                let field = name(&change.field).and_then(|name| self.describe.find_field(&name));
                came(change)
                    && change.after == gone.before
                    && field.is_some_and(|field| field.label == *label)
            };
            let twins = self.changes_of(is_twin);
            let [twin] = twins.as_slice() else { continue };
            self.changes.retain(|change| change != gone && (change != twin || !came(twin)));
            if twin.kind == TimelineKind::FieldSuggested {
                self.changes.push(twin.clone());
            }
            let (before, after) = (Some(gone.field.clone()), Some(twin.field.clone()));
            self.tell(TimelineKind::FieldRenamed, &twin.field.clone(), before, after);
        }
    }

    fn changes_of(&self, is_wanted: impl Fn(&FieldChange) -> bool) -> Vec<FieldChange> {
        self.changes.iter().filter(|change| is_wanted(change)).cloned().collect()
    }

    /// A field that comes without having been seen is new; else a person chose it.
    fn kind_of_arrival(&self, column: &Column) -> TimelineKind {
        let name = column.path.parse::<FieldName>().ok();
        let is_new = self.seen.zip(name).is_some_and(|(seen, name)| !seen.contains_key(&name));
        if is_new { TimelineKind::FieldAdded } else { TimelineKind::FieldSelected }
    }

    fn described(&self, column: &Column) -> String {
        let field = column.path.parse().ok().and_then(|name| self.describe.find_field(&name));
        field.map_or_else(|| "string".to_owned(), describe_type)
    }

    /// Tells of a field's own column; the type of a polymorphic lookup goes with it.
    fn tell_of(
        &mut self,
        column: &Column,
        kind: TimelineKind,
        before: Option<String>,
        after: Option<String>,
    ) {
        if !column.path.contains('.') {
            self.tell(kind, &column.path, before, after);
        }
    }

    fn tell(&mut self, kind: TimelineKind, field: &str, before: Option<String>, after: Option<String>) {
        self.changes.push(FieldChange { kind, field: field.to_owned(), before, after });
    }

    fn finish(self, layout: RecordLayout) -> Drift {
        let mut seen = self.seen.cloned().unwrap_or_default();
        seen.extend(self.describe.fields.iter().map(|field| (field.name.clone(), field.label.clone())));
        Drift {
            layout,
            kept: KeptTable { columns: self.columns, seen: Some(seen), missing_since: None },
            changes: self.changes,
            refused: self.refused,
            held: self.held,
            selected: self.selected,
        }
    }
}

/// Returns the kind that holds a column's values and a field's beside each other, each as exactly as it came; `None`
/// where there is none.
fn widen(column: ColumnKind, field: ColumnKind) -> Option<ColumnKind> {
    match (column, field) {
        _ if column == field => Some(column),
        (ColumnKind::Integer, ColumnKind::Decimal) | (ColumnKind::Decimal, ColumnKind::Integer) => {
            Some(ColumnKind::Decimal)
        }
        (_, ColumnKind::Text) => Some(ColumnKind::Text),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
