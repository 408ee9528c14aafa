//! SOSL, parameterized search and what goes with them.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Answer, TestOrg};

impl TestOrg {
    pub(crate) async fn search(&self, sosl: &str) -> Answer {
        self.search_in("v66.0", sosl).await
    }

    async fn search_in(&self, version: &str, sosl: &str) -> Answer {
        let request = self.request(Method::GET, &format!("/services/data/{version}/search"));
        Answer::read(request.query(&[("q", sosl)]).send().await.unwrap()).await
    }

    /// Creates three accounts and a contact to find.
    pub(crate) async fn plant(&self) -> String {
        let accounts = json!({ "records": [
            { "attributes": { "type": "Account" }, "Name": "Quayside Ropes", "Phone": "(415) 555-1212" },
            { "attributes": { "type": "Account" }, "Name": "Quayside Sails", "Description": "ropes and more" },
            { "attributes": { "type": "Account" }, "Name": "Ropeworks" },
            { "attributes": { "type": "Contact" }, "LastName": "Quayside", "Email": "ropes@quay.example" }
        ] });
        let saved = self.send(Method::POST, "composite/sobjects", Some(accounts)).await;
        assert_eq!(saved.status, StatusCode::OK, "{}", saved.text);
        saved.json()[0]["id"].as_str().unwrap().to_owned()
    }
}

pub(crate) fn names(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let body = answer.json();
    let records = body["searchRecords"].as_array().unwrap_or_else(|| panic!("{body}"));
    let name = |record: &Value| {
        let name = ["Name", "Id"].iter().find_map(|field| record[*field].as_str()).unwrap();
        format!("{} {name}", record["attributes"]["type"].as_str().unwrap())
    };
    records.iter().map(name).collect()
}

#[tokio::test]
async fn a_search_finds_words_in_the_fields_it_names() {
    let org = TestOrg::start();
    org.plant().await;
    let returning = "RETURNING Account(Id, Name), Contact(Id, Name)";
    let cases = [
        (
            "{quayside ropes}",
            "ALL",
            vec!["Account Quayside Ropes", "Account Quayside Sails", "Contact Quayside"],
        ),
        ("{quayside ropes}", "NAME", vec!["Account Quayside Ropes"]),
        ("{\"quayside sails\"}", "NAME", vec!["Account Quayside Sails"]),
        ("{rope*}", "NAME", vec!["Account Quayside Ropes", "Account Ropeworks"]),
        ("{quayside AND NOT sails}", "NAME", vec!["Account Quayside Ropes", "Contact Quayside"]),
        ("{ropes}", "EMAIL", vec!["Contact Quayside"]),
        ("{4155551212}", "PHONE", vec!["Account Quayside Ropes"]),
        ("{nothing of the kind}", "ALL", vec![]),
    ];

    for (terms, group, expected) in cases {
        let found = org.search(&format!("FIND {terms} IN {group} FIELDS {returning}")).await;
        assert_eq!(names(&found), expected, "{terms} in {group}");
    }
}

#[tokio::test]
async fn an_sobject_has_its_own_fields_conditions_order_and_limit() {
    let org = TestOrg::start();
    let id = org.plant().await;

    let answer = org
        .search("find {quayside} returning account(Name, Phone where Name like '%Ropes' limit 5), Contact limit 10")
        .await;
    let ordered = org.search("FIND {quayside} RETURNING Account(Name ORDER BY Name DESC LIMIT 1)").await;
    let offset = org.search("FIND {quayside} RETURNING Account(Name ORDER BY Name LIMIT 1 OFFSET 1)").await;
    let limited = org.search("FIND {quayside} RETURNING Account, Contact LIMIT 2").await;
    let all = org.search("FIND {quayside}").await;
    let labelled = org.search("FIND {quayside} RETURNING Account(Name) WITH METADATA = 'LABELS'").await;

    let expected = json!({
        "attributes": { "type": "Account", "url": format!("/services/data/v66.0/sobjects/Account/{id}") },
        "Name": "Quayside Ropes", "Phone": "(415) 555-1212"
    });
    assert_eq!(answer.json()["searchRecords"][0], expected);
    assert_eq!(answer.json()["searchRecords"].as_array().map(Vec::len), Some(2));
    assert_eq!(names(&ordered), ["Account Quayside Sails"]);
    assert_eq!(names(&offset), ["Account Quayside Sails"]);
    assert_eq!(names(&limited).len(), 2);
    assert_eq!(names(&all).len(), 3);
    assert_eq!(
        labelled.json()["metadata"]["entityetadata"][0],
        json!({ "entityName": "Account", "fieldMetadata": [{ "name": "Name", "label": "Account Name" }] })
    );
}

