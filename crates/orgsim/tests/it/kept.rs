//! An org that is started again goes on with what people approved.

use orgsim::{Simulator, SimulatorConfig};

#[tokio::test]
async fn approvals_outlive_a_restart_where_they_are_kept() {
    let file = std::env::temp_dir().join(format!("orgsim-kept-{}.json", std::process::id()));
    let start = || {
        Simulator::start(SimulatorConfig { keep_in: Some(file.clone()), ..SimulatorConfig::default() })
            .unwrap()
    };
    let first = start();
    let line = first.start_line().clone();
    let (_, approved) = first.approve();
    drop(first);

    let second = start();

    let again = second.start_line();
    assert_eq!(
        (&again.client_id, &again.client_secret, &again.password, &again.refresh_token),
        (&line.client_id, &line.client_secret, &line.password, &line.refresh_token)
    );
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", line.client_id.as_str()),
        ("client_secret", line.client_secret.as_str()),
        ("refresh_token", approved.as_str()),
    ];
    let _ = rustls::crypto::ring::default_provider().install_default();
    let url = format!("{}/services/oauth2/token", second.base_url());
    let answer = reqwest::Client::new().post(url).form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    std::fs::remove_file(file).unwrap();
}

#[tokio::test]
async fn the_last_use_of_a_token_outlives_a_restart() {
    const DAY_MS: i64 = 24 * 3_600_000;
    let file = std::env::temp_dir().join(format!("orgsim-used-{}.json", std::process::id()));
    let start = || {
        Simulator::start(SimulatorConfig { keep_in: Some(file.clone()), ..SimulatorConfig::default() })
            .unwrap()
    };
    let used_at = || {
        let kept: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        kept["approvals"][0]["used_at"].as_i64().unwrap()
    };
    let first = start();
    let line = first.start_line().clone();
    let approved_at = used_at();
    first.clock().advance(DAY_MS);

    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", line.client_id.as_str()),
        ("client_secret", line.client_secret.as_str()),
        ("refresh_token", line.refresh_token.as_str()),
    ];
    let _ = rustls::crypto::ring::default_provider().install_default();
    let url = format!("{}/services/oauth2/token", first.base_url());
    let answer = reqwest::Client::new().post(url).form(&form).send().await.unwrap();

    assert_eq!(answer.status(), 200);
    assert!(used_at() >= approved_at + DAY_MS);
    std::fs::remove_file(&file).unwrap();
}
