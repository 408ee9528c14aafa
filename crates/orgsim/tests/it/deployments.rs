//! Deployments of client apps and permission sets, and signing in with what was deployed.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use reqwest::header::LOCATION;
use reqwest::{Method, StatusCode};
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::RSA_PKCS1_SHA256;
use serde_json::{Value, json};

use crate::browser::{Browser, CALLBACK, VERIFIER, authorize_url, callback, challenge};
use crate::client::{Answer, NOW_MS, TestOrg, config};
use crate::soap::{call, login, password, session_header};

/// Files of a package by their names.
type Files = Vec<(&'static str, String)>;

const APP: &str = "externalClientApps/Towpath.eca";
const GLOBAL: &str = "extlClntAppGlobalOauthSets/Towpath_glbloauth.ecaGlblOauth";
const SETTINGS: &str = "extlClntAppOauthSettings/Towpath_oauth.ecaOauth";
const POLICY: &str = "extlClntAppOauthPolicies/Towpath_oauth_defaultPolicy.ecaOauthPlcy";
const SET: &str = "permissionsets/Towpath_Sync.permissionset";

fn document(root: &str, content: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><{root} xmlns=\"http://soap.sforce.com/2006/04/metadata\">{content}</{root}>"
    )
}

fn of_app(root: &str, content: &str) -> String {
    document(root, &format!("<externalClientApplication>Towpath</externalClientApplication>{content}"))
}

fn manifest(members: &[(&str, &str)]) -> String {
    let types: String = members
        .iter()
        .map(|(name, member)| format!("<types><members>{member}</members><name>{name}</name></types>"))
        .collect();
    document("Package", &format!("{types}<version>66.0</version>"))
}

/// The package of an app that a person approves, as users of a permission set may.
fn package() -> Files {
    let object = "<objectPermissions><allowCreate>false</allowCreate><allowDelete>false</allowDelete><allowEdit>false</allowEdit>\
                  <allowRead>true</allowRead><modifyAllRecords>false</modifyAllRecords><object>OBJECT</object>\
                  <viewAllRecords>true</viewAllRecords></objectPermissions>";
    let global = format!(
        "<callbackUrl>https://towpath.example/callback\n{CALLBACK}</callbackUrl><isPkceRequired>true</isPkceRequired>\
         <isRefreshTokenRotationEnabled>true</isRefreshTokenRotationEnabled>\
         <isSecretRequiredForRefreshToken>true</isSecretRequiredForRefreshToken>"
    );
    vec![
        (
            "package.xml",
            manifest(&[
                ("ExternalClientApplication", "Towpath"),
                ("ExtlClntAppGlobalOauthSettings", "Towpath_glbloauth"),
                ("ExtlClntAppOauthSettings", "Towpath_oauth"),
                ("ExtlClntAppOauthConfigurablePolicies", "Towpath_oauth_defaultPolicy"),
                ("PermissionSet", "Towpath_Sync"),
            ]),
        ),
        (
            APP,
            document(
                "ExternalClientApplication",
                "<contactEmail>a@b.example</contactEmail><distributionState>Local</distributionState><label>Towpath</label>",
            ),
        ),
        (GLOBAL, of_app("ExtlClntAppGlobalOauthSettings", &global)),
        (
            SETTINGS,
            of_app(
                "ExtlClntAppOauthSettings",
                "<commaSeparatedOauthScopes>Api, RefreshToken, Basic</commaSeparatedOauthScopes>",
            ),
        ),
        (
            POLICY,
            of_app(
                "ExtlClntAppOauthConfigurablePolicies",
                "<commaSeparatedPermissionSet>Towpath_Sync</commaSeparatedPermissionSet>\
                 <permittedUsersPolicyType>AdminApprovedPreAuthorized</permittedUsersPolicyType>",
            ),
        ),
        (
            SET,
            document(
                "PermissionSet",
                &format!(
                    "<label>Towpath Sync</label>{}{}<userPermissions><enabled>true</enabled><name>ApiEnabled</name></userPermissions>",
                    object.replace("OBJECT", "Contact"),
                    object.replace("OBJECT", "Account")
                ),
            ),
        ),
    ]
}

