//! The rules that the values of a record must meet to be saved.

use rust_decimal::Decimal;

use crate::id::RecordId;
use crate::org::draft::Values;
use crate::org::{OrgView, Picklists, Row, SaveError};
use crate::rights::Rights;
use crate::schema::{Field, FieldKind, PicklistEntry, SObject};
use crate::value::Value;

/// What is checked: a new record, or the changes of one that is there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Check<'a> {
    pub(super) view: &'a OrgView<'a>,
    pub(super) sobject: &'a SObject,
    /// The record that is changed; none where one is added.
    pub(super) row: Option<Row>,
    /// Whether new records may say who created them when.
    pub(super) sets_audit_fields: bool,
    /// What the user who writes may do.
    pub(super) rights: &'a Rights,
    /// The values that records of its record type may have.
    pub(super) picklists: &'a Picklists,
}

/// What the switch *Set Audit Fields upon Record Creation* opens (Salesforce Help, Enable 'Create Audit Fields').
const AUDIT_FIELDS: [&str; 4] = ["CreatedById", "CreatedDate", "LastModifiedById", "LastModifiedDate"];

impl Check<'_> {
    /// Checks values and brings them into the form in which the org keeps them.
    ///
    /// The errors are those of the first rule that is broken, for all fields that break it.
    pub(super) fn run(self, mut values: Values) -> Result<Values, Vec<SaveError>> {
        self.refuse_read_only(&values)?;
        let mut errors = Vec::new();
        for (index, value) in &mut values {
            let field = &self.sobject.fields[*index];
            if let Err(error) = self.check_value(field, value) {
                errors.push(error);
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        self.refuse_missing(&values)?;
        self.each(&values, |field, value| self.check_reference(field, value))?;
        self.each(&values, |field, value| self.check_unique(field, value))?;
        Ok(values)
    }

    fn each(
        self,
        values: &Values,
        check: impl Fn(&Field, &Value<'_>) -> Result<(), SaveError>,
    ) -> Result<(), Vec<SaveError>> {
        let checked = values.iter().map(|(index, value)| check(&self.sobject.fields[*index], value));
        let errors: Vec<SaveError> = checked.filter_map(Result::err).collect();
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// Refuses fields that only the org writes, compound ones among them (Object Reference, Compound Fields).
    fn refuse_read_only(self, values: &Values) -> Result<(), Vec<SaveError>> {
        const CODE: &str = "INVALID_FIELD_FOR_INSERT_UPDATE";
        let fields = values.iter().map(|(index, _)| &self.sobject.fields[*index]);
        let is_writable = |field: &Field| {
            let can_be = match self.row {
                Some(_) => field.updateable,
                None => {
                    field.createable || self.sets_audit_fields && AUDIT_FIELDS.contains(&field.name.as_str())
                }
            };
            can_be && self.rights.may_edit_field(self.sobject, field)
        };
        let names: Vec<&str> =
            fields.filter(|field| !is_writable(field)).map(|field| field.name.as_str()).collect();
        match names.as_slice() {
            [] => Ok(()),
            ["Id"] if self.row.is_none() => {
                Err(vec![SaveError::of_fields(CODE, "cannot specify Id in an insert call", &["Id"])])
            }
            names => {
                let message = format!(
                    "Unable to create/update fields: {}. Please check the security settings of this field and \
                     verify that it is read/write for your profile or permission set.",
                    names.join(", ")
                );
                Err(vec![SaveError::of_fields(CODE, message, names)])
            }
        }
    }

    fn refuse_missing(self, values: &Values) -> Result<(), Vec<SaveError>> {
        let given =
            |field: &Field| values.iter().find(|(index, _)| *index == field.index).map(|(_, value)| value);
        let is_missing = |field: &&Field| match (given(field), self.row) {
            _ if field.nillable || field.kind == FieldKind::Boolean => false,
            (Some(value), _) => value.is_null(),
            (None, None) => field.createable && !field.defaulted_on_create,
            (None, Some(_)) => false,
        };
        let names: Vec<&str> =
            self.sobject.fields.iter().filter(is_missing).map(|field| field.name.as_str()).collect();
        if names.is_empty() {
            return Ok(());
        }
        let message = format!("Required fields are missing: [{}]", names.join(", "));
        Err(vec![SaveError::of_fields("REQUIRED_FIELD_MISSING", message, &names)])
    }

    /// Returns whether a field takes nothing but e-mail addresses, or what looks like one (Object Reference, User, Username).
    fn has_form_of_email(self, field: &Field) -> bool {
        field.kind == FieldKind::Email || self.sobject.name == "User" && field.name == "Username"
    }

    /// Checks a value by its field alone.
    fn check_value(self, field: &Field, value: &mut Value<'static>) -> Result<(), SaveError> {
        let error = |code, message: String| Err(SaveError::of_fields(code, message, &[&field.name]));
        match (&*value, field.kind) {
            (Value::Text(text), _) if self.has_form_of_email(field) && !is_email(text) => {
                error("INVALID_EMAIL_ADDRESS", format!("{}: invalid email address: {text}", field.label))
            }
            (Value::Text(text), _) if text.chars().count() > field.length as usize => error(
                "STRING_TOO_LONG",
                format!("{}: data value too large: {text} (max length={})", field.label, field.length),
            ),
            (Value::Text(text), FieldKind::Multipicklist) => {
                if let Some(bad) = text.split(';').map(str::trim).find(|item| !self.allows(field, item)) {
                    return error(RESTRICTED, restricted_message(field, bad));
                }
                *value = Value::owned_text(in_order(field, text));
                Ok(())
            }
            (Value::Text(text), FieldKind::Picklist)
                if !self.allows(field, text) && !self.keeps(field, value) =>
            {
                error(RESTRICTED, restricted_message(field, text))
            }
            (Value::Number(number), _) if !fits(field, *number) => error(
                "NUMBER_OUTSIDE_VALID_RANGE",
                format!("{}: value outside of valid range on numeric field: {number}", field.label),
            ),
            (Value::Int(number), _) if number.unsigned_abs() >= 10_u64.pow(field.digits.into()) => error(
                "NUMBER_OUTSIDE_VALID_RANGE",
                format!("{}: value outside of valid range on numeric field: {number}", field.label),
            ),
            _ => Ok(()),
        }
    }

    /// Returns whether a picklist takes a new value. Most take any text (Object Reference, Picklist Field Type); others only
    /// those of the record's type.
    fn allows(self, field: &Field, value: &str) -> bool {
        let is_offered = |entry: &PicklistEntry| entry.active && entry.value == value;
        !field.restricted || self.picklists.entries(field).any(is_offered)
    }

    /// Returns whether the record has that value already: what is no longer offered may stay.
    fn keeps(self, field: &Field, value: &Value<'_>) -> bool {
        self.row.is_some_and(|row| self.view.value(self.sobject, &row, field) == *value)
    }

    fn check_reference(self, field: &Field, value: &Value<'_>) -> Result<(), SaveError> {
        let (FieldKind::Reference, Value::Id(id)) = (field.kind, value) else { return Ok(()) };
        let targets = field.reference_to.iter().filter_map(|name| self.view.schema().find(name));
        let known: Vec<&SObject> = targets.collect();
        let Some(target) = known.iter().find(|target| target.key_prefix == Some(id.prefix())) else {
            // Of sObjects that this org lacks, any record is believed.
            let is_elsewhere = known.len() < field.reference_to.len()
                && self.view.schema().find_by_prefix(id.prefix()).is_none();
            if is_elsewhere {
                return Ok(());
            }
            let message = format!("{}: id value of incorrect type: {id}", field.label);
            return Err(SaveError::of_fields("FIELD_INTEGRITY_EXCEPTION", message, &[&field.name]));
        };
        let row = self.view.find(target, id).filter(|row| !self.view.is_deleted(row));
        let row = row.ok_or_else(SaveError::no_such_record)?;
        self.refuse_inactive_owner(field, target, &row)?;
        self.refuse_circle(field, target, *id)
    }

    fn refuse_inactive_owner(self, field: &Field, target: &SObject, row: &Row) -> Result<(), SaveError> {
        let is_active = target.field("IsActive").map(|active| self.view.value(target, row, active));
        if field.name != "OwnerId" || is_active != Some(Value::Bool(false)) || self.keeps_owner(field, row) {
            return Ok(());
        }
        let id = self.view.id(row);
        let message = format!(
            "operation performed with inactive user [{}] as owner of {}",
            &id.as_str()[..15],
            self.sobject.label.to_lowercase()
        );
        Err(SaveError::of_record("INACTIVE_OWNER_OR_USER", message))
    }

    fn keeps_owner(self, field: &Field, owner: &Row) -> bool {
        self.keeps(field, &Value::Id(self.view.id(owner)))
    }

    /// Refuses a parent that is the record itself or below it.
    fn refuse_circle(self, field: &Field, target: &SObject, parent: RecordId) -> Result<(), SaveError> {
        /// As many levels are followed; the longest hierarchies have some dozens.
        const MAX_LEVELS: usize = 500;
        let Some(row) = self.row.filter(|_| target.name == self.sobject.name) else { return Ok(()) };
        let own = self.view.id(&row);
        let mut at = Some(parent);
        for _ in 0..MAX_LEVELS {
            let Some(id) = at else { return Ok(()) };
            if id == own {
                let message = "attempt to violate hierarchy constraints";
                return Err(SaveError::of_fields("CIRCULAR_DEPENDENCY", message, &[&field.name]));
            }
            at = self.view.find(target, &id).and_then(|row| match self.view.value(target, &row, field) {
                Value::Id(id) => Some(id),
                _ => None,
            });
        }
        Ok(())
    }

    fn check_unique(self, field: &Field, value: &Value<'_>) -> Result<(), SaveError> {
        if !field.unique || value.is_null() {
            return Ok(());
        }
        let rows = self.view.live_rows_by_key(self.sobject, field, value);
        let Some(other) = rows.iter().find(|row| Some(**row) != self.row) else { return Ok(()) };
        Err(match (self.sobject.name.as_str(), field.name.as_str()) {
            ("User", "Username") => SaveError::of_fields(
                "DUPLICATE_USERNAME",
                "Duplicate Username.<br>The username already exists in this or another Salesforce organization. \
                 Usernames must be unique across all Salesforce organizations. To resolve, use a different username \
                 (it doesn't need to match the user's email address).",
                &[&field.name],
            ),
            ("User", "CommunityNickname") => SaveError::of_fields(
                "DUPLICATE_COMM_NICKNAME",
                "Duplicate Nickname.<br>Another user has already selected this nickname.<br>Please select another.",
                &[&field.name],
            ),
            _ => {
                // The id is told in its short form.
                let id = self.view.id(other);
                let message = format!(
                    "duplicate value found: {} duplicates value on record with id: {}",
                    field.name,
                    &id.as_str()[..15]
                );
                SaveError::of_record("DUPLICATE_VALUE", message)
            }
        })
    }
}

const RESTRICTED: &str = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST";

fn restricted_message(field: &Field, value: &str) -> String {
    format!("{}: bad value for restricted picklist field: {value}", field.label)
}

/// Puts the values of a multi-select picklist into the order of its definition, each once.
fn in_order(field: &Field, text: &str) -> String {
    let mut items: Vec<&str> = Vec::new();
    for item in text.split(';').map(str::trim).filter(|item| !item.is_empty()) {
        if !items.contains(&item) {
            items.push(item);
        }
    }
    let rank =
        |item: &&str| field.picklist.iter().position(|entry| entry.value == *item).unwrap_or(usize::MAX);
    items.sort_by_key(rank);
    items.join(";")
}

/// Returns whether a number has no more digits before its point than the field. Those behind it are kept as they are.
fn fits(field: &Field, number: Decimal) -> bool {
    let whole_digits = u32::from(field.precision.saturating_sub(field.scale));
    let whole = number.trunc().abs();
    // The largest decimals have 29 digits, more than any field.
    whole.is_zero() || whole.to_string().len() <= whole_digits as usize
}

/// Returns whether a text has the form of an e-mail address, as roughly as orgs look at it.
fn is_email(text: &str) -> bool {
    let Some((name, domain)) = text.rsplit_once('@') else { return false };
    let is_plain =
        |c: char| !c.is_whitespace() && !matches!(c, '@' | ',' | ';' | '<' | '>' | '(' | ')' | '"');
    let has_labels = domain.contains('.') && domain.split('.').all(|label| !label.is_empty());
    !name.is_empty()
        && has_labels
        && text.rfind('@') == text.find('@')
        && text.replace('@', "").chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::is_email;

    #[test]
    fn addresses_are_told_from_other_texts() {
        for text in ["a@lockside.example", "a.b+c_d'e@lockside.co.example"] {
            assert!(is_email(text), "{text}");
        }
        for text in
            ["", "a", "a@b", "@b.example", "a@b..example", "a b@c.example", "a@b@c.example", "<a@b.example>"]
        {
            assert!(!is_email(text), "{text}");
        }
    }
}
