//! Events of the org over CometD.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::TestOrg;

const CHANNEL: &str = "/data/AccountChangeEvent";

pub(crate) async fn send(org: &TestOrg, message: Value) -> Vec<Value> {
    let answer = org.send(Method::POST, "/cometd/66.0", Some(message)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json().as_array().unwrap().clone()
}

pub(crate) async fn handshake(org: &TestOrg) -> String {
    let message = json!([{
        "channel": "/meta/handshake", "version": "1.0", "minimumVersion": "1.0", "id": "1",
        "supportedConnectionTypes": ["long-polling"]
    }]);
    let reply = send(org, message).await.remove(0);
    assert_eq!((&reply["successful"], &reply["id"]), (&json!(true), &json!("1")), "{reply}");
    assert_eq!(reply["ext"]["replay"], true);
    reply["clientId"].as_str().unwrap().to_owned()
}

pub(crate) async fn subscribe(org: &TestOrg, client: &str, channel: &str, replay: i64) -> Value {
    let ext = json!({ "replay": { channel: replay } });
    let message =
        json!({ "channel": "/meta/subscribe", "clientId": client, "subscription": channel, "ext": ext });
    send(org, message).await.remove(0)
}

pub(crate) async fn connect(org: &TestOrg, client: &str) -> Vec<Value> {
    let message = json!({ "channel": "/meta/connect", "clientId": client, "connectionType": "long-polling" });
    send(org, json!([message])).await
}

/// Waits until the org tells that number of its clients or their connects.
async fn until(org: &TestOrg, name: &str, count: u64) {
    while org.control(Method::GET, "/streaming", Value::Null).await.json()[name] != count {
        tokio::task::yield_now().await;
    }
}

async fn create(org: &TestOrg, name: &str) {
    org.send(Method::POST, "sobjects/Account", Some(json!({ "Name": name, "BillingCity": "Bonn" }))).await;
}

#[tokio::test]
async fn events_come_with_names_and_instants() {
    let org = TestOrg::with_records("Account", 3);
    create(&org, "before").await;
    let client = handshake(&org).await;
    let reply = subscribe(&org, &client, CHANNEL, -1).await;
    assert_eq!((&reply["successful"], &reply["subscription"]), (&json!(true), &json!(CHANNEL)));
    let first = connect(&org, &client).await;
    assert_eq!((first.len(), &first[0]["advice"]["reconnect"]), (1, &json!("retry")));

    let (told, ()) = tokio::join!(connect(&org, &client), create(&org, "Acme"));

    let [event, reply] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((&event["channel"], &reply["successful"]), (&json!(CHANNEL), &json!(true)));
    let payload = &event["data"]["payload"];
    assert_eq!((&payload["Name"], &payload["BillingAddress"]), (&json!("Acme"), &json!({ "City": "Bonn" })));
    assert_eq!(payload["ChangeEventHeader"]["changeType"], "CREATE");
    assert!(payload["CreatedDate"].as_str().unwrap().ends_with("Z"));
    assert!(event["data"]["schema"].is_string() && event["data"]["event"]["replayId"].is_u64());

    let id = payload["ChangeEventHeader"]["recordIds"][0].as_str().unwrap();
    let change = json!({ "BillingCity": null, "BillingStreet": "Ring 1" });
    let path = format!("sobjects/Account/{id}");
    let (told, _) = tokio::join!(connect(&org, &client), org.send(Method::PATCH, &path, Some(change)));
    let payload = &told[0]["data"]["payload"];
    let header = &payload["ChangeEventHeader"];
    let changed = json!(["LastModifiedDate", "BillingAddress.Street", "BillingAddress.City"]);
    assert_eq!(
        (&header["changedFields"], &header["nulledFields"]),
        (&changed, &json!(["BillingAddress.City"]))
    );
    assert_eq!(payload["BillingAddress"], json!({ "Street": "Ring 1", "City": null }));
    assert!(payload.get("Name").is_none());
}

#[tokio::test]
async fn a_subscription_starts_where_it_is_told_to() {
    let mut org = TestOrg::with_records("Account", 3);
    for name in ["one", "two", "three"] {
        create(&org, name).await;
    }
    let client = handshake(&org).await;
    subscribe(&org, &client, CHANNEL, -2).await;
    let told = connect(&org, &client).await;
    assert_eq!(told.len(), 4);
    let second = told[1]["data"]["event"]["replayId"].as_i64().unwrap();

    let client = handshake(&org).await;
    subscribe(&org, &client, "/data/ChangeEvents", second).await;
    let told = connect(&org, &client).await;
    assert_eq!((told.len(), &told[0]["data"]["payload"]["Name"]), (2, &json!("three")));

    let refused = subscribe(&org, &client, CHANNEL, 17).await;
    let error = refused["error"].as_str().unwrap();
    assert!(
        error.starts_with("400::The replayId {17} you provided was invalid. Please provide a valid ID, -2"),
        "{error}"
    );
    org.simulator.clock().advance(73 * 3_600_000);
    org.token = org.simulator.approve().0;
    let refused = subscribe(&org, &client, CHANNEL, second).await;
    assert!(refused["error"].as_str().unwrap().starts_with("400::The replayId"), "{refused}");
}

#[tokio::test]
async fn a_held_connect_hears_of_a_new_subscription_and_of_the_end() {
    let org = TestOrg::with_records("Account", 3);
    create(&org, "kept").await;
    let client = handshake(&org).await;
    connect(&org, &client).await;

    let (told, _) = tokio::join!(connect(&org, &client), subscribe(&org, &client, CHANNEL, -2));
    assert_eq!(told[0]["data"]["payload"]["Name"], "kept");

    let goodbye = async {
        until(&org, "held_connects", 1).await;
        send(&org, json!([{ "channel": "/meta/disconnect", "clientId": client }])).await
    };
    let (told, goodbye) = tokio::join!(connect(&org, &client), goodbye);
    assert_eq!((&told[0]["advice"]["reconnect"], &goodbye[0]["successful"]), (&json!("none"), &json!(true)));
    assert_eq!(connect(&org, &client).await[0]["error"], "403::Unknown client");
}

#[tokio::test]
async fn a_quiet_connect_is_answered_when_its_time_is_over() {
    let org = TestOrg::with_records("Account", 3);
    org.control(Method::POST, "/streaming", json!({ "connect_ms": 200, "reconnect_ms": 300 })).await;
    let client = handshake(&org).await;
    subscribe(&org, &client, CHANNEL, -1).await;
    connect(&org, &client).await;
    assert_eq!(connect(&org, &client).await.len(), 1);

    let gone = json!({ "channel": "/meta/unsubscribe", "clientId": client, "subscription": CHANNEL });
    assert_eq!(send(&org, gone).await[0]["successful"], true);
    create(&org, "unheard").await;
    assert_eq!(connect(&org, &client).await.len(), 1);
    until(&org, "clients", 0).await;
    let lost = connect(&org, &client).await.remove(0);
    assert_eq!(
        (&lost["error"], &lost["advice"]["reconnect"]),
        (&json!("403::Unknown client"), &json!("handshake"))
    );
}

#[tokio::test]
async fn what_is_wrong_is_refused() {
    let org = TestOrg::with_records("Account", 3);
    let client = handshake(&org).await;
    assert_eq!(subscribe(&org, &client, "/topic/Nothing", -1).await["error"], "404::Unknown channel");
    let publish = json!({ "channel": "/event/Project_Notice__e", "clientId": client, "data": {} });
    assert_eq!(send(&org, publish).await[0]["successful"], false);

    let stranger = org.http.post(org.url("/cometd/66.0/handshake")).bearer_auth("no token");
    let reply: Value = serde_json::from_str(
        &stranger.json(&json!({ "channel": "/meta/handshake" })).send().await.unwrap().text().await.unwrap(),
    )
    .unwrap();
    assert_eq!(reply[0]["error"], "403::Handshake denied");
    assert_eq!(reply[0]["ext"]["sfdc"]["failureReason"], "401::Authentication invalid");

    let limits = json!({ "deliveries": 0, "enforce_deliveries": true });
    subscribe(&org, &client, CHANNEL, -1).await;
    org.control(Method::POST, "/streaming", limits).await;
    create(&org, "too much").await;
    let refused = connect(&org, &client).await.remove(0);
    assert_eq!(refused["error"], "403::Organization total events daily limit exceeded");

    org.simulator.expire_sessions();
    let refused = connect(&org, &client).await.remove(0);
    assert_eq!(
        (&refused["error"], &refused["advice"]["reconnect"]),
        (&json!("401::Authentication invalid"), &json!("handshake"))
    );
    assert_eq!(org.send(Method::POST, "/cometd/66.0", Some(json!("nonsense"))).await.status, 400);
    assert_eq!(org.send(Method::POST, "/cometd/9999.0", Some(json!({}))).await.status, 404);
}
