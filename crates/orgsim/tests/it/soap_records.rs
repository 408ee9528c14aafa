//! The calls of the SOAP partner API that read and write records.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::client::{Answer, TestOrg};

/// Calls with the org's session; `headers` are elements beside it.
async fn call_with(org: &TestOrg, headers: &str, body: &str) -> Answer {
    call_at(org, "60.0", headers, body).await
}

/// Calls that version of the API.
async fn call_at(org: &TestOrg, version: &str, headers: &str, body: &str) -> Answer {
    let envelope = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:urn=\"urn:partner.soap.sforce.com\"><soapenv:Header><urn:SessionHeader><urn:sessionId>{}</urn:sessionId>\
         </urn:SessionHeader>{headers}</soapenv:Header><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>",
        org.token
    );
    let url = org.url(&format!("/services/Soap/u/{version}/{}", &org.line.org_id[..15]));
    let request = org.http.post(url).body(envelope).header("Content-Type", "text/xml; charset=UTF-8");
    Answer::read(request.header("SOAPAction", "\"\"").send().await.unwrap()).await
}

async fn call(org: &TestOrg, body: &str) -> String {
    let answer = call_with(org, "", body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.text
}

/// Returns the texts of all elements of that name.
fn texts<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    text.split(open.as_str()).skip(1).map(|rest| rest.split_once(&close).unwrap().0).collect()
}

#[tokio::test]
async fn records_are_created_changed_and_deleted() {
    let org = TestOrg::start();

    let created = call(
        &org,
        "<urn:create><urn:sObjects><type>Account</type><Name>Lock &amp; Sons</Name><NumberOfEmployees>12</NumberOfEmployees></urn:sObjects>\
         <urn:sObjects><type>Contact</type><FirstName>Ada</FirstName></urn:sObjects></urn:create>",
    )
    .await;

    assert_eq!(texts(&created, "success"), ["true", "false"]);
    assert_eq!(texts(&created, "statusCode"), ["REQUIRED_FIELD_MISSING"]);
    assert_eq!(texts(&created, "fields"), ["LastName"]);
    let id = texts(&created, "id")[0].to_owned();
    let record = org.get(&format!("sobjects/Account/{id}")).await.json();
    assert_eq!((&record["Name"], &record["NumberOfEmployees"]), (&json!("Lock & Sons"), &json!(12)));

    let changed = call(
        &org,
        &format!(
            "<urn:update><urn:sObjects><type>Account</type><fieldsToNull>NumberOfEmployees</fieldsToNull><Id>{id}</Id>\
             <Industry>Energy</Industry></urn:sObjects></urn:update>"
        ),
    )
    .await;
    assert_eq!(texts(&changed, "success"), ["true"]);
    let record = org.get(&format!("sobjects/Account/{id}")).await.json();
    assert_eq!((&record["Industry"], &record["NumberOfEmployees"]), (&json!("Energy"), &json!(null)));

    let deleted =
        call(&org, &format!("<urn:delete><urn:ids>{id}</urn:ids><urn:ids>{id}</urn:ids></urn:delete>")).await;
    assert_eq!(texts(&deleted, "success"), ["true", "false"]);
    assert_eq!(texts(&deleted, "statusCode"), ["ENTITY_IS_DELETED"]);
}

#[tokio::test]
async fn upserts_tell_what_they_created() {
    let org = TestOrg::start();
    let body = "<urn:upsert><urn:externalIDFieldName>External_Id__c</urn:externalIDFieldName><urn:sObjects><type>Account</type>\
                <External_Id__c>X-900001</External_Id__c><Name>Lockside</Name></urn:sObjects></urn:upsert>";

    let first = call(&org, body).await;
    let second = call(&org, body).await;

    assert_eq!((texts(&first, "created"), texts(&second, "created")), (vec!["true"], vec!["false"]));
    assert_eq!(texts(&first, "id"), texts(&second, "id"));
    let child = call(
        &org,
        "<urn:create><urn:sObjects><type>Contact</type><LastName>Weir</LastName><Account><type>Account</type>\
         <External_Id__c>X-900001</External_Id__c></Account></urn:sObjects></urn:create>",
    )
    .await;
    assert_eq!(texts(&child, "success"), ["true"], "{child}");
}

#[tokio::test]
async fn old_versions_upsert_and_tell_of_each_record_whether_it_was_created() {
    let org = TestOrg::start();
    let body = "<urn:upsert><urn:externalIDFieldName>External_Id__c</urn:externalIDFieldName><urn:sObjects><type>Account</type>\
                <External_Id__c>X-900002</External_Id__c><Name>Lockside</Name></urn:sObjects><urn:sObjects><type>Account</type>\
                <External_Id__c>X-900003</External_Id__c></urn:sObjects></urn:upsert>";

    let upserted = call_at(&org, "31.0", "", body).await.text;

    assert_eq!(texts(&upserted, "created"), ["true", "false"]);
    assert_eq!(texts(&upserted, "success"), ["true", "false"]);
    assert!(upserted.contains("<result><created>false</created><errors>"), "{upserted}");
}