/// Puts other text into one of the files.
fn with(mut files: Files, name: &str, from: &str, to: &str) -> Files {
    let file = files.iter_mut().find(|(known, _)| *known == name).unwrap();
    assert!(file.1.contains(from), "{}", file.1);
    file.1 = file.1.replace(from, to);
    files
}

fn pack(files: &[(&str, String)]) -> Vec<u8> {
    let (mut bytes, mut list) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(content.as_bytes()).unwrap();
        let packed = encoder.finish().unwrap();
        let mut checksum = Crc::new();
        checksum.update(content.as_bytes());
        let numbers =
            [checksum.sum(), packed.len() as u32, content.len() as u32].map(u32::to_le_bytes).concat();
        let length = (name.len() as u16).to_le_bytes();
        let at = (bytes.len() as u32).to_le_bytes();
        bytes.extend([b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0", &numbers[..], &length, &[0, 0]].concat());
        bytes.extend([name.as_bytes(), &packed].concat());
        list.extend([b"PK\x01\x02\x14\0\x14\0\0\0\x08\0\0\0\0\0", &numbers[..], &length, &[0; 12]].concat());
        list.extend([&at, name.as_bytes()].concat());
    }
    let count = (files.len() as u16).to_le_bytes();
    let place = [list.len() as u32, bytes.len() as u32].map(u32::to_le_bytes).concat();
    [bytes, list, [b"PK\x05\x06\0\0\0\0", &count[..], &count, &place, &[0, 0]].concat()].concat()
}

/// What `checkDeployStatus` tells of a deployment.
struct Deployed(String);

impl Deployed {
    fn text(&self, name: &str) -> &str {
        let (_, rest) =
            self.0.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("{name}: {}", self.0));
        rest.split_once(&format!("</{name}>")).unwrap().0
    }

    /// Lists what is wrong with which components.
    fn problems(&self) -> Vec<(String, String)> {
        let failures = self.0.split("<componentFailures>").skip(1).map(|rest| Self(format!("{rest}<end>")));
        failures.map(|one| (one.text("fullName").to_owned(), one.text("problem").to_owned())).collect()
    }

    /// Lists the components of one kind of change.
    fn successes(&self, flag: &str) -> Vec<String> {
        let all = self.0.split("<componentSuccesses>").skip(1).map(|rest| Self(rest.to_owned()));
        all.filter(|one| one.text(flag) == "true").map(|one| one.text("fullName").to_owned()).collect()
    }
}

async fn invoke(org: &TestOrg, token: &str, body: &str) -> Answer {
    call(org, "m/66.0", &session_header(token), body).await
}

