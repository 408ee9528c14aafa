//! Who a token speaks for: id tokens, identity, browsers, and the flows that need no secret.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::StatusCode;
use ring::digest;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::{Value, json};

use crate::browser::{Browser, VERIFIER, authorize_url, callback, challenge, redeem};
use crate::client::{Answer, TestOrg, config};

#[tokio::test]
async fn identity_tells_who_a_token_speaks_for() {
    let org = TestOrg::start();
    let id = org.refresh(&org.line.refresh_token).await.json()["id"].as_str().unwrap().to_owned();
    let path = id.strip_prefix(&org.line.base_url).unwrap();

    let identity = org.get(path).await.json();
    assert_eq!(
        (&identity["username"], &identity["organization_id"]),
        (&json!(org.line.username), &json!(org.line.org_id))
    );
    let userinfo = org.get("/services/oauth2/userinfo").await.json();
    assert_eq!((&userinfo["sub"], &userinfo["user_id"]), (&json!(id), &identity["user_id"]));
    let by_parameter = org.http.get(format!("{id}?oauth_token={}", org.token)).send().await.unwrap();
    assert_eq!(by_parameter.status(), StatusCode::OK);
    for (address, text) in [
        (id.clone(), "Missing_OAuth_Token"),
        (format!("{id}?oauth_token=x"), "Bad_OAuth_Token"),
        (
            org.url(&format!("/id/00D000000000000EAA/005000000000000AAA?oauth_token={}", org.token)),
            "Wrong_Org",
        ),
    ] {
        let answer = Answer::read(org.http.get(address).send().await.unwrap()).await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::FORBIDDEN, text));
    }
}

#[tokio::test]
async fn an_id_token_can_be_verified() {
    let org = TestOrg::start();
    let extra = [("scope", "openid api refresh_token"), ("nonce", "n-1")];
    let given = Browser::new(&org).allow(&extra).await;

    let body = org.token(&redeem(&given["code"])).await.json();

    let configuration = org.get("/.well-known/openid-configuration").await.json();
    let keys = org.get(configuration["jwks_uri"].as_str().unwrap().strip_prefix(&org.line.base_url).unwrap());
    let key = keys.await.json()["keys"][0].clone();
    let (signed, signature) = body["id_token"].as_str().unwrap().rsplit_once('.').unwrap();
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let number = |name: &str| decode(key[name].as_str().unwrap());
    let public = RsaPublicKeyComponents { n: number("n"), e: number("e") };
    public.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &decode(signature)).unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let part = |text: &str| serde_json::from_slice::<Value>(&decode(text)).unwrap();
    assert_eq!((&part(header)["alg"], &part(header)["kid"]), (&json!("RS256"), &key["kid"]));
    let claims = part(claims);
    let hash = digest::digest(&digest::SHA256, body["access_token"].as_str().unwrap().as_bytes());
    assert_eq!(claims["at_hash"], URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]));
    assert_eq!((&claims["iss"], &claims["sub"]), (&configuration["issuer"], &body["id"]));
    assert_eq!((&claims["aud"], &claims["nonce"]), (&json!(org.line.client_id), &json!("n-1")));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 120);
    assert_eq!(claims["preferred_username"], org.line.username);
    let refreshed = org.refresh(body["refresh_token"].as_str().unwrap()).await.json();
    assert!(refreshed["id_token"].is_string());
}

#[tokio::test]
async fn a_program_without_server_gets_its_tokens_in_the_fragment() {
    let org = TestOrg::start();

    let given = Browser::new(&org).allow(&[("response_type", "token")]).await;

    assert_eq!((given["state"].as_str(), given["token_type"].as_str()), ("s p&=é", "Bearer"));
    assert_eq!((given.get("refresh_token"), given.get("code")), (None, None));
    assert_eq!(org.get_as(&given["access_token"], "limits").await.status, StatusCode::OK);
    let both = [("response_type", "token id_token"), ("scope", "openid api"), ("nonce", "n")];
    assert!(Browser::new(&org).allow(&both).await.contains_key("id_token"));
    let wrong = [("response_type", "token"), ("scope", "everything")];
    let refused = callback(&Browser::new(&org).get(&authorize_url(&org, &wrong)).await);
    assert_eq!((refused["error"].as_str(), refused["state"].as_str()), ("invalid_scope", "s p&=é"));
}

#[tokio::test]
async fn an_owner_of_a_scheme_gets_a_refresh_token_in_the_fragment() {
    let mut config = config();
    config.callback_urls = vec!["myapp:/callback".to_owned()];
    let org = TestOrg::start_with(config);
    let mut browser = Browser::new(&org);
    let query = format!("/services/oauth2/authorize?response_type=token&client_id={}", org.line.client_id);
    let first = browser.get(&query).await;
    let consent = browser.sign_in(&first).await;

    let answer = browser.submit(&consent, "allow").await;

    let location = answer.header("location");
    assert!(
        location.starts_with("myapp:/callback#access_token=") && location.contains("&refresh_token="),
        "{location}"
    );
}