#[tokio::test]
async fn what_is_found_has_an_id_of_the_search() {
    let org = TestOrg::start();
    org.create("Account", json!({ "Name": "Lockside Zebra" })).await;

    let found = call(
        &org,
        "<urn:search><urn:searchString>FIND {Zebra} RETURNING Account(Id, Name)</urn:searchString></urn:search>",
    )
    .await;

    assert_eq!(texts(&found, "queryId")[0].len(), 12);
    assert!(
        found.contains("</queryId><searchRecords><record xsi:type=\"sf:sObject\"><sf:type>Account<"),
        "{found}"
    );
}

#[tokio::test]
async fn queries_page_and_nest() {
    let org = TestOrg::start();
    let options = "<urn:QueryOptions><urn:batchSize>200</urn:batchSize></urn:QueryOptions>";
    let query = "<urn:query><urn:queryString>SELECT Id, LastName, CreatedDate, Account.Name FROM Contact</urn:queryString></urn:query>";

    let first = call_with(&org, options, query).await.text;
    let locator = texts(&first, "queryLocator")[0].to_owned();
    let second = call_with(
        &org,
        options,
        &format!("<urn:queryMore><urn:queryLocator>{locator}</urn:queryLocator></urn:queryMore>"),
    )
    .await
    .text;

    assert_eq!((texts(&first, "done"), texts(&first, "size")), (vec!["false"], vec!["600"]));
    assert_eq!(texts(&first, "sf:LastName").len(), 200);
    assert_eq!(texts(&second, "sf:LastName").len(), 200);
    assert!(
        first.contains("<records xsi:type=\"sf:sObject\"><sf:type>Contact</sf:type><sf:Id>003"),
        "{first}"
    );
    assert!(first.contains(
        "<sf:Account xsi:type=\"sf:sObject\"><sf:type>Account</sf:type><sf:Id xsi:nil=\"true\"/><sf:Name>"
    ));
    assert!(texts(&first, "sf:CreatedDate")[0].ends_with(".000Z"));
    let nested = call(&org, "<urn:query><urn:queryString>SELECT Name, (SELECT LastName FROM Contacts) FROM Account LIMIT 50</urn:queryString></urn:query>").await;
    assert!(nested.contains(
        "<sf:Contacts xsi:type=\"QueryResult\"><done>true</done><queryLocator xsi:nil=\"true\"/><records"
    ));
    assert!(nested.contains("<LimitInfoHeader>"));
}

#[tokio::test]
async fn refused_queries_are_faults() {
    let org = TestOrg::start();
    let placed = "<urn:query><urn:queryString>SELECT Id, Nothing FROM Account</urn:queryString></urn:query>";
    let placed = call_with(&org, "", placed).await;
    assert!(placed.text.contains("<sf:row>1</sf:row><sf:column>12</sf:column>"), "{}", placed.text);
    let cases = [
        (
            "<urn:query><urn:queryString>SELECT Nothing FROM Account</urn:queryString></urn:query>",
            "INVALID_FIELD",
            "InvalidFieldFault",
        ),
        (
            "<urn:query><urn:queryString>SELECT</urn:queryString></urn:query>",
            "MALFORMED_QUERY",
            "MalformedQueryFault",
        ),
        (
            "<urn:queryMore><urn:queryLocator>0r8000000000000AAA-200</urn:queryLocator></urn:queryMore>",
            "INVALID_QUERY_LOCATOR",
            "InvalidQueryLocatorFault",
        ),
        (
            "<urn:describeSObject><urn:sObjectType>Nothing</urn:sObjectType></urn:describeSObject>",
            "INVALID_TYPE",
            "UnexpectedErrorFault",
        ),
        ("<urn:convertLead/>", "FUNCTIONALITY_NOT_ENABLED", "UnexpectedErrorFault"),
    ];
    for (body, code, element) in cases {
        let answer = call_with(&org, "", body).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{body}");
        assert!(answer.text.contains(&format!("<faultcode>sf:{code}</faultcode>")), "{}", answer.text);
        assert!(
            answer
                .text
                .contains(&format!("<sf:{element} xsi:type=\"sf:{element}\"><sf:exceptionCode>{code}<")),
            "{}",
            answer.text
        );
    }
}

#[tokio::test]
async fn sobjects_are_described() {
    let org = TestOrg::start();

    let global = call(&org, "<urn:describeGlobal/>").await;
    let both = call(&org, "<urn:describeSObjects><urn:sObjectType>account</urn:sObjectType><urn:sObjectType>Contact</urn:sObjectType></urn:describeSObjects>").await;

    assert!(
        texts(&global, "keyPrefix").contains(&"001") && global.contains("<maxBatchSize>200</maxBatchSize>")
    );
    assert_eq!(both.matches("<result>").count(), 2);
    assert!(both.contains("<name>Account</name>") && both.contains("<soapType>tns:ID</soapType>"));
}

