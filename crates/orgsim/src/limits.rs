//! The org's quotas: what is used of the daily API requests, and the figures of `/limits`.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};

pub(crate) use self::app_quota::AppQuota;
pub(crate) use self::exhausted::{Exhausted, Limit};
use crate::clock::HOUR_MS;

mod app_quota;
mod exhausted;

/// API requests that a Developer Edition org may make in 24 hours.
pub(crate) const DEVELOPER_EDITION_REQUESTS: u64 = 15_000;

const WINDOW_HOURS: i64 = 24;

/// The API requests of the last 24 hours against the daily limit.
#[derive(Debug)]
pub(crate) struct Usage {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    max: u64,
    is_enforced: bool,
    /// Requests by hour, so that the window slides.
    by_hour: BTreeMap<i64, u64>,
}

impl Usage {
    pub(crate) fn new(max: u64, is_enforced: bool) -> Self {
        Self { state: Mutex::new(State { max, is_enforced, by_hour: BTreeMap::new() }) }
    }

    /// Counts one request. Answers false if the limit is enforced and used up; such a request is not counted.
    pub(crate) fn take(&self, now_ms: i64) -> bool {
        let mut state = self.lock();
        if state.is_enforced && state.used(now_ms) >= state.max {
            return false;
        }
        *state.by_hour.entry(now_ms / HOUR_MS).or_default() += 1;
        true
    }

    /// Counts as many as the limit leaves of those wanted, and answers how many that are.
    pub(crate) fn take_up_to(&self, wanted: u64, now_ms: i64) -> u64 {
        let mut state = self.lock();
        let rest = state.max.saturating_sub(state.used(now_ms));
        let taken = if state.is_enforced { wanted.min(rest) } else { wanted };
        *state.by_hour.entry(now_ms / HOUR_MS).or_default() += taken;
        taken
    }

    pub(crate) fn used_and_max(&self, now_ms: i64) -> (u64, u64) {
        let mut state = self.lock();
        (state.used(now_ms), state.max)
    }

    pub(crate) fn set_max(&self, max: u64) {
        self.lock().max = max;
    }

    pub(crate) fn enforce(&self, is_enforced: bool) {
        self.lock().is_enforced = is_enforced;
    }

