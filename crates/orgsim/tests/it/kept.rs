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
