//! Limits of an org and how much of them is used.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The limits of an org by name (REST API Developer Guide, Limits). They are up to five minutes old.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Limits(pub BTreeMap<String, Limit>);

impl Limits {
    /// One limit, for example `DailyApiRequests`; an org leaves out what its edition lacks.
    pub fn get(&self, name: &str) -> Option<Limit> {
        self.0.get(name).copied()
    }
}

/// One limit: how much there is and how much is left.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Limit {
    /// How much the org may use.
    pub max: i64,
    /// How much is left; below zero while Salesforce tolerates an overage.
    pub remaining: i64,
}

/// API requests the org has made in the last 24 hours, and how many it may make.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ApiUsage {
    /// Requests of all users and apps in the last 24 hours.
    pub used: u64,
    /// Requests allowed in 24 hours.
    pub max: u64,
}

impl ApiUsage {
    /// Reads the header `Sforce-Limit-Info`, such as `api-usage=18/5000; per-app-api-usage=17/250(appName=sample)`.
    pub fn parse(header: &str) -> Option<Self> {
        let (used, max) = header
            .split([';', ','])
            .find_map(|part| part.trim().strip_prefix("api-usage="))?
            .split_once('/')?;
        Some(Self { used: used.parse().ok()?, max: max.trim().parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::{ApiUsage, Limits};

    #[test]
    fn the_limit_header_is_read() {
        let cases = [
            ("api-usage=18/5000", Some(ApiUsage { used: 18, max: 5000 })),
            (
                "api-usage=25/5000; per-app-api-usage=17/250(appName=sample)",
                Some(ApiUsage { used: 25, max: 5000 }),
            ),
            ("per-app-api-usage=17/250(appName=sample)", None),
            ("api-usage=x/5000", None),
            ("", None),
        ];
        for (header, usage) in cases {
            assert_eq!(ApiUsage::parse(header), usage, "{header}");
        }
    }

    #[test]
    fn entries_nested_by_app_are_passed_over() {
        let text = r#"{"DailyApiRequests":{"Max":15000,"Remaining":14998,"Loader":{"Max":0,"Remaining":0}}}"#;

        let limits: Limits = serde_json::from_str(text).unwrap();

        assert_eq!(limits.get("DailyApiRequests").unwrap().remaining, 14_998);
        assert_eq!(limits.get("Unknown"), None);
    }
}
