//! Rights of users as every resource and API of the org goes by them.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tonic::Code;

use crate::bulk1;
use crate::client::TestOrg;
use crate::people::Person;
use crate::search::names;
use crate::streaming::client::{EARLIEST, Fetch, PubSub, codes};
use crate::{cometd, soap};

const ACCOUNTS: &str = "/data/AccountChangeEvent";
const ALL: &str = "/data/ChangeEvents";

/// Starts an org in which a user sees neither opportunities nor the phone numbers and addresses of accounts.
async fn org_with_narrow_user() -> (TestOrg, Person) {
    let org = TestOrg::start();
    let person = org.person("Standard User").await;
    org.rights(json!({
        "user": person.username,
        "fields": { "Account.Phone": "none", "Account.Fax": "read", "Account.BillingAddress": "none" },
        "objects": { "Opportunity": [], "Contact": ["read"] },
    }))
    .await;
    (org, person)
}

async fn ok(org: &TestOrg, person: &Person, path: &str) -> Value {
    let answer = org.get_as(&person.token, path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    answer.json()
}

async fn only(org: &TestOrg, person: &Person, soql: &str) -> Value {
    let answer = org.query_as(person, soql).await;
    assert_eq!(answer.status, StatusCode::OK, "{soql}: {}", answer.text);
    answer.json()["records"][0].clone()
}

#[tokio::test]
async fn records_of_rights_tell_those_of_the_user_they_are_of() {
    let (org, person) = org_with_narrow_user().await;
    let id = &person.id;
    let admin = &org.records("SELECT Id FROM User WHERE IsActive = true ORDER BY Id LIMIT 1").await[0]["Id"];
    let admin = admin.as_str().unwrap();

    let entity = |user: &str, name: &str| {
        format!(
            "SELECT IsReadable, IsCreatable, IsEditable, IsDeletable FROM UserEntityAccess WHERE UserId = '{user}' \
             AND EntityDefinition.QualifiedApiName = '{name}'"
        )
    };
    let field = |user: &str, name: &str| {
        format!(
            "SELECT IsAccessible, IsCreatable, IsUpdatable FROM UserFieldAccess WHERE UserId = '{user}' \
             AND EntityDefinition.QualifiedApiName = 'Account' AND FieldDefinition.QualifiedApiName = '{name}'"
        )
    };
    let flags = async |soql: String, names: &[&str]| -> Vec<bool> {
        let row = only(&org, &person, &soql).await;
        names.iter().map(|name| row[*name].as_bool().unwrap_or_else(|| panic!("{soql}: {row}"))).collect()
    };
    let of_entity = ["IsReadable", "IsCreatable", "IsEditable", "IsDeletable"];
    assert_eq!(flags(entity(id, "Opportunity"), &of_entity).await, [false; 4]);
    assert_eq!(flags(entity(id, "Contact"), &of_entity).await, [true, false, false, false]);
    assert_eq!(flags(entity(admin, "Opportunity"), &of_entity).await, [true; 4]);
    let of_field = ["IsAccessible", "IsCreatable", "IsUpdatable"];
    assert_eq!(flags(field(id, "Phone"), &of_field).await, [false; 3]);
    assert_eq!(flags(field(id, "Fax"), &of_field).await, [true, false, false]);
    assert_eq!(flags(field(admin, "Phone"), &of_field).await, [true; 3]);

    let soql = "SELECT RunningUserEntityAccess.IsReadable FROM EntityDefinition WHERE QualifiedApiName = 'Opportunity'";
    let own = only(&org, &person, soql).await;
    assert_eq!(own["RunningUserEntityAccess"]["IsReadable"], false);
    let soql = "SELECT RunningUserFieldAccess.IsAccessible FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = \
                'Account' AND QualifiedApiName = 'Phone'";
    assert_eq!(only(&org, &person, soql).await["RunningUserFieldAccess"]["IsAccessible"], false);
    assert_eq!(org.records(soql).await[0]["RunningUserFieldAccess"]["IsAccessible"], true);
}

#[tokio::test]
async fn pages_and_their_descriptions_leave_out_what_a_user_may_not_read() {
    let (org, person) = org_with_narrow_user().await;
    let account = org.create("Account", json!({ "Name": "Weir", "Phone": "1", "Fax": "2" })).await;

    let info = ok(&org, &person, "ui-api/object-info/Account").await;
    assert_eq!((info["fields"].get("Phone"), &info["fields"]["Fax"]["updateable"]), (None, &json!(false)));
    let children = info["childRelationships"].as_array().unwrap();
    assert!(children.iter().all(|child| child["childObjectApiName"] != "Opportunity"));
    assert_eq!(org.get_as(&person.token, "ui-api/object-info/Opportunity").await.error().0, 404);
    let directory = ok(&org, &person, "ui-api/object-info").await;
    assert!(
        directory["objects"].get("Opportunity").is_none() && directory["objects"].get("Account").is_some()
    );
    assert_eq!(ok(&org, &person, "ui-api/object-info/Contact").await["createable"], false);

    let record = format!("ui-api/records/{account}");
    let optional = format!("{record}?fields=Account.Name&optionalFields=Account.Phone,Account.Fax");
    let fields = ok(&org, &person, &optional).await["fields"].clone();
    assert_eq!((fields.get("Phone"), &fields["Fax"]["value"]), (None, &json!("2")));
    let refused = org.get_as(&person.token, &format!("{record}?fields=Account.Phone")).await;
    assert_eq!(refused.error(), (400, "INVALID_FIELD".to_owned()));
    let opportunity = &org.records("SELECT Id FROM Opportunity LIMIT 1").await[0]["Id"];
    let path = format!("ui-api/records/{}?fields=Opportunity.Name", opportunity.as_str().unwrap());
    assert_eq!(org.get_as(&person.token, &path).await.error().0, 404);

    for path in [
        "sobjects/Account/describe/layouts",
        "sobjects/Account/describe/compactLayouts",
        "sobjects/Account/listviews/recent/describe",
    ] {
        let layout = ok(&org, &person, path).await.to_string();
        assert!(!layout.contains("\"Phone\"") && !layout.contains("\"Opportunities\""), "{path}: {layout}");
    }
    let whole = org.get("sobjects/Account/describe/layouts").await.text;
    assert!(
        whole.contains("\"Phone\"") && whole.contains("\"Opportunities\""),
        "the administrator sees it all"
    );
    let tabs = ok(&org, &person, "tabs").await.to_string();
    assert!(tabs.contains("standard-Account") && !tabs.contains("standard-Opportunity"));
}

#[tokio::test]
async fn record_types_are_told_wherever_a_page_is_described() {
    let org = TestOrg::start();
    let types = org
        .records("SELECT Id, Name FROM RecordType WHERE SobjectType = 'Opportunity' AND IsActive = true")
        .await;
    assert!(!types.is_empty());

    let info = org.get("ui-api/object-info/Opportunity").await.json();
    let layouts = org.get("sobjects/Opportunity/describe/layouts").await.json();
    let soql = "SELECT RecordTypesSupported FROM EntityDefinition WHERE QualifiedApiName = 'Opportunity'";
    let definition = org.records(soql).await[0].to_string();

    let mappings = layouts["recordTypeMappings"].as_array().unwrap();
    for known in &types {
        let id = known["Id"].as_str().unwrap();
        assert_eq!(info["recordTypeInfos"][id]["name"], known["Name"]);
        let mapping = mappings.iter().find(|mapping| mapping["recordTypeId"] == id).unwrap();
        let path = mapping["urls"]["layout"].as_str().unwrap();
        assert_eq!(org.get(path).await.json(), layouts["layouts"][0]);
        assert!(definition.contains(id), "{definition}");
    }
    assert_eq!(mappings.last().unwrap()["master"], true);
    let record =
        org.records("SELECT Id, RecordTypeId FROM Opportunity WHERE RecordTypeId != null LIMIT 1").await;
    let (id, record_type) = (record[0]["Id"].as_str().unwrap(), &record[0]["RecordTypeId"]);
    let shown = org.get(&format!("ui-api/records/{id}?fields=Opportunity.Name")).await.json();
    assert_eq!(
        (&shown["recordTypeId"], &shown["recordTypeInfo"]["recordTypeId"]),
        (record_type, record_type)
    );
}

#[tokio::test]
async fn a_record_type_offers_its_own_values_alone() {
    let org = TestOrg::start();
    let types =
        org.records("SELECT Id, DeveloperName FROM RecordType WHERE SobjectType = 'Opportunity'").await;
    let find = |name: &str| {
        let known = types.iter().find(|known| known["DeveloperName"] == name).unwrap();
        known["Id"].as_str().unwrap().to_owned()
    };
    let (business, renewal) = (find("New_Business"), find("Renewal"));
    let category = "ForecastCategoryName";
    let narrow = |values: Value| json!({ "sobject": "Opportunity", "record_type": renewal, "field": category, "values": values });
    assert_eq!(
        org.control(Method::POST, "/record-type-picklists", narrow(json!(["Commit", "Closed"]))).await.status,
        200
    );
    let unknown = org.control(Method::POST, "/record-type-picklists", narrow(json!(["Nonsense"]))).await;
    assert_eq!(unknown.error(), (400, "INVALID_INPUT".to_owned()));

    let deal = |record_type: &str, value: &str| json!({ "Name": "Ropes", "StageName": "Closed Won", "CloseDate": "2026-12-31", "RecordTypeId": record_type, category: value });
    let refused = org.send(Method::POST, "sobjects/Opportunity", Some(deal(&renewal, "Pipeline"))).await;
    assert_eq!(refused.error(), (400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST".to_owned()));
    let id = org.create("Opportunity", deal(&renewal, "Commit")).await;
    org.create("Opportunity", deal(&business, "Pipeline")).await;
    let path = format!("sobjects/Opportunity/{id}");
    let refused = org.send(Method::PATCH, &path, Some(json!({ category: "Pipeline" }))).await;
    assert_eq!(refused.error(), (400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST".to_owned()));
    let both = json!({ category: "Pipeline", "RecordTypeId": business });
    let moved = org.send(Method::PATCH, &path, Some(both)).await;
    assert_eq!(moved.status, StatusCode::NO_CONTENT, "{}", moved.text);

    let values = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|entry| entry["value"].as_str().unwrap().to_owned()).collect()
    };
    let stages = ["Proposal/Price Quote", "Negotiation/Review", "Closed Won", "Closed Lost"];
    let layouts = org.get("sobjects/Opportunity/describe/layouts").await.json();
    let mapping = |id: &str| {
        let mappings = layouts["recordTypeMappings"].as_array().unwrap();
        let known = mappings.iter().find(|mapping| mapping["recordTypeId"] == id).unwrap();
        let lists = known["picklistsForRecordType"].as_array().unwrap();
        values(&lists.iter().find(|list| list["picklistName"] == "StageName").unwrap()["picklistValues"])
    };
    assert_eq!((mapping(&renewal), mapping(&business).len()), (stages.map(str::to_owned).to_vec(), 10));
    let path = format!("ui-api/object-info/Opportunity/picklist-values/{renewal}");
    let all = org.get(&path).await.json();
    assert_eq!(values(&all["picklistFieldValues"]["StageName"]["values"]), stages);
    assert_eq!(values(&all["picklistFieldValues"][category]["values"]), ["Commit", "Closed"]);
    let one = org.get(&format!("{path}/StageName")).await.json();
    assert_eq!(one, all["picklistFieldValues"]["StageName"]);
    assert_eq!(org.get(&format!("{path}/Amount")).await.status, StatusCode::NOT_FOUND);
    let master = "ui-api/object-info/Opportunity/picklist-values/012000000000000AAA/StageName";
    assert_eq!(values(&org.get(master).await.json()["values"]).len(), 10);
}

#[tokio::test]
async fn encrypted_text_is_masked_for_who_may_not_see_it() {
    let org = TestOrg::start();
    let person = org.person("Standard User").await;
    org.rights(json!({ "user": person.username, "objects": { "Project__c": ["read", "view_all"] },
        "fields": { "Project__c.Door_Code__c": "read" } }))
        .await;
    let code = "471108";
    let id = org.create("Project__c", json!({ "Name": "Weir", "Door_Code__c": code })).await;
    let soql = format!("SELECT Door_Code__c FROM Project__c WHERE Id = '{id}'");
    assert_eq!(org.records(&soql).await[0]["Door_Code__c"], code);

    let masked = only(&org, &person, &soql).await;

    assert_eq!(masked["Door_Code__c"], "******");
    org.rights(json!({ "user": person.username, "permissions": { "ViewEncryptedData": true } })).await;
    let record = ok(&org, &person, &format!("sobjects/Project__c/{id}")).await;
    assert_eq!(record["Door_Code__c"], code);
}

#[tokio::test]
async fn open_streams_end_when_their_user_may_no_longer_read() {
    let org = TestOrg::with_records("Account", 3);
    let person = org.person("Standard User").await;
    let grant = |rights: &[&str]| json!({ "user": person.username, "objects": { "Account": rights } });
    org.rights(grant(&["read", "view_all"])).await;
    let mut client = PubSub::connect(&org).await;
    client.token = person.token.clone();
    let create = async |name: &str| org.create("Account", json!({ "Name": name })).await;
    let mut events = client.subscribe(ACCOUNTS, EARLIEST, b"", 10).await;
    create("seen").await;
    assert_eq!(events.events(1).await[0]["Name"], "seen");

    org.rights(grant(&[])).await;
    create("unseen").await;

    assert_eq!(codes(&events.next().await.err().unwrap()).0, Code::InvalidArgument);
    org.rights(grant(&["read", "view_all"])).await;
    let mut events = client.subscribe(ACCOUNTS, EARLIEST, b"", 10).await;
    events.events(2).await;
    let gone = org.http.post(org.url("/services/oauth2/revoke")).form(&[("token", person.token.as_str())]);
    assert_eq!(gone.send().await.unwrap().status(), StatusCode::OK);
    create("a session that ended breaks no stream").await;
    assert_eq!(events.next().await.unwrap().events.len(), 1);
    let frozen = json!({ "frozen_users": [person.username] });
    org.control(Method::POST, "/sign-in", frozen).await;
    create("unseen").await;
    assert_eq!(codes(&events.next().await.err().unwrap()).0, Code::Unauthenticated);
}

#[tokio::test]
async fn searches_look_at_no_field_that_is_hidden() {
    let (mut org, person) = org_with_narrow_user().await;
    org.plant().await;
    let sosl = "FIND {4155551212} IN PHONE FIELDS RETURNING Account(Id, Name)";
    assert_eq!(names(&org.search(sosl).await), ["Account Quayside Ropes"]);

    org.token = person.token.clone();

    assert_eq!(names(&org.search(sosl).await), [""; 0]);
    let hidden = org.search("FIND {weir} RETURNING Opportunity(Id)").await;
    let unknown = org.search("FIND {weir} RETURNING Opportunitx(Id)").await;
    assert_eq!(hidden.text, unknown.text.replace("Opportunitx", "Opportunity"));
    assert!(
        names(&org.search("FIND {an*} IN NAME FIELDS").await)
            .iter()
            .all(|name| !name.starts_with("Opportunity "))
    );
    assert!(!ok(&org, &person, "search/scopeOrder").await.to_string().contains("Opportunity"));
}

#[tokio::test]
async fn a_search_does_not_see_what_is_not_visible_yet() {
    let org = TestOrg::start();
    org.control(Method::POST, "/visibility", json!({ "delay_ms": 300_000 })).await;
    org.plant().await;
    let sosl = "FIND {quayside} IN NAME FIELDS RETURNING Account(Id, Name)";

    let early = names(&org.search(sosl).await).len();
    org.simulator.clock().advance(300_001);

    assert_eq!((early, names(&org.search(sosl).await).len()), (0, 2));
}

#[tokio::test]
async fn a_user_without_api_enabled_gets_in_nowhere() {
    let mut org = TestOrg::start();
    let person = org.person("Standard User").await;
    org.rights(json!({ "user": person.username, "permissions": { "ApiEnabled": false } })).await;

    let login = soap::login(&org, "u/64.0", &person.username, &soap::password(&org)).await;
    assert_eq!(login.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(
        login.text.contains("<faultcode>sf:API_CURRENTLY_DISABLED</faultcode>")
            && login.text.contains("LoginFault"),
        "{}",
        login.text
    );
    let header = soap::session_header(&person.token);
    for call in ["<getUserInfo/>", "<query><queryString>SELECT Id FROM Account</queryString></query>"] {
        let refused = soap::call(&org, "u/64.0", &header, call).await;
        assert!(refused.text.contains("sf:API_DISABLED_FOR_ORG"), "{}", refused.text);
    }
    org.token = person.token.clone();
    assert_eq!(org.get("limits").await.error(), (403, "API_DISABLED_FOR_ORG".to_owned()));
    let job = json!({ "operation": "query", "object": "Account", "contentType": "JSON" });
    let job = org.post1("job", bulk1::JSON, &job.to_string()).await;
    assert_eq!(
        (job.status, &job.json()["exceptionCode"]),
        (StatusCode::BAD_REQUEST, &json!("FeatureNotEnabled"))
    );
    let topic = PubSub::connect(&org).await.topic(ACCOUNTS).await.unwrap_err();
    assert_eq!(codes(&topic), (Code::Unauthenticated, "service.auth.error".to_owned()));
    let message = json!([{ "channel": "/meta/handshake", "version": "1.0", "supportedConnectionTypes": ["long-polling"] }]);
    let reply = cometd::send(&org, message).await.remove(0);
    assert_eq!((&reply["successful"], &reply["error"]), (&json!(false), &json!("403::Handshake denied")));
}

#[tokio::test]
async fn channels_are_open_to_those_who_may_read_all_that_they_carry() {
    let mut org = TestOrg::start();
    let person = org.person("Standard User").await;
    let admin = std::mem::replace(&mut org.token, person.token.clone());
    let client = PubSub::connect(&org).await;
    let listener = cometd::handshake(&org).await;
    let tell = async |topic: &str| {
        let fetch = Fetch { topic_name: topic.to_owned(), preset: EARLIEST, count: 1, ..Fetch::default() };
        let got = client.topic(topic).await.map(|info| info.topic_name).map_err(|status| codes(&status));
        if got.is_err() {
            assert_eq!(codes(&client.refusal(fetch).await).1, "topic.notfound");
        }
        let reply = cometd::subscribe(&org, &listener, topic, -1).await;
        assert_eq!(reply["successful"] == true, got.is_ok(), "{reply}");
        got.is_ok()
    };
    assert_eq!((tell(ACCOUNTS).await, tell(ALL).await), (false, false));
    let objects = json!({ "Account": ["read", "view_all"] });
    org.rights(json!({ "user": person.username, "objects": objects })).await;
    assert_eq!((tell(ACCOUNTS).await, tell(ALL).await), (true, false));
    assert!(!tell("/data/OpportunityChangeEvent").await);
    org.rights(json!({ "user": person.username, "permissions": { "ViewAllData": true } })).await;
    assert_eq!((tell(ACCOUNTS).await, tell(ALL).await), (true, true));
    org.token = admin;
    assert!(PubSub::connect(&org).await.topic(ALL).await.is_ok());
}

#[tokio::test]
async fn events_leave_out_fields_that_their_reader_may_not_see() {
    let (mut org, person) = org_with_narrow_user().await;
    let rights = ["read", "create", "edit", "view_all"];
    org.rights(json!({ "user": person.username, "objects": { "Account": rights } })).await;
    let account = org.create("Account", json!({ "Name": "Weir", "Phone": "1", "BillingCity": "Bonn" })).await;
    let admin = PubSub::connect(&org).await;
    let whole = admin.subscribe(ACCOUNTS, EARLIEST, &[], 2).await.events(1).await.remove(0);
    assert_eq!((&whole["Phone"], &whole["BillingAddress"]["City"]), (&json!("1"), &json!("Bonn")));
    let change = json!({ "Phone": "3", "BillingCity": null, "Fax": "4" });
    org.send(Method::PATCH, &format!("sobjects/Account/{account}"), Some(change)).await;

    org.token = person.token.clone();
    let client = PubSub::connect(&org).await;
    let told = client.subscribe(ACCOUNTS, EARLIEST, &[], 2).await.events(2).await;
    let listener = cometd::handshake(&org).await;
    assert_eq!(cometd::subscribe(&org, &listener, ACCOUNTS, -2).await["successful"], true);
    let heard = cometd::connect(&org, &listener).await;

    assert_eq!(
        (&told[0]["Name"], &told[0]["Phone"], &told[0]["BillingAddress"]),
        (&json!("Weir"), &Value::Null, &Value::Null)
    );
    assert_eq!((&told[1]["Fax"], &told[1]["Phone"]), (&json!("4"), &Value::Null));
    let update = &heard[1]["data"]["payload"];
    assert!(update.get("Phone").is_none() && update.get("BillingAddress").is_none(), "{update}");
    let header = &update["ChangeEventHeader"];
    let changed = header["changedFields"].as_array().unwrap();
    assert_eq!(changed.len(), 2, "{header}");
    assert!(changed.contains(&json!("Fax")) && changed.contains(&json!("LastModifiedDate")), "{header}");
    assert_eq!(header["nulledFields"], json!([]));
}

#[tokio::test]
async fn limits_that_are_used_up_stop_the_older_apis_too() {
    let org = TestOrg::start();
    let header = soap::session_header(&org.token);
    let job = json!({ "operation": "query", "object": "Account", "contentType": "JSON" }).to_string();

    for limit in ["api", "concurrent"] {
        org.control(Method::POST, "/limits", json!({ "exhausted": [limit] })).await;
        let soap = soap::call(&org, "u/64.0", &header, "<getServerTimestamp/>").await;
        let bulk = org.post1("job", bulk1::JSON, &job).await;

        assert!(soap.text.contains("sf:REQUEST_LIMIT_EXCEEDED"), "{limit}: {}", soap.text);
        assert_eq!(bulk.json()["exceptionCode"], "ExceededQuota", "{limit}");
    }
    org.control(Method::POST, "/limits", json!({ "exhausted": [] })).await;
    assert_eq!(org.post1("job", bulk1::JSON, &job).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn files_are_seen_by_those_they_are_shared_with() {
    let org = TestOrg::start();
    let person = org.person("Standard User").await;
    org.rights(json!({ "user": person.username, "permissions": { "QueryAllFiles": false }, "objects": { "Opportunity": [] } })).await;
    let opportunity = org.records("SELECT Id FROM Opportunity LIMIT 1").await[0]["Id"].clone();
    let account = org.create("Account", json!({ "Name": "Weir" })).await;
    let version = json!({ "Title": "Plan", "PathOnClient": "plan.txt", "VersionData": "cGxhbg==" });
    let version = org.create("ContentVersion", version).await;
    let soql = format!("SELECT ContentDocumentId FROM ContentVersion WHERE Id = '{version}'");
    let document = org.records(&soql).await[0]["ContentDocumentId"].as_str().unwrap().to_owned();
    let documents = format!("SELECT Id FROM ContentDocument WHERE Id = '{document}'");
    let path = format!("sobjects/ContentVersion/{version}/VersionData");
    let seen = async || {
        let rows = org.query_as(&person, &documents).await.json()["totalSize"].clone();
        let versions = org.query_as(&person, &soql).await.json()["totalSize"].clone();
        assert_eq!(rows, versions);
        assert_eq!(org.get_as(&person.token, &path).await.status == StatusCode::OK, rows == 1);
        rows == 1
    };
    let share = async |with: &Value| {
        let link = json!({ "ContentDocumentId": document, "LinkedEntityId": with, "ShareType": "V" });
        org.create("ContentDocumentLink", link).await
    };

    assert_eq!(org.records(&documents).await.len(), 1);
    assert!(!seen().await);
    share(&opportunity).await;
    assert!(!seen().await, "a record that the user may not read shares nothing");
    share(&json!(account)).await;
    assert!(seen().await);
}

#[tokio::test]
async fn event_logs_take_a_permission_of_their_own() {
    let org = TestOrg::start();
    let person = org.person("Standard User").await;
    let soql = "SELECT Id FROM EventLogFile";

    let hidden = org.query_as(&person, soql).await;
    org.rights(json!({ "user": person.username, "permissions": { "ViewEventLogFiles": true } })).await;

    assert_eq!(hidden.error(), (400, "INVALID_TYPE".to_owned()));
    assert_eq!(org.query_as(&person, soql).await.status, StatusCode::OK);
}

#[tokio::test]
async fn channels_are_changed_by_those_who_may_customize() {
    let mut org = TestOrg::start();
    let person = org.person("Standard User").await;
    let metadata = json!({ "eventChannel": "ChangeEvents", "selectedEntity": "CampaignChangeEvent" });
    let body = json!({ "FullName": "ChangeEvents_CampaignChangeEvent", "Metadata": metadata });
    org.token = person.token.clone();

    let path = "tooling/sobjects/PlatformEventChannelMember";
    let refused = org.send(Method::POST, path, Some(body)).await;

    assert_eq!(refused.error(), (403, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY".to_owned()));
}

#[tokio::test]
async fn lookups_point_at_nothing_that_their_user_does_not_see() {
    let org = TestOrg::start();
    let person = org.person("Standard User").await;
    let own = org.create("Account", json!({ "Name": "Own", "OwnerId": person.id })).await;
    let hidden = org.create("Account", json!({ "Name": "Hidden" })).await;
    let contact = json!({ "LastName": "Held", "AccountId": hidden, "OwnerId": person.id });
    let contact = org.create("Contact", contact).await;
    let user = format!("sobjects/User/{}", person.id);
    org.send(Method::PATCH, &user, Some(json!({ "UserRoleId": null }))).await;
    org.rights(json!({ "org_wide_defaults": { "Account": "Private", "Contact": "Edit" } })).await;

    let writes = |account: &str| {
        let deal = json!({ "Name": "D", "StageName": "Prospecting", "CloseDate": "2026-12-31", "AccountId": account });
        [
            (Method::POST, "sobjects/Contact".to_owned(), json!({ "LastName": "New", "AccountId": account })),
            (Method::POST, "sobjects/Opportunity".to_owned(), deal),
            (Method::POST, "sobjects/Task".to_owned(), json!({ "Subject": "Call", "WhatId": account })),
            (Method::POST, "sobjects/Note".to_owned(), json!({ "Title": "N", "ParentId": account })),
        ]
    };
    let refused = (400, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY".to_owned());
    for (method, path, body) in writes(&hidden) {
        let answer = org.send_as(&person, method, &path, body).await;
        assert_eq!(answer.error(), refused, "{path}");
        assert_eq!(answer.message(), "insufficient access rights on cross-reference id");
    }
    let path = format!("sobjects/Account/{own}");
    let below = json!({ "ParentId": hidden });
    assert_eq!(org.send_as(&person, Method::PATCH, &path, below.clone()).await.error(), refused);

    for (method, path, body) in writes(&own) {
        let answer = org.send_as(&person, method, &path, body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{path}: {}", answer.text);
    }
    for (method, path, body) in writes(&hidden) {
        let answer = org.send(method, &path, Some(body)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "the administrator, {path}: {}", answer.text);
    }
    assert_eq!(org.send(Method::PATCH, &path, Some(below)).await.status, StatusCode::NO_CONTENT);
    let kept = json!({ "AccountId": hidden, "LastName": "Kept" });
    let answer = org.send_as(&person, Method::PATCH, &format!("sobjects/Contact/{contact}"), kept).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "what was there stays: {}", answer.text);
}

#[tokio::test]
async fn records_go_to_nobody_who_may_not_read_them() {
    let (org, person) = org_with_narrow_user().await;
    let deal = &org.records("SELECT Id FROM Opportunity LIMIT 1").await[0]["Id"];
    let path = format!("sobjects/Opportunity/{}", deal.as_str().unwrap());
    let to_person = Some(json!({ "OwnerId": person.id }));

    let refused = org.send(Method::PATCH, &path, to_person.clone()).await;
    assert_eq!(refused.error(), (400, "TRANSFER_REQUIRES_READ".to_owned()));
    assert_eq!(refused.message(), "The new owner must have read permission");

    org.rights(json!({ "user": person.username, "objects": { "Opportunity": ["read"] } })).await;
    assert_eq!(org.send(Method::PATCH, &path, to_person).await.status, StatusCode::NO_CONTENT);
}
