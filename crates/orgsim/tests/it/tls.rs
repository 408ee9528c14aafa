//! HTTPS with the authority of the start line.

use std::fs;

use reqwest::tls::Certificate;
use reqwest::{Client, StatusCode};

use crate::client::{TestOrg, config, plain_client};

#[tokio::test]
async fn who_trusts_the_authority_speaks_https() {
    let mut config = config();
    config.tls = true;
    config.tls_names = vec!["login.orgsim.example".to_owned()];
    let org = TestOrg::start_with(config);
    let ca = fs::read(org.line.ca_file.as_ref().unwrap()).unwrap();
    let ca = Certificate::from_pem(&ca).unwrap();
    let address = org.line.base_url.strip_prefix("https://").unwrap().parse().unwrap();
    let trusting =
        Client::builder().tls_certs_only([ca]).resolve("login.orgsim.example", address).build().unwrap();
    let versions = org.url("/services/data");

    assert_eq!(trusting.get(&versions).send().await.unwrap().status(), StatusCode::OK);
    let named = format!("https://login.orgsim.example:{}/services/data", address.port());
    assert_eq!(trusting.get(named).send().await.unwrap().status(), StatusCode::OK);
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", org.line.refresh_token.as_str()),
        ("client_id", &org.line.client_id),
        ("client_secret", &org.line.client_secret),
    ];
    let answer = trusting.post(org.url("/services/oauth2/token")).form(&form).send().await.unwrap();
    let body: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(body["instance_url"], org.line.base_url);
    assert!(plain_client().get(&versions).send().await.is_err());
}

#[tokio::test]
async fn a_client_that_says_nothing_holds_up_nobody() {
    let mut config = config();
    config.tls = true;
    let org = TestOrg::start_with(config);
    let ca = Certificate::from_pem(&fs::read(org.line.ca_file.as_ref().unwrap()).unwrap()).unwrap();
    let address = org.line.base_url.strip_prefix("https://").unwrap();
    let _silent = tokio::net::TcpStream::connect(address).await.unwrap();

    let client = Client::builder().tls_certs_only([ca]).build().unwrap();

    assert_eq!(client.get(org.url("/services/data")).send().await.unwrap().status(), StatusCode::OK);
}