#[tokio::test]
async fn identity_comes_in_other_forms_too() {
    let org = TestOrg::start();
    let id = org.refresh(&org.line.refresh_token).await.json()["id"].as_str().unwrap().to_owned();
    let get = async |query: &str| {
        let request = org.http.get(format!("{id}?{query}")).bearer_auth(&org.token);
        Answer::read(request.send().await.unwrap()).await
    };

    let latest = get("version=latest").await.json();
    assert_eq!(latest["urls"]["rest"], org.url("/services/data/v68.0/"));
    let xml = get("format=xml").await;
    assert!(xml.text.contains("<active>true</active>"), "{}", xml.text);
    let script = get("callback=show").await;
    assert!(script.text.starts_with("show({") && script.header("content-type").contains("javascript"));
}

#[tokio::test]
async fn signing_out_ends_the_browsers_session() {
    let org = TestOrg::start();
    let mut browser = Browser::new(&org);
    browser.allow(&[]).await;
    let back = "/services/oauth2/logout?post_logout_redirect_uri=http%3A%2F%2Flocalhost%3A9%2Fbye&state=s";

    let out = browser.get(back).await;

    assert_eq!(out.header("location"), "http://localhost:9/bye?state=s");
    let again = browser.get(&authorize_url(&org, &[])).await;
    assert!(again.header("location").starts_with("/login?"));
    let elsewhere =
        browser.get("/services/oauth2/logout?post_logout_redirect_uri=https%3A%2F%2Fevil.example%2F").await;
    assert_eq!((elsewhere.status, elsewhere.header("location")), (StatusCode::OK, ""));
}

#[tokio::test]
async fn a_token_signs_a_browser_in_once() {
    let org = TestOrg::start();
    let form = [("grant_type", "client_credentials"), ("scope", "api web")];
    let token = org.token(&form).await.json()["access_token"].as_str().unwrap().to_owned();
    let bridge = async |token: &str| {
        let request = org.http.post(org.url("/services/oauth2/singleaccess")).bearer_auth(token);
        Answer::read(request.form(&[("redirect_uri", "//evil.example")]).send().await.unwrap()).await
    };
    let mut browser = Browser::new(&org);

    let address = bridge(&token).await.json()["frontdoor_uri"].as_str().unwrap().to_owned();
    let entered = browser.get(&address).await;
    assert_eq!(entered.header("location"), "/");
    browser.cookie = entered.header("set-cookie").split(';').next().unwrap().to_owned();
    let first = browser.get(&authorize_url(&org, &[])).await;
    assert!(first.header("location").starts_with("/setup/secur/RemoteAccess"), "{first:?}");

    assert!(browser.get(&address).await.header("location").starts_with("/login?"));
    assert_eq!(bridge(&org.token).await.status, StatusCode::FORBIDDEN);
    let by_session = browser.get(&format!("/secur/frontdoor.jsp?sid={token}&retURL=/setup/connect")).await;
    assert_eq!(by_session.header("location"), "/setup/connect");
}

#[tokio::test]
async fn the_command_line_needs_no_secret() {
    let org = TestOrg::start();
    let challenge = challenge();
    let extra = [
        ("client_id", "PlatformCLI"),
        ("code_challenge", challenge.as_str()),
        ("scope", "refresh_token api web"),
    ];
    let given = Browser::new(&org).allow(&extra).await;
    let send = async |form: &[(&str, &str)]| {
        let request = org.http.post(org.url("/services/oauth2/token")).form(form);
        Answer::read(request.send().await.unwrap()).await.json()
    };

    let mut form = redeem(&given["code"]);
    form.extend([("code_verifier", VERIFIER), ("client_id", "PlatformCLI"), ("client_secret", "")]);
    let issued = send(&form).await;

    let refresh = issued["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh), ("client_id", "PlatformCLI")];
    assert!(send(&form).await["access_token"].is_string());
}

#[tokio::test]
async fn identities_tell_what_kind_of_user_it_is() {
    let org = TestOrg::start();
    let kinds = async |token: &str, user: &str| {
        let get = async |path: &str| {
            let request = org.http.get(org.url(path)).bearer_auth(token);
            Answer::read(request.send().await.unwrap()).await.json()
        };
        let userinfo = get("/services/oauth2/userinfo").await;
        let identity = get(&format!("/id/{}/{user}", org.line.org_id)).await;
        assert_eq!(identity["user_type"], userinfo["user_type"]);
        (userinfo["user_type"].clone(), userinfo["is_salesforce_integration_user"].clone())
    };
    let me = org.simulator.org().user_id().to_string();
    assert_eq!(kinds(&org.token, &me).await, (json!("STANDARD"), json!(false)));

    let program = org.person("Salesforce API Only System Integrations").await;
    assert_eq!(kinds(&program.token, &program.id).await, (json!("STANDARD"), json!(true)));
}