#[tokio::test]
async fn older_versions_answer_a_bare_list() {
    let org = TestOrg::start();
    org.plant().await;

    let old = org.search_in("v36.0", "FIND {quayside} RETURNING Contact(Id)").await.json();
    let none = org.search_in("v58.0", "FIND {Acme}").await;

    let url = old[0]["attributes"]["url"].as_str().unwrap();
    assert!(url.starts_with("/services/data/v36.0/sobjects/Contact/003"), "{url}");
    assert_eq!(none.text, r#"{"searchRecords":[]}"#);
}

#[tokio::test]
async fn what_cannot_be_searched_is_told() {
    const UNBRACED: &str = "No search term found. The search term must be enclosed in braces.";
    let org = TestOrg::start();
    let cases = [
        ("", "MALFORMED_SEARCH", "No search string was specified"),
        ("FIND {a}", "MALFORMED_SEARCH", "search term must be longer than one character: a"),
        ("SELECT Id FROM Account", "MALFORMED_SEARCH", "unexpected token: 'SELECT'"),
        ("FIND 'ropes'", "MALFORMED_SEARCH", UNBRACED),
        ("FIND {ropes", "MALFORMED_SEARCH", UNBRACED),
        ("FIND {ropes} IN SOME FIELDS", "MALFORMED_SEARCH", "unexpected token: 'SOME'"),
        (
            "FIND {ropes} RETURNING Account(Id",
            "MALFORMED_SEARCH",
            "expecting a right parentheses, found '<EOF>'",
        ),
        (
            "FIND {ropes} RETURNING Account(Id) WITH SNIPPET",
            "MALFORMED_SEARCH",
            "not available in this simulated org",
        ),
        (
            "FIND {ropes} RETURNING Nothing__c(Id)",
            "INVALID_TYPE",
            "sObject type 'Nothing__c' is not supported",
        ),
        (
            "FIND {ropes} RETURNING Account(Nothing__c)",
            "INVALID_FIELD",
            "No such column 'Nothing__c' on entity 'Account'",
        ),
        (
            "FIND {ropes} RETURNING Account(COUNT())",
            "MALFORMED_SEARCH",
            "Aggregate functions are not allowed",
        ),
    ];

    for (sosl, code, message) in cases {
        let answer = org.search(sosl).await;
        assert_eq!(answer.error(), (400, code.to_owned()), "{sosl}: {}", answer.text);
        assert!(answer.message().contains(message), "{sosl}: {}", answer.message());
    }
    let placed = org.search("FIND {ropes} RETURNING Account(Nothing__c)").await.message();
    assert!(placed.contains("ERROR at Row:1:Column:32"), "{placed}");
}

#[tokio::test]
async fn searches_can_be_parameterized() {
    let org = TestOrg::start();
    org.plant().await;

    let by_url =
        org.get("parameterizedSearch/?q=quayside&sobject=Account&Account.fields=Name&Account.limit=1").await;
    let conditional =
        org.get("parameterizedSearch?q=quayside&sobject=Account&fields=Name&in=NAME&Account.where=Phone+!%3D+null").await;
    let body = json!({ "q": "quayside & (", "fields": ["Name"], "in": "ALL", "overallLimit": 100, "defaultLimit": 10,
        "sobjects": [{ "name": "Contact" }, { "name": "Account", "fields": ["Id", "Name"], "where": "Name LIKE '%Sails'", "limit": 5 }] });
    let by_body = org.send(Method::POST, "parameterizedSearch", Some(body)).await;
    let everywhere = org.get("parameterizedSearch?q=quayside").await;
    let missing = org.get("parameterizedSearch?sobject=Account").await;
    let wrong = org.get("parameterizedSearch?q=quayside&overallLimit=x").await;

    assert_eq!(names(&by_url), ["Account Quayside Ropes"]);
    assert_eq!(names(&conditional), ["Account Quayside Ropes"]);
    assert_eq!(names(&by_body), ["Contact Quayside", "Account Quayside Sails"]);
    assert_eq!(names(&everywhere).len(), 3);
    assert_eq!(missing.error(), (400, "MISSING_ARGUMENT".to_owned()));
    assert_eq!(wrong.error(), (400, "INVALID_SEARCH".to_owned()));
}

#[tokio::test]
async fn scopes_layouts_and_suggestions_are_told() {
    let org = TestOrg::start();
    org.plant().await;

    let scopes = org.get("search/scopeOrder").await.json();
    let layouts = org.get("search/layout/?q=Account,Contact").await.json();
    let suggested = org.get("search/suggestions?q=quay&sobject=Account&limit=1").await.json();
    let short = org.get("search/suggestions?q=qu&sobject=Account").await;

    let account = json!({ "type": "Account", "url": "/services/data/v66.0/sobjects/Account/describe" });
    assert!(scopes.as_array().unwrap().contains(&account), "{scopes}");
    assert_eq!(
        (&layouts[0]["objectType"], &layouts[1]["objectType"]),
        (&json!("Account"), &json!("Contact"))
    );
    assert_eq!(
        layouts[0]["searchColumns"][0],
        json!({ "field": "Account.Name", "format": null, "label": "Account Name", "name": "Name" })
    );
    assert_eq!(suggested["autoSuggestResults"][0]["Name"], "Quayside Ropes");
    assert_eq!(
        (&suggested["hasMoreResults"], suggested["autoSuggestResults"].as_array().unwrap().len()),
        (&json!(true), 1)
    );
    assert_eq!(short.error(), (400, "MALFORMED_SEARCH".to_owned()));
}