    /// Makes it so many requests used, as if all had been made just now.
    pub(crate) fn set_used(&self, used: u64, now_ms: i64) {
        let mut state = self.lock();
        state.by_hour.clear();
        state.by_hour.insert(now_ms / HOUR_MS, used);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn used(&mut self, now_ms: i64) -> u64 {
        let first = now_ms / HOUR_MS - WINDOW_HOURS;
        self.by_hour.retain(|hour, _| *hour > first);
        self.by_hour.values().sum()
    }
}

/// What a Developer Edition org is given of each quota, none of it used (REST API Developer Guide, Limits).
const FIGURES: &[(&str, u64)] = &[
    ("ActiveScratchOrgs", 3),
    ("AnalyticsExternalDataSizeMB", 40_960),
    ("CdpAiInferenceApiMonthlyLimit", 500_000_000),
    ("ConcurrentAsyncGetReportInstances", 200),
    ("ConcurrentEinsteinDataInsightsStoryCreation", 5),
    ("ConcurrentEinsteinDiscoveryStoryCreation", 2),
    ("ConcurrentSyncReportRuns", 20),
    ("ContentDistBandwidthLimitMB", 51_200),
    ("ContentDistViewLimit", 50_000),
    ("ContentPublicationLimit", 2_500),
    ("DailyAnalyticsDataflowJobExecutions", 60),
    ("DailyAnalyticsUploadedFilesSizeMB", 51_200),
    ("DailyApexCursorLimit", 10_000),
    ("DailyApexCursorRowsLimit", 100_000_000),
    ("DailyApexPCursorLimit", 200_000),
    ("DailyAsyncApexExecutions", 250_000),
    ("DailyAsyncApexTests", 500),
    ("DailyDurableGenericStreamingApiEvents", 10_000),
    ("DailyDurableStreamingApiEvents", 10_000),
    ("DailyEinsteinDataInsightsStoryCreation", 1_000),
    ("DailyEinsteinDiscoveryOptimizationJobRuns", 25),
    ("DailyEinsteinDiscoveryPredictAPICalls", 50_000),
    ("DailyEinsteinDiscoveryPredictionsByCDC", 500_000),
    ("DailyEinsteinDiscoveryStoryCreation", 100),
    ("DailyFunctionsApiCallLimit", 50_000),
    ("DailyGenericStreamingApiEvents", 10_000),
    ("DailyMetadataRetrievesWithDependencies", 25),
    ("DailyScratchOrgs", 6),
    ("DailyServiceEmailAgentforceCalls", 5_000),
    ("DailyStandardVolumePlatformEvents", 10_000),
    ("DailyStreamingApiEvents", 10_000),
    ("DailyWorkflowEmails", 8_040),
    ("DurableStreamingApiConcurrentClients", 20),
    ("ExternalServicesActiveObjects", 3_000),
    ("ExternalServicesActiveOperations", 3_000),
    ("ExternalServicesObjectProperties", 400_000),
    ("ExternalServicesObjects", 10_000),
    ("ExternalServicesOperations", 10_000),
    ("ExternalServicesRegistrations", 700),
    ("FileStorageMB", 20),
    ("HourlyAsyncReportRuns", 1_200),
    ("HourlyDashboardRefreshes", 200),
    ("HourlyDashboardResults", 5_000),
    ("HourlyDashboardStatuses", 999_999_999),
    ("HourlyElevateAsyncReportRuns", 1_200),
    ("HourlyElevateSyncReportRuns", 500),
    ("HourlyLongTermIdMapping", 100_000),
    ("HourlyManagedContentPublicRequests", 50_000),
    ("HourlyODataCallout", 1_000),
    ("HourlyPublishedPlatformEvents", 50_000),
    ("HourlyPublishedStandardVolumePlatformEvents", 1_000),
    ("HourlyShortTermIdMapping", 100_000),
    ("HourlySyncReportRuns", 500),
    ("HourlyTimeBasedWorkflow", 1_000),
    ("MassEmail", 10),
    ("MaxContentDocumentsLimit", 30_000_000),
    ("MonthlyEinsteinDiscoveryStoryCreation", 500),
    ("MonthlyPlatformEventsUsageEntitlement", 0),
    ("Package2VersionCreates", 6),
    ("Package2VersionCreatesWithoutValidation", 500),
    ("PlatformEventTriggersWithParallelProcessing", 5),
    ("PrivateConnectOutboundCalloutHourlyLimitMB", 0),
    ("PublishCallbackUsageInApex", 5_242_880),
    ("ScheduledFlowRunLimit", 250_000),
    ("ScheduledPathRunLimit", 250_000),
    ("SingleEmail", 15),
    ("StreamingApiConcurrentClients", 20),
];

/// Bulk API 2.0 query jobs an org may create in 24 hours (Bulk API 2.0 Developer Guide, Limits).
pub(crate) const DAILY_BULK_QUERY_JOBS: u64 = 10_000;

/// Kilobytes of results that Bulk API 2.0 query jobs may have in 24 hours (Bulk API 2.0 Developer Guide, Limits).
pub(crate) const DAILY_BULK_RESULT_KB: u64 = 1_000_000_000;

/// Bulk batches an org may process in 24 hours, those of both versions (Bulk API 2.0 Developer Guide, Limits).
pub(crate) const DAILY_BULK_BATCHES: u64 = 15_000;

/// Megabytes of data a Developer Edition org may hold.
const DATA_STORAGE_MB: u64 = 5;

/// Builds the answer of `/limits`.
pub(crate) fn limits_json(
    used_and_max: (u64, u64),
    bulk_jobs: u64,
    bulk_result_bytes: u64,
    bulk_batches: u64,
    delivered_and_max: (u64, u64),
) -> Value {
    let mut limits: Map<String, Value> =
        FIGURES.iter().map(|(name, max)| ((*name).to_owned(), entry(0, *max))).collect();
    let (used, max) = used_and_max;
    limits.insert("DailyApiRequests".to_owned(), entry(used, max));
    limits.insert("DailyBulkApiBatches".to_owned(), entry(bulk_batches, DAILY_BULK_BATCHES));
    let (delivered, most) = delivered_and_max;
    limits.insert("DailyDeliveredPlatformEvents".to_owned(), entry(delivered, most));
    limits.insert("DailyBulkV2QueryJobs".to_owned(), entry(bulk_jobs, DAILY_BULK_QUERY_JOBS));
    let result_mb = bulk_result_bytes.div_ceil(1024 * 1024);
    let stored = entry(result_mb, DAILY_BULK_RESULT_KB / 1024);
    limits.insert("DailyBulkV2QueryFileStorageMB".to_owned(), stored);
    limits.insert("DataStorageMB".to_owned(), entry(0, DATA_STORAGE_MB));
    let mut permission_sets = entry(2, 1_500);
    permission_sets["CreateCustom"] = entry(2, 1_000);
    limits.insert("PermissionSets".to_owned(), permission_sets);
    Value::Object(limits)
}

fn entry(used: u64, max: u64) -> Value {
    json!({ "Max": max, "Remaining": max.saturating_sub(used) })
}

#[cfg(test)]
mod tests {
    use super::{HOUR_MS, Usage};

    #[test]
    fn the_window_slides() {
        let usage = Usage::new(2, true);

        assert!(usage.take(0));
        assert!(usage.take(HOUR_MS));
        assert!(!usage.take(2 * HOUR_MS));
        assert!(usage.take(24 * HOUR_MS));
        assert_eq!(usage.used_and_max(24 * HOUR_MS), (2, 2));
    }

    #[test]
    fn a_limit_that_is_not_enforced_only_counts() {
        let usage = Usage::new(1, false);

        assert!(usage.take(0) && usage.take(0));
        assert_eq!(usage.used_and_max(0), (2, 1));
    }
}
