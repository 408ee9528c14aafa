//! Fields whose values follow from other fields.

use chrono::Datelike;
use rust_decimal::Decimal;

use crate::data::Derivation;
use crate::id::RecordId;
use crate::org::statuses::Stage;
use crate::org::{OrgView, Row, files, people};
use crate::schema::SObject;
use crate::value::Value;

mod activities;
mod sales;

/// Computes a field from the current values of others.
pub(super) fn derive<'a>(
    view: &'a OrgView<'_>,
    derivation: Derivation,
    sobject: &'a SObject,
    row: &Row,
) -> Value<'a> {
    let record = Source { view, sobject, row: *row };
    match derivation {
        Derivation::Sales(derivation) => sales::derive(derivation, record),
        Derivation::Activity(derivation) => activities::derive(derivation, record),
        Derivation::FullName => record.full_name(),
        Derivation::IsEmailBounced => Value::Bool(!record.value("EmailBouncedDate").is_null()),
        Derivation::DealIsClosed => Value::Bool(record.stage().is_some_and(|stage| stage.is_closed)),
        Derivation::DealIsWon => Value::Bool(record.stage().is_some_and(|stage| stage.is_won)),
        Derivation::ForecastCategory => record.forecast_category(),
        Derivation::ExpectedRevenue => record.expected_revenue(),
        Derivation::FiscalQuarter => {
            record.fiscal_period().map_or(Value::Null, |(_, quarter)| Value::Int(quarter))
        }
        Derivation::FiscalYear => record.fiscal_period().map_or(Value::Null, |(year, _)| Value::Int(year)),
        Derivation::Fiscal => record
            .fiscal_period()
            .map_or(Value::Null, |(year, quarter)| Value::owned_text(format!("{year} {quarter}"))),
        Derivation::CaseIsClosed => Value::Bool(view.statuses().closes_case(record.value("Status").as_str())),
        Derivation::CaseIsClosedOnCreate => {
            let closed = record.value("ClosedDate");
            Value::Bool(!closed.is_null() && closed == record.value("CreatedDate"))
        }
        Derivation::OfContact(field) => record.parent_value("ContactId", field),
        Derivation::UserType => record.parent_value("ProfileId", "UserType"),
        Derivation::OwnSet => people::own_set(view, &record.value("AssigneeId")),
        Derivation::UsedUserLicenses => people::used_user_licenses(view, view.id(row)),
        Derivation::UsedSetLicenses => {
            people::count_links(view, "PermissionSetLicenseAssign", "PermissionSetLicenseId", view.id(row))
        }
        Derivation::UsedPackageLicenses => {
            people::count_links(view, "UserPackageLicense", "PackageLicenseId", view.id(row))
        }
        Derivation::ContentSize => record.value("ContentSize"),
        Derivation::OfDocument(field) => files::of_document(view, row, field),
        Derivation::OfLatestVersion(field) => files::of_latest_version(view, row, field),
    }
}

#[derive(Clone, Copy)]
struct Source<'a, 'org> {
    view: &'a OrgView<'org>,
    sobject: &'a SObject,
    row: Row,
}

impl<'a> Source<'a, '_> {
    fn value(self, field: &str) -> Value<'a> {
        self.sobject.field(field).map_or(Value::Null, |field| self.view.value(self.sobject, &self.row, field))
    }

    fn number(self, field: &str) -> Option<Decimal> {
        if let Value::Number(number) = self.value(field) { Some(number) } else { None }
    }

    /// Returns a field of the record that a lookup points to.
    fn parent_value(self, lookup: &str, field: &str) -> Value<'a> {
        let Value::Id(id) = self.value(lookup) else { return Value::Null };
        self.value_at(&id, field)
    }

    /// Returns a field of the record that has that id.
    fn value_at(self, id: &RecordId, field: &str) -> Value<'a> {
        let Some(parent) = self.view.schema().find_by_prefix(id.prefix()) else { return Value::Null };
        match (self.view.find(parent, id), parent.field(field)) {
            // The row is this function's own, so what it says must be too.
            (Some(row), Some(field)) => self.view.value(parent, &row, field).into_owned(),
            _ => Value::Null,
        }
    }

    fn full_name(self) -> Value<'a> {
        let (first, last) = (self.value("FirstName"), self.value("LastName"));
        match (first.as_str(), last.as_str()) {
            (Some(first), Some(last)) => Value::owned_text(format!("{first} {last}")),
            (None, Some(_)) => last,
            _ => first,
        }
    }

    fn stage(self) -> Option<&'a Stage> {
        self.view.statuses().stage(self.value("StageName").as_str())
    }

    /// The internal names of the categories people see (Object Reference, Opportunity).
    fn forecast_category(self) -> Value<'a> {
        Value::text(match self.value("ForecastCategoryName").as_str() {
            Some("Omitted") => "Omitted",
            Some("Best Case") => "BestCase",
            Some("Commit") => "Forecast",
            Some("Closed") => "Closed",
            _ => "Pipeline",
        })
    }

    fn expected_revenue(self) -> Value<'a> {
        match (self.number("Amount"), self.number("Probability")) {
            (Some(amount), Some(probability)) => {
                Value::Number((amount * probability / Decimal::ONE_HUNDRED).round_dp(2))
            }
            _ => Value::Null,
        }
    }

    fn fiscal_period(self) -> Option<(i64, i64)> {
        let Value::Date(day) = self.value("CloseDate") else { return None };
        Some((i64::from(day.year()), i64::from(day.month0() / 3 + 1)))
    }
}