/// Deploys as the sf command line does, with more options.
async fn deploy_bytes(org: &TestOrg, token: &str, zip: &[u8], options: &str) -> Deployed {
    let zip = STANDARD.encode(zip);
    let body = format!(
        "<deploy><ZipFile>{zip}</ZipFile><DeployOptions><singlePackage>true</singlePackage>{options}</DeployOptions></deploy>"
    );
    let answer = invoke(org, token, &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let id = Deployed(answer.text).text("id").to_owned();
    let body = format!(
        "<checkDeployStatus><asyncProcessId>{id}</asyncProcessId><includeDetails>true</includeDetails></checkDeployStatus>"
    );
    let answer = invoke(org, token, &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let deployed = Deployed(answer.text);
    assert_eq!((deployed.text("done"), deployed.text("id").is_empty()), ("true", false));
    deployed
}

const ALL_OR_NONE: &str = "<rollbackOnError>true</rollbackOnError>";

async fn deploy(org: &TestOrg, files: &Files) -> Deployed {
    deploy_bytes(org, &org.token, &pack(files), ALL_OR_NONE).await
}

async fn deploy_well(org: &TestOrg, files: &Files) -> Deployed {
    let deployed = deploy(org, files).await;
    assert_eq!(deployed.text("status"), "Succeeded", "{:?}", deployed.problems());
    deployed
}

/// Reads the apps in Setup.
async fn apps(org: &TestOrg) -> Vec<Value> {
    org.control(Method::GET, "/apps", json!({})).await.json().as_array().unwrap().clone()
}

async fn sets(org: &TestOrg) -> usize {
    let found = org.query("SELECT Id FROM PermissionSet WHERE Name = 'Towpath_Sync'").await;
    found.json()["totalSize"].as_u64().unwrap() as usize
}

/// Gives the administrator the deployed permission set.
async fn assign(org: &TestOrg) {
    let set = org.query("SELECT Id FROM PermissionSet WHERE Name = 'Towpath_Sync'").await.json();
    let user =
        org.query(&format!("SELECT Id FROM User WHERE Username = '{}'", org.line.username)).await.json();
    let [set, user] = [set, user].map(|found| found["records"][0]["Id"].clone());
    let body = json!({ "PermissionSetId": set, "AssigneeId": user });
    let answer = org.send(Method::POST, "sobjects/PermissionSetAssignment", Some(body)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
}

async fn token(org: &TestOrg, form: &[(&str, &str)]) -> Answer {
    let request = org.http.post(org.url("/services/oauth2/token")).form(form);
    Answer::read(request.send().await.unwrap()).await
}

fn text<'a>(app: &'a Value, name: &str) -> &'a str {
    app[name].as_str().unwrap()
}

#[tokio::test]
async fn a_deployed_app_signs_in_who_may_use_it() {
    let org = TestOrg::start();
    let deployed = deploy_well(&org, &package()).await;
    assert_eq!(
        (deployed.text("numberComponentsDeployed"), deployed.text("numberComponentErrors")),
        ("5", "0")
    );
    assert_eq!(deployed.successes("created").len(), 5);
    let app = apps(&org).await.pop().unwrap();
    let (key, secret) = (text(&app, "client_id"), text(&app, "client_secret"));
    let challenge = challenge();
    let wish = [("client_id", key), ("code_challenge", challenge.as_str())];

    let mut browser = Browser::new(&org);
    let consent = browser.sign_in(&browser.get(&authorize_url(&org, &wish)).await).await;
    let refused = callback(&browser.get(&consent).await);
    assert_eq!(refused["error"], "OAUTH_APP_ACCESS_DENIED");
    assign(&org).await;
    // Who is pre-authorized is not asked.
    let led = browser.get(&authorize_url(&org, &wish)).await;
    let code = callback(&browser.get(led.header(LOCATION.as_str())).await)["code"].clone();

    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("client_id", key),
        ("client_secret", secret),
        ("code_verifier", VERIFIER),
    ];
    let granted = token(&org, &form).await;
    assert_eq!(granted.status, StatusCode::OK, "{}", granted.text);
    let granted = granted.json();
    assert_eq!(org.get_as(text(&granted, "access_token"), "limits").await.status, StatusCode::OK);
    let refresh_token = text(&granted, "refresh_token");
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token), ("client_id", key)];
    assert_eq!(token(&org, &form).await.json()["error"], "invalid_client", "the secret is required");
    let refreshed = token(&org, &[&form[..], &[("client_secret", secret)]].concat()).await.json();
    assert_ne!(text(&refreshed, "refresh_token"), refresh_token, "refresh tokens rotate");
    let named = org.query("SELECT Id FROM OauthToken WHERE AppName = 'Towpath'").await.json();
    assert_eq!(named["totalSize"], 1);
}

#[tokio::test]
async fn a_deployed_app_is_held_to_its_files() {
    let org = TestOrg::start();
    deploy_well(&org, &package()).await;
    let app = apps(&org).await.pop().unwrap();
    let (key, secret) = (text(&app, "client_id"), text(&app, "client_secret"));
    let (browser, challenge) = (Browser::new(&org), challenge());

    for (extra, expected) in [
        (("redirect_uri", "http://127.0.0.1:9/other"), "redirect_uri_mismatch"),
        (("scope", "api web"), "invalid_scope"),
        (("code_challenge", ""), "missing+required+code+challenge"),
    ] {
        let mut wish = vec![("client_id", key), ("code_challenge", challenge.as_str())];
        wish.retain(|(name, _)| *name != extra.0);
        wish.push(extra);
        let answer = browser.get(&authorize_url(&org, &wish)).await;
        let told = format!("{}{}", answer.text, answer.header("location"));
        assert!(told.contains(expected), "{expected}: {told}");
    }
    for (form, expected) in [
        (&[("grant_type", "client_credentials")][..], "no client credentials user enabled"),
        (&[("grant_type", "password"), ("username", "a"), ("password", "b")], "grant type not supported"),
        (&[("response_type", "device_code")], "grant type not supported"),
    ] {
        let form = [&[("client_id", key), ("client_secret", secret)], form].concat();
        assert_eq!(token(&org, &form).await.json()["error_description"], expected);
    }
}

