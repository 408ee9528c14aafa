//! Limits of a simulated org.

use orgsim::SimulatorConfig;
use salesforce::Retry;

use crate::org::TestOrg;

#[tokio::test]
async fn limits_and_usage_agree() {
    let org = TestOrg::start();
    let client = org.client();

    let limits = client.limits().await.unwrap();

    let requests = limits.get("DailyApiRequests").unwrap();
    let usage = client.usage().unwrap();
    assert_eq!(requests.max, i64::try_from(usage.max).unwrap());
    assert!(requests.remaining <= requests.max);
    assert_eq!(client.calls(), 1);
}

#[tokio::test]
async fn calls_beyond_the_quota_are_put_off() {
    let config =
        SimulatorConfig { daily_api_requests: 3, enforce_daily_limit: true, ..SimulatorConfig::default() };
    let org = TestOrg::start_with(config);
    let client = org.client();

    let error = loop {
        assert!(client.calls() < 10, "the quota is not enforced");
        if let Err(error) = client.limits().await {
            break error;
        }
    };

    assert_eq!(error.as_api_error().unwrap().code, "REQUEST_LIMIT_EXCEEDED");
    assert!(matches!(error.retry(), Retry::Later(Some(_))), "{error:?}");
}
