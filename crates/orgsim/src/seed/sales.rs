//! Stages, statuses, price books, reports.

use rust_decimal::Decimal;

use super::Planter;
use crate::data::deal::STAGES;
use crate::value::Value;

/// The price books beside the standard one.
const PRICE_BOOKS: [(&str, &str); 2] =
    [("Distributors", "For those who sell on."), ("Public Sector", "Agreed with the purchasing pool.")];

/// Reports: name, unique name, format.
const REPORTS: [(&str, &str, &str); 3] = [
    ("Pipeline by Stage", "Pipeline_by_Stage", "Summary"),
    ("Accounts without Activity", "Accounts_without_Activity", "Tabular"),
    ("Cases by Origin and Month", "Cases_by_Origin_and_Month", "Matrix"),
];

pub(super) fn plant(planter: &Planter<'_>) {
    plant_stages(planter);
    planter.plant_statuses("LeadStatus", "Lead", |status| {
        vec![("IsConverted", Value::Bool(status == "Closed - Converted"))]
    });
    planter.plant_statuses("ContractStatus", "Contract", |status| {
        let code = if status == "In Approval Process" { "InApproval" } else { status };
        vec![("StatusCode", Value::owned_text(code.to_owned()))]
    });
    planter.plant(
        "Pricebook2",
        &[
            ("Name", Value::text("Standard Price Book")),
            ("IsActive", Value::Bool(true)),
            ("IsStandard", Value::Bool(true)),
        ],
    );
    for (name, description) in PRICE_BOOKS {
        let values = [
            ("Name", Value::text(name)),
            ("IsActive", Value::Bool(true)),
            ("Description", Value::text(description)),
        ];
        planter.plant("Pricebook2", &values);
    }
    for (name, unique_name, format) in REPORTS {
        let values = [
            ("Name", Value::text(name)),
            ("DeveloperName", Value::text(unique_name)),
            ("Format", Value::text(format)),
            ("FolderName", Value::text("Public Reports")),
        ];
        planter.plant("Report", &values);
    }
    planter.plant(
        "Dashboard",
        &[
            ("Title", Value::text("Pipeline")),
            ("DeveloperName", Value::text("Pipeline")),
            ("FolderName", Value::text("Public Dashboards")),
            ("Type", Value::text("LoggedInUser")),
        ],
    );
}

fn plant_stages(planter: &Planter<'_>) {
    for (at, stage) in (1..).zip(&STAGES) {
        let values = [
            ("MasterLabel", Value::text(stage.name)),
            ("ApiName", Value::text(stage.name)),
            ("IsActive", Value::Bool(true)),
            ("SortOrder", Value::Int(at)),
            ("IsClosed", Value::Bool(stage.is_closed)),
            ("IsWon", Value::Bool(stage.is_won)),
            ("ForecastCategory", Value::text(stage.forecast_category())),
            ("ForecastCategoryName", Value::text(stage.forecast_category_name)),
            ("DefaultProbability", Value::Number(Decimal::from(stage.probability))),
        ];
        planter.plant("OpportunityStage", &values);
    }
}
