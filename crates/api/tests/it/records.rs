use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;

use crate::copies::copy;
use crate::test_app::{Person, TestApp, body, refused};

fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

struct Copy {
    app: TestApp,
    owner: Person,
    path: String,
}

impl Copy {
    async fn of_accounts() -> Self {
        let (app, owner) = TestApp::set_up().await;
        let path = format!("{}/records/Account", copy(&app, &owner).await);
        Self { app, owner, path }
    }

    async fn get(&self, query: &str) -> Value {
        body(self.app.get(&self.owner, &format!("{}?{query}", self.path)).await, 200).await
    }

    async fn refused(&self, query: &str, status: u16, code: &str) {
        refused(self.app.get(&self.owner, &format!("{}?{query}", self.path)).await, status, code).await;
    }
}

fn names(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| item["values"]["Name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn pages_follow_each_other_in_the_order_that_was_asked_for() {
    let copy = Copy::of_accounts().await;

    let all = copy.get("fields=Name&sort=name").await;
    let first = copy.get("fields=Name&sort=name&limit=12").await;
    let next = encoded(first["next"].as_str().unwrap());
    let second = copy.get(&format!("fields=Name&sort=name&limit=12&after={next}")).await;
    let backwards = copy.get("fields=Name&sort=-name").await;

    assert_eq!(all["columns"], json!([{"name": "Name", "label": "Account Name", "type": "string"}]));
    assert_eq!(
        (&all["total"], &all["total_is_exact"], &all["next"]),
        (&json!(20), &json!(true), &json!(null))
    );
    assert_eq!([names(&first), names(&second)].concat(), names(&all));
    assert_eq!(second["next"], json!(null));
    let (mut one, mut other) = (names(&all), names(&backwards));
    assert!(
        one[0].to_lowercase() <= one[19].to_lowercase()
            && other[0].to_lowercase() >= other[19].to_lowercase()
    );
    one.sort();
    other.sort();
    assert_eq!(one, other);
    // A place in one order is none in another.
    copy.refused(&format!("sort=-name&after={next}"), 400, "page.invalid").await;
    copy.refused("after=forged", 400, "page.invalid").await;
}

#[tokio::test]
async fn searches_and_filters_find_what_they_say() {
    let copy = Copy::of_accounts().await;
    let all = copy.get("fields=Name").await;
    let name = names(&all)[0].clone();
    let id = all["items"][0]["id"].as_str().unwrap().to_owned();

    let found = copy.get(&format!("fields=Name&search={}", encoded(&name.to_uppercase()))).await;
    assert!(names(&found).contains(&name), "{found}");
    for filter in [format!("Name:eq:{name}"), format!("name:starts:{name}"), format!("Id:in:[\"{id}\"]")] {
        let found = copy.get(&format!("fields=Name&filter={}", encoded(&filter))).await;
        assert!(names(&found).contains(&name), "{filter}: {found}");
    }
    assert_eq!(copy.get("filter=Name:is_null:&gone=only").await["total"], 0);
    for query in [
        "filter=Nothing:eq:1",
        "filter=Name:near:1",
        "sort=Nothing",
        "fields=Nothing",
        "gone=perhaps",
        "limit=0x",
    ] {
        let status = copy.app.get(&copy.owner, &format!("{}?{query}", copy.path)).await.status();
        assert!(status == 422 || status == 400, "{query}: {status}");
    }
    copy.refused("filter=Nothing:eq:1", 422, "query.invalid").await;
    copy.refused(&format!("sort={}", encoded("Name FROM User--")), 422, "query.invalid").await;
}

#[tokio::test]
async fn no_character_of_a_value_means_anything() {
    let copy = Copy::of_accounts().await;

    for text in ["' OR Name != '", "\\", "'", "%", "_", "a\nb", "a\u{2028}b", "\"", "(a+)+$", "*"] {
        for query in [
            format!("search={}", encoded(text)),
            format!("filter={}", encoded(&format!("Name:contains:{text}"))),
        ] {
            let page = copy.get(&format!("{query}&fields=Name")).await;
            let holds = |name: &String| name.contains(text);
            assert!(query.starts_with("search") || names(&page).iter().all(holds), "{text:?}: {page}");
            assert_ne!(page["total"], 20, "{text:?} finds everything");
        }
    }
}

#[tokio::test]
async fn links_to_salesforce_follow_an_org_that_was_renamed() {
    let copy = Copy::of_accounts().await;
    let page = copy.get("limit=1").await;
    let id = page["items"][0]["id"].as_str().unwrap();
    let url = async || {
        let record = body(copy.app.get(&copy.owner, &format!("{}/{id}", copy.path)).await, 200).await;
        record["salesforce_url"].as_str().unwrap().to_owned()
    };
    let old_url = copy.app.org.base_url().to_owned();
    assert_eq!(url().await, format!("{old_url}/{id}"));
    let new_host = old_url.replace("http://127.0.0.1", "localhost");

    copy.app.org.rename_my_domain(&new_host);
    let check = copy.path.replace("/records/Account", "/connection-check");
    let check = body(copy.app.post(&copy.owner, &check, json!({})).await, 200).await;

    assert_eq!(check["instance_url"], format!("http://{new_host}"));
    assert_eq!(url().await, format!("http://{new_host}/{id}"));
    let connections = body(copy.app.get(&copy.owner, "/connections").await, 200).await;
    assert_eq!(connections["items"][0]["org"]["instance_url"], format!("http://{new_host}"));
}

#[tokio::test]
async fn a_record_is_found_by_its_id_and_by_no_other() {
    let copy = Copy::of_accounts().await;
    let page = copy.get("limit=1").await;
    let id = page["items"][0]["id"].as_str().unwrap();
    let of = |id: &str| format!("{}/{}", copy.path, encoded(id).replace('+', "%20"));

    let record = body(copy.app.get(&copy.owner, &of(id)).await, 200).await;
    let short = body(copy.app.get(&copy.owner, &of(&id[..15])).await, 200).await;

    assert_eq!(short, record);
    assert_eq!(record["name"], page["items"][0]["values"]["Name"]);
    assert!(record["salesforce_url"].as_str().unwrap().ends_with(&format!("/{id}")));
    for wrong in ["001'", "001000000000001AAB", "003000000000001AAA", "1 or 1=1"] {
        refused(copy.app.get(&copy.owner, &of(wrong)).await, 422, "record.id").await;
    }
    refused(copy.app.get(&copy.owner, &of("001zzzzzzzzzzzz")).await, 404, "resource.unknown").await;
    let foreign = "/integrations/int_00000000000000000000000000/records/Account";
    refused(copy.app.get(&copy.owner, foreign).await, 404, "resource.unknown").await;
}