#[tokio::test]
async fn a_deployed_app_signs_in_by_its_certificate_and_as_itself() {
    let mut config = config();
    config.jwt_key = true;
    let org = TestOrg::start_with(config);
    let pem = std::fs::read_to_string(org.line.jwt_key_file.as_ref().unwrap()).unwrap();
    let key: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let pair = KeyPair::from_pkcs8(&STANDARD.decode(key).unwrap()).unwrap();
    let certificate = format!("<certificate>{}</certificate>", certificate(pair.public().as_ref()));
    let flow = "<isClientCredentialsFlowEnabled>true</isClientCredentialsFlowEnabled>";
    let files = with(package(), GLOBAL, "<isPkceRequired>", &format!("{certificate}{flow}<isPkceRequired>"));
    let user = format!("<clientCredentialsFlowUser>{}</clientCredentialsFlowUser>{flow}", org.line.username);
    let files = with(files, POLICY, "<permittedUsers", &format!("{user}<permittedUsers"));
    deploy_well(&org, &files).await;
    let app = apps(&org).await.pop().unwrap();
    let (key, secret) = (text(&app, "client_id"), text(&app, "client_secret"));
    let assertion = sign(&pair, &org, key);
    let bearer =
        [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion.as_str())];
    let itself = [("grant_type", "client_credentials"), ("client_id", key), ("client_secret", secret)];

    for form in [&bearer[..], &itself] {
        assert_eq!(token(&org, form).await.json()["error"], "invalid_app_access");
    }
    assign(&org).await;
    for form in [&bearer[..], &itself] {
        let granted = token(&org, form).await.json();
        assert_eq!(granted["scope"], "api id", "{granted}");
        assert_eq!(org.get_as(text(&granted, "access_token"), "limits").await.status, StatusCode::OK);
    }
}

