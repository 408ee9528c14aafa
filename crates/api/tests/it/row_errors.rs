//! Records with errors, and another try at them.

use orgsim::value::Value as Cell;
use serde_json::json;

use crate::copies::copy;
use crate::test_app::{TestApp, body, refused};

/// Names the first accounts of the org.
fn name_accounts(app: &TestApp, count: usize, name: &'static str) {
    let org = app.org.org();
    let accounts = org.schema().find("Account").unwrap();
    let field = accounts.field("Name").unwrap().index;
    let ids: Vec<_> = {
        let view = org.read();
        view.rows(accounts).take(count).map(|row| view.id(&row)).collect()
    };
    for id in ids {
        org.update(accounts, &id, &[(field, Cell::Text(name.into()))], app.org.clock().now_ms()).unwrap();
    }
}

#[tokio::test]
async fn records_of_one_kind_of_error_are_read_again_by_whoever_may_run() {
    let (app, owner) = TestApp::set_up().await;
    let viewer = app.join(&owner, "vito@acme.example", "viewer").await;
    name_accounts(&app, 2, "Ac\0me");
    let integration = copy(&app, &owner).await;
    let kinds = format!("{integration}/row-error-kinds");
    let kind = body(app.get(&owner, &kinds).await, 200).await["items"][0].clone();
    assert_eq!((&kind["code"], &kind["records"]), (&json!("text.nul"), &json!(2)));
    app.clock.advance(60_000);
    app.org.clock().advance(60_000);
    name_accounts(&app, 1, "Acme");
    let retry = format!("{kinds}/Account/text.nul/retry");
    refused(app.post(&viewer, &retry, json!({})).await, 403, "role.missing").await;
    let of_none = format!("{kinds}/Lead/text.nul/retry");
    refused(app.post(&owner, &of_none, json!({})).await, 404, "resource.unknown").await;

    let again = body(app.post(&owner, &retry, json!({})).await, 200).await;

    assert_eq!(again, json!({"tried": 2, "mended": 1, "run_id": null}));
    assert_eq!(body(app.get(&owner, &kinds).await, 200).await["items"][0]["records"], 1);
}