#[tokio::test]
async fn describes_have_the_elements_of_their_version_in_order() {
    let org = TestOrg::start();
    let describe = "<urn:describeSObject><urn:sObjectType>Account</urn:sObjectType></urn:describeSObject>";

    let global = call_at(&org, "45.0", "", "<urn:describeGlobal/>").await.text;
    let old = call_at(&org, "45.0", "", describe).await.text;
    let new = call_at(&org, "60.0", "", describe).await.text;

    for known_later in ["<deepCloneable>", "<isInterface>", "<implementedBy", "<sobjectDescribeOption>"] {
        assert!(!global.contains(known_later) && !old.contains(known_later), "{known_later}");
    }
    assert!(
        global.contains(
            "<hasSubtypes>false</hasSubtypes><idEnabled>true</idEnabled><isSubtype>false</isSubtype>"
        )
    );
    assert!(new.contains(
        "<deepCloneable>false</deepCloneable><defaultImplementation xsi:nil=\"true\"/><deletable>"
    ));
    for text in [&old, &new] {
        assert!(text.contains("<networkScopeFieldName xsi:nil=\"true\"/><queryable>true</queryable>"));
        assert!(
            text.contains("/{ID}</urlDetail><urlEdit>") && text.contains("/001/e</urlNew></result>"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn records_are_retrieved_and_replicated() {
    let org = TestOrg::start();
    let id = org.create("Account", json!({ "Name": "Lockside" })).await;
    let now = org.simulator.clock().now_ms();
    org.simulator.clock().set(now + 600_000);

    let found = call(
        &org,
        &format!("<urn:retrieve><urn:fieldList>Id, Name</urn:fieldList><urn:sObjectType>Account</urn:sObjectType><urn:ids>{id}</urn:ids>\
                  <urn:ids>001000000000000AAA</urn:ids></urn:retrieve>"),
    )
    .await;
    let updated = call(
        &org,
        "<urn:getUpdated><urn:sObjectType>Account</urn:sObjectType><urn:startDate>2026-11-21T00:00:00Z</urn:startDate>\
         <urn:endDate>2026-11-23T00:00:00Z</urn:endDate></urn:getUpdated>",
    )
    .await;

    assert_eq!(texts(&found, "sf:Name"), ["Lockside"]);
    assert!(found.contains("<result xsi:nil=\"true\"/>"), "{found}");
    assert!(texts(&updated, "ids").contains(&id.as_str()), "{updated}");
    assert!(texts(&updated, "latestDateCovered")[0].ends_with('Z'));
}

#[tokio::test]
async fn passwords_are_set_and_reset() {
    let org = TestOrg::start();
    let users = org.query("SELECT Id FROM User WHERE IsActive = true AND Username LIKE '%2@%' LIMIT 1").await;
    let user = users.json()["records"][0]["Id"].as_str().unwrap().to_owned();
    let set = |password: &str| {
        format!(
            "<urn:setPassword><urn:userId>{user}</urn:userId><urn:password>{password}</urn:password></urn:setPassword>"
        )
    };

    let answer = call(&org, &set("another 1 word")).await;

    assert!(answer.contains("<setPasswordResponse") && answer.contains("<result/>"), "{answer}");
    let refused = call_with(&org, "", &set("short")).await;
    assert!(refused.text.contains("<sf:InvalidNewPasswordFault"), "{}", refused.text);
    let reset =
        call(&org, &format!("<urn:resetPassword><urn:userId>{user}</urn:userId></urn:resetPassword>")).await;
    assert!(texts(&reset, "password")[0].len() >= 8, "{reset}");
}

#[tokio::test]
async fn the_header_about_duplicates_counts() {
    let org = TestOrg::start();
    let rule = json!({ "sobject": "Account", "action": "alert" });
    assert!(org.control(Method::POST, "/duplicate-rules", rule).await.status.is_success());
    let account = "<urn:create><urn:sObjects><type>Account</type><Name>Twice</Name><Phone>1234</Phone></urn:sObjects></urn:create>";
    let header = "<urn:DuplicateRuleHeader><urn:allowSave>true</urn:allowSave></urn:DuplicateRuleHeader>";

    assert_eq!(texts(&call(&org, account).await, "success"), ["true"]);
    let refused = call(&org, account).await;
    assert_eq!(texts(&refused, "statusCode"), ["DUPLICATES_DETECTED"], "{refused}");
    let saved = call_with(&org, header, account).await;
    assert_eq!(texts(&saved.text, "success"), ["true"], "{}", saved.text);
}
