//! Record types, those of opportunities each with the process that says which stages its records go through.

use super::super::Planter;
use crate::value::Value;

/// A record type: sObject, name, developer name, and the name and stages of its process.
type TypeSpec = (&'static str, &'static str, &'static str, Option<(&'static str, &'static str)>);

/// The types in the order in which computed records count on.
const TYPES: [TypeSpec; 3] = [
    (
        "Opportunity",
        "New Business",
        "New_Business",
        Some(("New Business", "All stages from Prospecting to Closed Won or Closed Lost")),
    ),
    (
        "Opportunity",
        "Renewal",
        RENEWAL,
        Some(("Renewal", "Proposal/Price Quote, Negotiation/Review, Closed Won, Closed Lost")),
    ),
    ("Project__c", "Customer Project", "Customer_Project", None),
];

/// The developer name of the type whose process leaves stages out.
const RENEWAL: &str = "Renewal";

/// The stages of its process.
const RENEWAL_STAGES: [&str; 4] = ["Proposal/Price Quote", "Negotiation/Review", "Closed Won", "Closed Lost"];

pub(super) fn plant(planter: &Planter<'_>) {
    for (sobject, name, developer_name, process) in TYPES {
        let process = process.map_or(Value::Null, |(name, description)| {
            Value::Id(planter.plant(
                "BusinessProcess",
                &[
                    ("Name", Value::text(name)),
                    ("Description", Value::text(description)),
                    ("TableEnumOrId", Value::text("Opportunity")),
                    ("IsActive", Value::Bool(true)),
                ],
            ))
        });
        let id = planter.plant(
            "RecordType",
            &[
                ("SobjectType", Value::text(sobject)),
                ("Name", Value::text(name)),
                ("DeveloperName", Value::text(developer_name)),
                ("IsActive", Value::Bool(true)),
                ("BusinessProcessId", process),
            ],
        );
        if developer_name == RENEWAL {
            planter.narrow_picklist(sobject, id, "StageName", &RENEWAL_STAGES);
        }
    }
}
