//! Notes, files and attachments.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Answer, TestOrg};

async fn one(org: &TestOrg, soql: &str) -> Value {
    let answer = org.query(soql).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let body = answer.json();
    assert_eq!(body["totalSize"], 1, "{soql}: {body}");
    body["records"][0].clone()
}

async fn count(org: &TestOrg, soql: &str) -> u64 {
    org.query(soql).await.json()["totalSize"].as_u64().unwrap()
}

async fn create(org: &TestOrg, sobject: &str, body: Value) -> String {
    let answer = org.send(Method::POST, &format!("sobjects/{sobject}"), Some(body)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    answer.json()["id"].as_str().unwrap().to_owned()
}

async fn account(org: &TestOrg) -> String {
    create(org, "Account", json!({ "Name": "Lockside Mills" })).await
}

fn multipart(record: &Value, field: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!(
        "--x1\r\nContent-Disposition: form-data; name=\"entity_content\";\r\nContent-Type: application/json\r\n\r\n{record}\r\n\
         --x1\r\nContent-Type: application/octet-stream\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"a.bin\"\r\n\r\n"
    );
    [head.as_bytes(), bytes, b"\r\n--x1--\r\n"].concat()
}

async fn post_multipart(org: &TestOrg, sobject: &str, record: &Value, field: &str, bytes: &[u8]) -> Answer {
    let request = org.request(Method::POST, &format!("sobjects/{sobject}"));
    let request = request.header("Content-Type", "multipart/form-data; boundary=\"x1\"");
    Answer::read(request.body(multipart(record, field, bytes)).send().await.unwrap()).await
}

#[tokio::test]
async fn a_version_makes_its_document_and_links_it() {
    let org = TestOrg::start();
    let parent = account(&org).await;

    let id = create(
        &org,
        "ContentVersion",
        json!({ "Title": "Fees", "PathOnClient": "C:\\fees.PDF", "VersionData": BASE64.encode("abc"), "FirstPublishLocationId": parent }),
    )
    .await;

    let version = one(
        &org,
        &format!(
            "SELECT Id, ContentDocumentId, IsLatest, VersionNumber, FileType, FileExtension, ContentSize, ContentSizeLong, Checksum, VersionData, \
             ContentDocument.Title, ContentDocument.LatestPublishedVersionId FROM ContentVersion WHERE Id = '{id}'"
        ),
    )
    .await;
    let document = version["ContentDocumentId"].as_str().unwrap();
    assert!(id.starts_with("068") && document.starts_with("069"));
    assert_eq!(
        (&version["IsLatest"], &version["VersionNumber"], &version["FileType"], &version["FileExtension"]),
        (&json!(true), &json!("1"), &json!("PDF"), &json!("PDF"))
    );
    assert_eq!(
        (&version["ContentSize"], &version["Checksum"]),
        (&json!(3), &json!("900150983cd24fb0d6963f7d28e17f72"))
    );
    assert_eq!(version["ContentSizeLong"], 3);
    assert_eq!(
        version["VersionData"],
        format!("/services/data/v66.0/sobjects/ContentVersion/{id}/VersionData")
    );
    assert_eq!(version["ContentDocument"]["LatestPublishedVersionId"], id);
    assert_eq!(version["ContentDocument"]["Title"], "Fees");
    let content = org.get(version["VersionData"].as_str().unwrap()).await;
    assert_eq!((content.text.as_str(), content.header("content-type")), ("abc", "application/octet-stream"));
    let links = org
        .query(&format!("SELECT LinkedEntityId, ShareType, Visibility FROM ContentDocumentLink WHERE ContentDocumentId = '{document}'"))
        .await
        .json();
    assert_eq!(links["totalSize"], 2);
    assert_eq!(
        (&links["records"][0]["ShareType"], &links["records"][1]["ShareType"]),
        (&json!("I"), &json!("V"))
    );
    assert_eq!(links["records"][1]["LinkedEntityId"], parent);
}

#[tokio::test]
async fn a_file_comes_as_a_part_of_its_own_and_stays_as_it_is() {
    let org = TestOrg::start();
    let bytes: Vec<u8> = (0..=255).chain(*b"\r\n--x\r\n").collect();
    let record = json!({ "Title": "Bytes", "PathOnClient": "a.bin" });

    let answer = post_multipart(&org, "ContentVersion", &record, "VersionData", &bytes).await;

    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let path = format!("sobjects/ContentVersion/{}/VersionData", answer.json()["id"].as_str().unwrap());
    let got = org.request(Method::GET, &path).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(got.as_ref(), bytes);
}

#[tokio::test]
async fn a_new_version_takes_the_place_of_the_last() {
    let org = TestOrg::start();
    let first = create(
        &org,
        "ContentVersion",
        json!({ "Title": "A", "PathOnClient": "a.txt", "VersionData": BASE64.encode("1") }),
    )
    .await;
    let document = one(&org, &format!("SELECT ContentDocumentId FROM ContentVersion WHERE Id = '{first}'"))
        .await["ContentDocumentId"]
        .clone();

    let second = create(
        &org,
        "ContentVersion",
        json!({ "ContentDocumentId": document, "Title": "B", "PathOnClient": "b.csv", "VersionData": BASE64.encode("22") }),
    )
    .await;

    let versions = org
        .query(&format!("SELECT Id, VersionNumber, IsLatest FROM ContentVersion WHERE ContentDocumentId = '{}' ORDER BY VersionNumber", document.as_str().unwrap()))
        .await
        .json();
    let told: Vec<_> = versions["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| (version["Id"].clone(), version["VersionNumber"].clone(), version["IsLatest"].clone()))
        .collect();
    assert_eq!(told, [(json!(first), json!("1"), json!(false)), (json!(second), json!("2"), json!(true))]);
    let document = org.get(&format!("sobjects/ContentDocument/{}", document.as_str().unwrap())).await.json();
    assert_eq!(
        (
            &document["Title"],
            &document["FileType"],
            &document["ContentSize"],
            &document["LatestPublishedVersionId"]
        ),
        (&json!("B"), &json!("CSV"), &json!(2), &json!(second))
    );
}

#[tokio::test]
async fn a_note_is_a_document_too_and_its_content_is_html() {
    let org = TestOrg::start();
    let html = "<p>Hello &amp; welcome</p>\n<script>x()</script>";

    let id =
        create(&org, "ContentNote", json!({ "Title": "Greeting", "Content": BASE64.encode(html) })).await;

    let note = org.get(&format!("sobjects/ContentNote/{id}")).await.json();
    assert_eq!(note["Content"], format!("/services/data/v66.0/sobjects/ContentNote/{id}/Content"));
    assert_eq!(
        (&note["TextPreview"], &note["FileType"], &note["FileExtension"]),
        (&json!("Hello & welcome"), &json!("SNOTE"), &json!("snote"))
    );
    let content = org.get(note["Content"].as_str().unwrap()).await;
    assert_eq!(content.text, "<p>Hello &amp; welcome</p>");
    assert_eq!(content.header("content-type"), "text/html;charset=UTF-8");
    let document = one(&org, &format!("SELECT Title, FileType FROM ContentDocument WHERE Id = '{id}'")).await;
    assert_eq!((&document["Title"], &document["FileType"]), (&json!("Greeting"), &json!("SNOTE")));

    let change = json!({ "Title": "Farewell", "Content": BASE64.encode("<p>Bye</p>") });
    assert_eq!(
        org.send(Method::PATCH, &format!("sobjects/ContentNote/{id}"), Some(change)).await.status,
        StatusCode::NO_CONTENT
    );
    let note =
        one(&org, &format!("SELECT Title, TextPreview, ContentSize FROM ContentNote WHERE Id = '{id}'"))
            .await;
    assert_eq!(
        (&note["Title"], &note["TextPreview"], &note["ContentSize"]),
        (&json!("Farewell"), &json!("Bye"), &json!(10))
    );
    assert_eq!(
        count(&org, &format!("SELECT Id FROM ContentVersion WHERE ContentDocumentId = '{id}'")).await,
        2
    );

    assert_eq!(
        org.send(Method::DELETE, &format!("sobjects/ContentNote/{id}"), None).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        org.get(&format!("sobjects/ContentDocument/{id}")).await.error(),
        (404, "ENTITY_IS_DELETED".to_owned())
    );
    assert_eq!(
        org.get(&format!("sobjects/ContentNote/{id}")).await.error(),
        (404, "ENTITY_IS_DELETED".to_owned())
    );
    assert_eq!(
        count(&org, &format!("SELECT Id FROM ContentVersion WHERE ContentDocumentId = '{id}'")).await,
        0
    );
    let undelete = json!({ "sobject": "ContentNote", "op": "undelete", "ids": [id] });
    assert_eq!(org.control(Method::POST, "/records", undelete).await.status, StatusCode::OK);
    assert_eq!(count(&org, &format!("SELECT Id FROM ContentNote WHERE Id = '{id}'")).await, 1);
    assert_eq!(
        count(&org, &format!("SELECT Id FROM ContentVersion WHERE ContentDocumentId = '{id}'")).await,
        2
    );
}

#[tokio::test]
async fn an_org_without_notes_does_not_know_them() {
    let org = TestOrg::start();
    let documents = count(&org, "SELECT Id FROM ContentDocument WHERE FileType = 'SNOTE'").await;

    assert_eq!(
        org.control(Method::POST, "/features", json!({ "notes": false })).await.json()["notes"],
        false
    );

    let names = org.get("sobjects").await.json();
    let names: Vec<_> = names["sobjects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|sobject| sobject["name"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"ContentDocument") && !names.contains(&"ContentNote"));
    assert_eq!(org.get("sobjects/ContentNote/describe").await.error(), (404, "NOT_FOUND".to_owned()));
    assert_eq!(org.query("SELECT Id FROM ContentNote").await.error(), (400, "INVALID_TYPE".to_owned()));
    let body = json!({ "Title": "x", "Content": "" });
    assert_eq!(
        org.send(Method::POST, "sobjects/ContentNote", Some(body)).await.error(),
        (404, "NOT_FOUND".to_owned())
    );
    assert_eq!(count(&org, "SELECT Id FROM ContentDocument WHERE FileType = 'SNOTE'").await, documents);
}

#[tokio::test]
async fn links_are_queried_by_an_id_and_made_once() {
    let org = TestOrg::start();
    let parent = account(&org).await;
    let note =
        create(&org, "ContentNote", json!({ "Title": "x", "Content": BASE64.encode("<p>x</p>") })).await;
    let link = json!({ "ContentDocumentId": note, "LinkedEntityId": parent });

    let id = create(&org, "ContentDocumentLink", link.clone()).await;

    let told = one(&org, &format!("SELECT ShareType, Visibility, ContentDocument.Title, LinkedEntity.Type FROM ContentDocumentLink WHERE Id = '{id}'")).await;
    assert_eq!((&told["ShareType"], &told["Visibility"]), (&json!("V"), &json!("AllUsers")));
    assert_eq!(told["LinkedEntity"]["Type"], "Account");
    let again = org.send(Method::POST, "sobjects/ContentDocumentLink", Some(link)).await;
    assert_eq!(again.error(), (400, "DUPLICATE_VALUE".to_owned()));
    assert_eq!(
        again.message(),
        format!("Document with ID: {note} is already linked with the entity with ID: {parent}")
    );
    let unfiltered = org.query("SELECT Id FROM ContentDocumentLink").await;
    assert_eq!(unfiltered.error(), (400, "MALFORMED_QUERY".to_owned()));
    assert!(unfiltered.message().ends_with("Implementation restriction: ContentDocumentLink requires a filter by a single Id on ContentDocumentId or LinkedEntityId using the equals operator or multiple Id's using the IN operator."), "{}", unfiltered.message());
    let bad = json!({ "ContentDocumentId": note, "LinkedEntityId": parent, "ShareType": "X" });
    assert_eq!(
        org.send(Method::POST, "sobjects/ContentDocumentLink", Some(bad)).await.error().1,
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    );
    let own = one(
        &org,
        &format!("SELECT Id FROM ContentDocumentLink WHERE ContentDocumentId = '{note}' AND ShareType = 'I'"),
    )
    .await;
    let path = format!("sobjects/ContentDocumentLink/{}", own["Id"].as_str().unwrap());
    assert_eq!(
        org.send(Method::DELETE, &path, None).await.error(),
        (400, "FIELD_INTEGRITY_EXCEPTION".to_owned())
    );
    let below = one(&org, &format!("SELECT Id, (SELECT ContentDocumentId FROM ContentDocumentLinks) FROM Account WHERE Id = '{parent}'")).await;
    assert_eq!(below["ContentDocumentLinks"]["records"][0]["ContentDocumentId"], note);

    org.send(Method::DELETE, &format!("sobjects/Account/{parent}"), None).await;
    assert_eq!(
        count(&org, &format!("SELECT Id FROM ContentDocumentLink WHERE LinkedEntityId = '{parent}'")).await,
        0
    );
    assert_eq!(count(&org, &format!("SELECT Id FROM ContentNote WHERE Id = '{note}'")).await, 1);
}

#[tokio::test]
async fn versions_without_a_file_are_refused() {
    let org = TestOrg::start();

    let bare = org.send(Method::POST, "sobjects/ContentVersion", Some(json!({ "Title": "x" }))).await;
    let bad = org
        .send(
            Method::POST,
            "sobjects/ContentVersion",
            Some(json!({ "Title": "x", "PathOnClient": "x", "VersionData": "*" })),
        )
        .await;
    let document = org.send(Method::POST, "sobjects/ContentDocument", Some(json!({ "Title": "x" }))).await;

    assert_eq!(bare.error(), (400, "REQUIRED_FIELD_MISSING".to_owned()));
    assert_eq!(bare.message(), "Required fields are missing: [PathOnClient, VersionData]");
    assert_eq!(bad.error(), (400, "JSON_PARSER_ERROR".to_owned()));
    assert_eq!(document.error(), (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY".to_owned()));
}

#[tokio::test]
async fn attachments_and_notes_hang_on_their_parent() {
    let org = TestOrg::start();
    let parent = account(&org).await;
    let record = json!({ "ParentId": parent, "Name": "a.png", "ContentType": "image/png" });

    let answer = post_multipart(&org, "Attachment", &record, "Body", b"\x89PNG").await;
    let note = create(&org, "Note", json!({ "ParentId": parent, "Title": "t", "Body": "b" })).await;

    let id = answer.json()["id"].as_str().unwrap().to_owned();
    let told = one(
        &org,
        &format!("SELECT BodyLength, Parent.Name, Body FROM Attachment WHERE ParentId = '{parent}'"),
    )
    .await;
    assert_eq!((&told["BodyLength"], &told["Parent"]["Name"]), (&json!(4), &json!("Lockside Mills")));
    let content = org.request(Method::GET, &format!("sobjects/Attachment/{id}/Body")).send().await.unwrap();
    assert_eq!(content.headers()["content-type"], "image/png");
    assert_eq!(content.bytes().await.unwrap().as_ref(), b"\x89PNG");
    let told =
        one(&org, &format!("SELECT (SELECT Title, Body FROM Notes) FROM Account WHERE Id = '{parent}'"))
            .await;
    assert_eq!(told["Notes"]["records"][0]["Body"], "b");
    org.send(Method::DELETE, &format!("sobjects/Account/{parent}"), None).await;
    assert_eq!(
        org.get(&format!("sobjects/Note/{note}")).await.error(),
        (404, "ENTITY_IS_DELETED".to_owned())
    );
    assert_eq!(
        org.get(&format!("sobjects/Attachment/{id}/Body")).await.error(),
        (404, "ENTITY_IS_DELETED".to_owned())
    );
}