/// Writes a certificate of a key as far as it is read.
fn certificate(key: &[u8]) -> String {
    let value = |tag: u8, parts: &[&[u8]]| {
        let content = parts.concat();
        let length = (content.len() as u32).to_be_bytes();
        [&[tag, 0x84], &length[..], &content].concat()
    };
    let empty = value(0x30, &[]);
    let rsa = value(0x30, &[&value(0x06, &[b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"])]);
    let key = value(0x30, &[&rsa, &value(0x03, &[&[0], key])]);
    let signed = value(0x30, &[&value(0x02, &[&[1]]), &empty, &empty, &empty, &empty, &key]);
    let text = STANDARD.encode(value(0x30, &[&signed]));
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

fn sign(pair: &KeyPair, org: &TestOrg, key: &str) -> String {
    let claims =
        json!({ "iss": key, "sub": org.line.username, "aud": org.line.base_url, "exp": NOW_MS / 1000 + 170 });
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let signed = format!("{}.{}", encode(&json!({ "alg": "RS256" })), encode(&claims));
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[tokio::test]
async fn a_check_tells_what_would_be_and_changes_nothing() {
    let org = TestOrg::start();
    let check = format!("{ALL_OR_NONE}<checkOnly>true</checkOnly>");

    let checked = deploy_bytes(&org, &org.token, &pack(&package()), &check).await;

    assert_eq!((checked.text("status"), checked.text("checkOnly")), ("Succeeded", "true"));
    assert_eq!(checked.successes("created").len(), 5);
    assert_eq!((apps(&org).await.len(), sets(&org).await), (0, 0));
}

#[tokio::test]
async fn one_failed_component_undoes_all_unless_the_client_wants_the_rest() {
    let org = TestOrg::start();
    let mut files = with(
        package(),
        "package.xml",
        "<version>",
        "<types><members>Handler</members><name>ApexClass</name></types><version>",
    );
    files.push(("classes/Handler.cls", "public class Handler {}".to_owned()));

    let failed = deploy(&org, &files).await;

    assert_eq!((failed.text("status"), failed.text("success")), ("Failed", "false"));
    let [(name, problem)] = &failed.problems()[..] else { panic!("{:?}", failed.problems()) };
    assert!(
        name == "Handler" && problem.contains("ApexClass is not available in this simulated org"),
        "{problem}"
    );
    assert!(failed.0.contains("<fileName>classes/Handler.cls</fileName>"));
    assert_eq!((apps(&org).await.len(), sets(&org).await), (0, 0));

    let partial = deploy_bytes(&org, &org.token, &pack(&files), "").await;
    assert_eq!((partial.text("status"), partial.text("success")), ("SucceededPartial", "false"));
    assert_eq!((apps(&org).await.len(), sets(&org).await), (1, 1));
}

/// Expects a deployment to fail for that reason, and to change nothing.
async fn fails(org: &TestOrg, files: &Files, expected: &str) {
    let failed = deploy(org, files).await;
    assert_eq!(failed.text("status"), "Failed", "{expected}");
    let problems = failed.problems();
    assert!(problems.iter().any(|(_, told)| told.contains(expected)), "{expected}: {problems:?}");
    assert_eq!((apps(org).await.len(), sets(org).await), (0, 0));
}

#[tokio::test]
async fn what_is_wrong_with_a_package_is_told() {
    let org = TestOrg::start();
    let without = |name: &str| package().into_iter().filter(|(known, _)| *known != name).collect::<Files>();
    let global = ["package.xml", APP, GLOBAL];
    let mut alone: Files = package().into_iter().filter(|(name, _)| global.contains(name)).collect();
    alone[0].1 = manifest(&[
        ("ExternalClientApplication", "*"),
        ("ExtlClntAppGlobalOauthSettings", "Towpath_glbloauth"),
    ]);
    let mut renamed = with(package(), "package.xml", "_oauth_defaultPolicy", "_oauthPlcy");
    let policy = renamed.iter_mut().find(|(name, _)| *name == POLICY).unwrap();
    policy.0 = "extlClntAppOauthPolicies/Towpath_oauthPlcy.ecaOauthPlcy";

    for (files, expected) in [
        (without("package.xml"), "No package.xml found"),
        (without(APP), "named in package.xml, but was not found in zipped directory"),
        (without(SET), "no PermissionSet named Towpath_Sync found"),
        (with(package(), "package.xml", "<members>Towpath_Sync<", "<members>Other<"), "Not in package.xml"),
        (with(package(), "package.xml", ">66.0<", ">58.0<"), "Not available for deploy for this API version"),
        (alone, "have a valid OAuth settings configuration"),
        (renamed, "ExternalClientApplicationId duplicates value on Towpath_oauth_defaultPolicy"),
    ] {
        fails(&org, &files, expected).await;
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_component_is_told() {
    let org = TestOrg::start();
    let taken = format!("<consumerKey>{}</consumerKey><isPkce", org.line.client_id);
    let email = "<contactEmail>a@b.example</contactEmail>";
    let user = "<clientCredentialsFlowUser>nobody@x.example</clientCredentialsFlowUser><permitted";
    let lasting = "<refreshTokenPolicyType>SpecificLifetime</refreshTokenPolicyType><permitted";
    for (name, from, to, expected) in [
        (APP, email, "", "Required field is missing: contactEmail"),
        (APP, "Local", "Everywhere", "not a valid value for the enum"),
        (GLOBAL, ">Towpath<", ">Another<", "no ExternalClientApplication named Another found"),
        (GLOBAL, "https:", "ftp:://", "no address that may be called back"),
        (GLOBAL, "<isPkce", "<certificate>PUT_IT_HERE</certificate><isPkce", "no certificate"),
        (GLOBAL, "<isPkce", &taken, "already taken"),
        (SETTINGS, "Api,", "api,", "api is none of the scopes"),
        (POLICY, "<permitted", user, "no User named nobody@x.example found"),
        (POLICY, "<permitted", lasting, "refreshTokenValidityPeriod"),
        (SET, "ApiEnabled", "FlyingEnabled", "Unknown user permission: FlyingEnabled"),
        (SET, ">Account<", ">Nothing__c<", "no CustomObject named Nothing__c found"),
        (SET, "<object>Account</object>", "<object>Case</object>", "Account"),
        (SET, "</PermissionSet>", "", "no well-formed XML"),
    ] {
        fails(&org, &with(package(), name, from, to), expected).await;
    }
}

#[tokio::test]
async fn what_is_deployed_again_keeps_its_key_and_follows_its_files() {
    let org = TestOrg::start();
    deploy_well(&org, &package()).await;
    let first = apps(&org).await;

    let again = deploy_well(&org, &package()).await;
    assert_eq!(again.successes("changed"), ["package.xml"]);
    assert_eq!(apps(&org).await, first);

    let files = with(package(), SETTINGS, "Api, RefreshToken, Basic", "Api");
    let files = with(files, SET, "<object>Contact</object>", "<object>Lead</object>");
    let changed = deploy_well(&org, &files).await;
    assert_eq!(changed.successes("created"), [""; 0]);
    assert_eq!(changed.successes("changed"), ["Towpath_oauth", "Towpath_Sync", "package.xml"]);
    let now = apps(&org).await;
    assert_eq!((&now[0]["client_id"], &now[0]["scopes"]), (&first[0]["client_id"], &json!(["api"])));
    let objects =
        "SELECT SobjectType FROM ObjectPermissions WHERE Parent.Name = 'Towpath_Sync' ORDER BY SobjectType";
    let objects = org.query(objects).await.json();
    let names: Vec<&str> =
        objects["records"].as_array().unwrap().iter().map(|row| text(row, "SobjectType")).collect();
    assert_eq!(names, ["Account", "Lead"]);

    let files = with(
        package(),
        GLOBAL,
        "<isPkce",
        "<consumerKey>my-own-key</consumerKey><consumerSecret>my-own-secret</consumerSecret><isPkce",
    );
    deploy_well(&org, &files).await;
    let own = apps(&org).await;
    assert_eq!((text(&own[0], "client_id"), text(&own[0], "client_secret")), ("my-own-key", "my-own-secret"));
}

#[tokio::test]
async fn archives_that_cannot_be_used_fail_clearly() {
    let org = TestOrg::start();
    let swollen = with(package(), SET, "<label>", &format!("<label>{}", " ".repeat(8 << 20)));
    let mut lying = pack(&package());
    let at = lying.windows(4).position(|part| part == b"PK\x01\x02").unwrap();
    lying[at + 24..at + 28].copy_from_slice(&u32::MAX.to_le_bytes());

    for (zip, code) in [(&b"no zip file"[..], "INVALID_FILE"), (&lying, "LIMIT_EXCEEDED")] {
        let failed = deploy_bytes(&org, &org.token, zip, ALL_OR_NONE).await;
        assert_eq!((failed.text("status"), failed.text("errorStatusCode")), ("Failed", code));
    }
    let failed = deploy(&org, &swollen).await;
    assert!(
        failed.problems().iter().any(|(name, told)| name == "Towpath_Sync" && told.contains("too large"))
    );

    let answer = invoke(&org, &org.token, "<deploy><ZipFile>%%%</ZipFile></deploy>").await;
    assert!(answer.text.contains("<faultcode>soapenv:Client</faultcode>"), "{}", answer.text);
    let unknown = "<checkDeployStatus><asyncProcessId>0Af000000000000</asyncProcessId></checkDeployStatus>";
    let answer = invoke(&org, &org.token, unknown).await;
    assert!(answer.text.contains("INVALID_CROSS_REFERENCE_KEY"), "{}", answer.text);
    for other in ["<retrieve/>", "<listMetadata/>", "<describeMetadata/>"] {
        let answer = invoke(&org, &org.token, other).await;
        assert!(answer.text.contains("sf:FUNCTIONALITY_NOT_ENABLED"), "{}", answer.text);
    }
}

#[tokio::test]
async fn who_may_not_change_metadata_cannot_deploy() {
    let org = TestOrg::start();
    let users = org
        .query("SELECT Username FROM User WHERE IsActive = true AND Profile.Name = 'Standard User'")
        .await
        .json();
    let username = text(&users["records"][0], "Username").to_owned();
    let signed_in = login(&org, "u/64.0", &username, &password(&org)).await;
    let token = Deployed(signed_in.text).text("sessionId").to_owned();

    for body in ["<deploy><ZipFile></ZipFile></deploy>", "<checkDeployStatus/>"] {
        let refused = invoke(&org, &token, body).await;
        assert_eq!(refused.status, StatusCode::INTERNAL_SERVER_ERROR);
        let expected = "<faultstring>INSUFFICIENT_ACCESS: use of the Metadata API requires a user with the ModifyAllData or \
                        ModifyMetadata permissions</faultstring>";
        assert!(refused.text.contains(expected), "{}", refused.text);
    }
    let refused = org.get_as(&token, "metadata/deployRequest/0Af000000000000").await;
    assert_eq!(refused.error(), (403, "INSUFFICIENT_ACCESS".to_owned()));

    let rights = json!({ "user": username, "permissions": { "ModifyMetadata": true, "ManageProfilesPermissionsets": true } });
    assert_eq!(org.control(Method::POST, "/rights", rights).await.status, StatusCode::OK);
    let failed = deploy_bytes(&org, &token, &pack(&package()), ALL_OR_NONE).await;
    let problems = failed.problems();
    assert_eq!(problems.len(), 4, "{problems:?}");
    assert!(
        problems.iter().all(|(_, told)| told.starts_with("You do not have the level of access required"))
    );
}

/// Deploys by REST, as the sf command line does where it is told to.
pub(crate) async fn deploy_by_rest(org: &TestOrg) -> Answer {
    let options = json!({ "deployOptions": { "rollbackOnError": true, "singlePackage": true } }).to_string();
    let part = |name: &str, kind: &str, content: &[u8]| {
        let head =
            format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n");
        [head.as_bytes(), content, b"\r\n"].concat()
    };
    let zip = part("file", "application/zip", &pack(&package()));
    let options = part("entity_content", "application/json", options.as_bytes());
    let request = org.request(Method::POST, "metadata/deployRequest");
    let request = request.header("Content-Type", "multipart/form-data; boundary=x");
    let request = request.body([&zip[..], &options, b"--x--\r\n"].concat());
    Answer::read(request.send().await.unwrap()).await
}

#[tokio::test]
async fn deployments_are_made_and_looked_at_by_rest() {
    let org = TestOrg::start();
    let answer = deploy_by_rest(&org).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let made = answer.json();
    assert_eq!(
        (&made["deployResult"]["done"], &made["deployOptions"]["singlePackage"]),
        (&json!(false), &json!(true))
    );

    let path = format!("metadata/deployRequest/{}", text(&made, "id"));
    let looked_at = org.get(&path).await.json();
    assert_eq!(
        (&looked_at["deployResult"]["status"], &looked_at["deployResult"]["details"]),
        (&json!("Succeeded"), &Value::Null)
    );
    let details = org.get(&format!("{path}?includeDetails=true")).await.json();
    assert_eq!(details["deployResult"]["details"]["componentSuccesses"].as_array().unwrap().len(), 6);

    assert_eq!(org.get("metadata/deployRequest/0Af000000000000").await.status, StatusCode::NOT_FOUND);
    assert_eq!(org.get("metadata/other").await.error(), (403, "FUNCTIONALITY_NOT_ENABLED".to_owned()));
    let again = json!({ "validatedDeployRequestId": made["id"] });
    for (body, expected) in
        [(again, (403, "FUNCTIONALITY_NOT_ENABLED")), (json!({}), (400, "MISSING_ARGUMENT"))]
    {
        let refused = org.send(Method::POST, "metadata/deployRequest", Some(body)).await;
        assert_eq!(refused.error(), (expected.0, expected.1.to_owned()));
    }
}
