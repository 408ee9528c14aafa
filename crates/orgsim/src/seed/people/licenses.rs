//! What the org has bought: licences of users, of permission sets, of packages, and by use.

use chrono::{DateTime, NaiveDate};
use rust_decimal::Decimal;

use super::super::Planter;
use crate::clock::DAY_MS;
use crate::id::RecordId;
use crate::rights::USER_LICENSES;
use crate::value::Value;

/// Permission set licences: developer name, label and how many.
const SET_LICENSES: [(&str, &str, i64); 6] = [
    ("SalesforceAPIIntegrationPsl", "Salesforce API Integration", 5),
    ("IdentityConnect", "Identity Connect", 10),
    ("SalesConsoleUser", "Sales Console User", 10),
    ("SalesUserPsl", "Sales User", 10),
    ("EventMonitoringPsl", "Event Monitoring", 2),
    ("CRMUserPsl", "CRM User", 100),
];

/// Managed packages: namespace, status and seats, where minus one is the whole site.
const PACKAGES: [(&str, &str, i64); 3] =
    [("signpost", "Active", 5), ("ferrymap", "Active", -1), ("locktrial", "Trial", 3)];

/// Plants the licences and returns those of users, in the order of their list.
pub(super) fn plant(planter: &Planter<'_>) -> Vec<RecordId> {
    let plant = |(name, key, total): (&'static str, &'static str, i64)| {
        let mut values = vec![
            ("Name", Value::text(name)),
            ("MasterLabel", Value::text(name)),
            ("LicenseDefinitionKey", Value::text(key)),
            ("TotalLicenses", Value::Int(total)),
            ("Status", Value::text("Active")),
            ("UsedLicensesLastUpdated", Value::DateTime(planter.now_ms)),
        ];
        if name.ends_with("Login") {
            values.extend([
                ("MonthlyLoginsEntitlement", Value::Int(500)),
                ("MonthlyLoginsUsed", Value::Int(0)),
            ]);
        }
        planter.plant("UserLicense", &values)
    };
    let ids = USER_LICENSES.map(plant).to_vec();
    plant_set_licenses(planter);
    plant_packages(planter);
    plant_entitlements(planter);
    ids
}

fn plant_set_licenses(planter: &Planter<'_>) {
    for (name, label, total) in SET_LICENSES {
        planter.plant(
            "PermissionSetLicense",
            &[
                ("DeveloperName", Value::text(name)),
                ("MasterLabel", Value::text(label)),
                ("PermissionSetLicenseKey", Value::text(name)),
                ("TotalLicenses", Value::Int(total)),
                ("Status", Value::text("Active")),
                ("IsAvailableForIntegrations", Value::Bool(name == "SalesforceAPIIntegrationPsl")),
                ("MaximumPermissionsApiEnabled", Value::Bool(true)),
            ],
        );
    }
}

fn plant_packages(planter: &Planter<'_>) {
    let first = planter.first_ids("User", 3);
    for (at, (namespace, status, allowed)) in PACKAGES.into_iter().enumerate() {
        let expires =
            if status == "Trial" { Value::DateTime(planter.now_ms + 30 * DAY_MS) } else { Value::Null };
        let package = planter.plant(
            "PackageLicense",
            &[
                ("NamespacePrefix", Value::text(namespace)),
                ("Status", Value::text(status)),
                ("AllowedLicenses", Value::Int(allowed)),
                ("IsProvisioned", Value::Bool(true)),
                ("ExpirationDate", expires),
            ],
        );
        // A licence for the whole site is given to nobody by name.
        let seated = if allowed < 0 { 0 } else { 3 - at };
        for user in first.iter().take(seated) {
            let values = [("PackageLicenseId", Value::Id(package)), ("UserId", Value::Id(*user))];
            planter.plant("UserPackageLicense", &values);
        }
    }
}

fn plant_entitlements(planter: &Planter<'_>) {
    let day = |ms: i64| {
        let time = DateTime::from_timestamp_millis(ms);
        Value::Date(time.map_or(NaiveDate::MIN, |time| time.date_naive()))
    };
    let entitlements = [
        ("Daily API Requests", "force.com/daily-api-requests", 15_000, "Daily"),
        ("Monthly Platform Events", "force.com/monthly-platform-events", 500_000, "Monthly"),
        ("Data Storage (MB)", "force.com/data-storage", 1_024, "Once"),
    ];
    for (label, setting, allowed, frequency) in entitlements {
        planter.plant(
            "TenantUsageEntitlement",
            &[
                ("MasterLabel", Value::text(label)),
                ("ResourceGroupKey", Value::text("force.com")),
                ("Setting", Value::text(setting)),
                ("StartDate", day(planter.at_ms)),
                ("EndDate", day(planter.now_ms + 365 * DAY_MS)),
                ("CurrentAmountAllowed", Value::Number(Decimal::from(allowed))),
                ("AmountUsed", Value::Number(Decimal::ZERO)),
                ("Frequency", Value::text(frequency)),
                ("IsPersistentResource", Value::Bool(frequency == "Once")),
            ],
        );
    }
}
