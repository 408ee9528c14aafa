//! People, what they may do, and the records of what they did.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Answer, TestOrg};

/// A user of the org that is not the administrator.
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) username: String,
    pub(crate) token: String,
}

impl TestOrg {
    /// Signs in a user who has a profile.
    pub(crate) async fn person(&self, profile: &str) -> Person {
        self.switch(json!({ "password_flow": "everyone", "trusted_network": true })).await;
        let main = &self.line.username;
        let found = self
            .records(&format!(
                "SELECT Id, Username FROM User WHERE Profile.Name = '{profile}' AND IsActive = true AND Username != '{main}' LIMIT 1"
            ))
            .await;
        let text = |name: &str| found[0][name].as_str().unwrap().to_owned();
        let (id, username) = (text("Id"), text("Username"));
        let answer = self.sign_in(&username, &self.line.password).await;
        let token =
            answer.json()["access_token"].as_str().unwrap_or_else(|| panic!("{}", answer.text)).to_owned();
        Person { id, username, token }
    }

    async fn sign_in(&self, username: &str, password: &str) -> Answer {
        let form = [
            ("grant_type", "password"),
            ("client_id", &self.line.client_id),
            ("client_secret", &self.line.client_secret),
            ("username", username),
            ("password", password),
        ];
        let request = self.http.post(self.url("/services/oauth2/token")).form(&form);
        Answer::read(request.send().await.unwrap()).await
    }

    pub(crate) async fn records(&self, soql: &str) -> Vec<Value> {
        let answer = self.query(soql).await;
        assert_eq!(answer.status, StatusCode::OK, "{soql}: {}", answer.text);
        answer.json()["records"].as_array().unwrap().clone()
    }

    pub(crate) async fn query_as(&self, person: &Person, soql: &str) -> Answer {
        let query: String = url::form_urlencoded::byte_serialize(soql.as_bytes()).collect();
        self.get_as(&person.token, &format!("query?q={query}")).await
    }

    pub(crate) async fn send_as(&self, person: &Person, method: Method, path: &str, body: Value) -> Answer {
        let url = self.url(&format!("/services/data/v66.0/{path}"));
        let request = self.http.request(method, url).bearer_auth(&person.token).json(&body);
        Answer::read(request.send().await.unwrap()).await
    }

    pub(crate) async fn rights(&self, body: Value) {
        let answer = self.control(Method::POST, "/rights", body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }
}

#[tokio::test]
async fn what_a_user_may_not_read_is_answered_like_what_does_not_exist() {
    let org = TestOrg::start();
    let person = org.person("Standard User").await;
    let account = org.records("SELECT Id FROM Account LIMIT 1").await[0]["Id"].as_str().unwrap().to_owned();
    assert_eq!(
        org.query_as(&person, "SELECT Phone, Parent.Phone FROM Account LIMIT 1").await.status,
        StatusCode::OK
    );
    org.rights(json!({
        "user": person.username,
        "fields": { "Account.Phone": "none", "Account.Fax": "read" },
        "objects": { "Opportunity": [], "Contact": ["read"] },
    }))
    .await;

    for (hidden, unknown) in [
        ("SELECT Phone FROM Account", "SELECT Phony FROM Account"),
        ("SELECT Id FROM Account WHERE Phone = 'x'", "SELECT Id FROM Account WHERE Phony = 'x'"),
        ("SELECT Id FROM Account ORDER BY Parent.Phone", "SELECT Id FROM Account ORDER BY Parent.Phony"),
        ("SELECT Id FROM Opportunity", "SELECT Id FROM Opportunitx"),
        (
            "SELECT Id, (SELECT Id FROM Opportunities) FROM Account",
            "SELECT Id, (SELECT Id FROM Opportunitiex) FROM Account",
        ),
    ] {
        let (hidden, unknown) = (org.query_as(&person, hidden).await, org.query_as(&person, unknown).await);
        let as_unknown = hidden.text.replace("Phone", "Phony").replace("Opportunity", "Opportunitx");
        assert_eq!(as_unknown.replace("Opportunities", "Opportunitiex"), unknown.text);
        assert_eq!(hidden.status, StatusCode::BAD_REQUEST);
    }
    let all = org.query_as(&person, "SELECT FIELDS(ALL) FROM Account LIMIT 1").await.json();
    assert!(all["records"][0].get("Phone").is_none() && all["records"][0].get("Fax").is_some());
    let record = org.get_as(&person.token, &format!("sobjects/Account/{account}")).await.json();
    assert!(record.get("Phone").is_none() && record.get("Name").is_some(), "{record}");
    let chosen = org.get_as(&person.token, &format!("sobjects/Account/{account}?fields=Phone")).await;
    assert_eq!(chosen.error(), (400, "INVALID_FIELD".to_owned()));

    let describe = org.get_as(&person.token, "sobjects/Account/describe").await.json();
    let field = |name: &str| {
        describe["fields"].as_array().unwrap().iter().find(|field| field["name"] == name).cloned()
    };
    assert_eq!(field("Phone"), None);
    assert_eq!(
        (&field("Fax").unwrap()["updateable"], &field("Name").unwrap()["updateable"]),
        (&json!(false), &json!(true))
    );
    let children = describe["childRelationships"].as_array().unwrap();
    assert!(children.iter().all(|child| child["childSObject"] != "Opportunity"));
    assert_eq!(org.get_as(&person.token, "sobjects/Opportunity/describe").await.error().0, 404);
    let global = org.get_as(&person.token, "sobjects").await.json();
    let listed = |name: &str| {
        global["sobjects"].as_array().unwrap().iter().find(|sobject| sobject["name"] == name).cloned()
    };
    assert_eq!(listed("Opportunity"), None);
    assert_eq!(listed("Contact").unwrap()["createable"], false);

    assert_eq!(
        org.records("SELECT Phone FROM Account LIMIT 1").await.len(),
        1,
        "the administrator sees it all"
    );
    assert_eq!(org.get("sobjects/Opportunity/describe").await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_a_user_may_not_write_is_refused() {
    let org = TestOrg::start();
    let person = org.person("Standard User").await;
    let account = org.create("Account", json!({ "Name": "Weir" })).await;
    org.rights(json!({
        "user": person.id,
        "fields": { "Account.Phone": "none", "Account.Fax": "read" },
        "objects": { "Contact": ["read"], "Account": ["read", "create", "edit"] },
    }))
    .await;
    let path = format!("sobjects/Account/{account}");

    for field in ["Phone", "Fax"] {
        let answer = org.send_as(&person, Method::PATCH, &path, json!({ field: "1" })).await;
        assert_eq!(answer.error(), (400, "INVALID_FIELD_FOR_INSERT_UPDATE".to_owned()), "{field}");
    }
    assert_eq!(
        org.send_as(&person, Method::PATCH, &path, json!({ "Site": "A" })).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        org.send_as(&person, Method::DELETE, &path, Value::Null).await.error(),
        (403, "INSUFFICIENT_ACCESS_OR_READONLY".to_owned())
    );
    let created = org.send_as(&person, Method::POST, "sobjects/Contact", json!({ "LastName": "Lock" })).await;
    assert_eq!(created.error(), (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY".to_owned()));
    let job = json!({ "object": "Account", "operation": "hardDelete" });
    assert_eq!(
        org.send_as(&person, Method::POST, "jobs/ingest", job).await.error(),
        (400, "FEATURENOTENABLED".to_owned())
    );
    org.rights(json!({ "user": person.id, "permissions": { "ApiEnabled": false } })).await;
    assert_eq!(org.get_as(&person.token, "limits").await.error(), (403, "API_DISABLED_FOR_ORG".to_owned()));
}

#[tokio::test]
async fn a_permission_set_made_by_rest_acts_while_it_is_assigned() {
    let org = TestOrg::start();
    let person = org.person("Salesforce API Only System Integrations").await;
    let name = "Acme_Sync";
    let set = org.create("PermissionSet", json!({ "Name": name, "Label": "Acme Sync" })).await;
    let object = |read: bool, edit: bool| json!({ "ParentId": set, "SobjectType": "Account", "PermissionsRead": read, "PermissionsEdit": edit });
    let refused = org.send(Method::POST, "sobjects/ObjectPermissions", Some(object(false, true))).await;
    assert_eq!(refused.error(), (400, "FIELD_INTEGRITY_EXCEPTION".to_owned()));
    assert_eq!(refused.message(), "Permission Edit Accounts depends on permission(s): Read Accounts");
    let contacts = json!({ "ParentId": set, "SobjectType": "Contact", "PermissionsRead": true });
    let orphaned = org.send(Method::POST, "sobjects/ObjectPermissions", Some(contacts.clone())).await;
    assert_eq!(orphaned.message(), "Permission Read Contacts depends on permission(s): Read Accounts");
    org.create("ObjectPermissions", object(true, false)).await;
    org.create("ObjectPermissions", contacts).await;
    let field = json!({ "ParentId": set, "SobjectType": "Account", "Field": "Account.Phone", "PermissionsRead": true });
    org.create("FieldPermissions", field.clone()).await;
    let twice = org.send(Method::POST, "sobjects/FieldPermissions", Some(field)).await;
    assert_eq!(twice.error(), (400, "DUPLICATE_VALUE".to_owned()));
    assert_eq!(org.query_as(&person, "SELECT Id FROM Account").await.error().1, "INVALID_TYPE");

    let assignment = json!({ "AssigneeId": person.id, "PermissionSetId": set });
    let early = org.send(Method::POST, "sobjects/PermissionSetAssignment", Some(assignment.clone())).await;
    assert!(
        early.message().contains("The user license doesn't allow the permission: Read Accounts"),
        "{}",
        early.text
    );
    let license = org
        .records("SELECT Id FROM PermissionSetLicense WHERE DeveloperName = 'SalesforceAPIIntegrationPsl'")
        .await;
    org.create(
        "PermissionSetLicenseAssign",
        json!({ "AssigneeId": person.id, "PermissionSetLicenseId": license[0]["Id"] }),
    )
    .await;
    let assigned = org.create("PermissionSetAssignment", assignment).await;
    assert_eq!(org.query_as(&person, "SELECT Id, Phone FROM Account LIMIT 1").await.status, StatusCode::OK);
    assert_eq!(org.query_as(&person, "SELECT Id, Fax FROM Account LIMIT 1").await.error().1, "INVALID_FIELD");
    let used = org.records("SELECT UsedLicenses FROM PermissionSetLicense WHERE UsedLicenses > 0").await;
    assert_eq!(used.len(), 1);

    let in_use = org.send(Method::DELETE, &format!("sobjects/PermissionSet/{set}"), None).await;
    assert_eq!(in_use.error().1, "DELETE_FAILED");
    let path = format!("sobjects/PermissionSetAssignment/{assigned}");
    assert_eq!(org.send(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(org.query_as(&person, "SELECT Id FROM Account").await.error().1, "INVALID_TYPE");
    assert_eq!(
        org.send(Method::DELETE, &format!("sobjects/PermissionSet/{set}"), None).await.status,
        StatusCode::NO_CONTENT
    );
    assert!(
        org.records(&format!("SELECT Id FROM ObjectPermissions WHERE ParentId = '{set}'")).await.is_empty()
    );
}

#[tokio::test]
async fn a_group_grants_what_its_sets_do_but_for_what_is_muted() {
    let org = TestOrg::start();
    let person = org.person("Standard User").await;
    let group =
        org.create("PermissionSetGroup", json!({ "DeveloperName": "Hub", "MasterLabel": "Hub" })).await;
    let set = json!({ "Name": "Hub_All", "Label": "All", "PermissionsViewAllData": true, "PermissionsDataExport": true });
    let set = org.create("PermissionSet", set).await;
    let muting = json!({ "DeveloperName": "Hub_Mute", "MasterLabel": "Mute", "PermissionsDataExport": true });
    let muting = org.create("MutingPermissionSet", muting).await;
    for member in [&set, &muting] {
        org.create(
            "PermissionSetGroupComponent",
            json!({ "PermissionSetGroupId": group, "PermissionSetId": member }),
        )
        .await;
    }
    org.create("PermissionSetAssignment", json!({ "AssigneeId": person.id, "PermissionSetGroupId": group }))
        .await;

    let own = org
        .records(&format!(
            "SELECT PermissionSet.Type, PermissionSet.PermissionsViewAllData, PermissionSet.PermissionsDataExport, PermissionSet.IsOwnedByProfile \
             FROM PermissionSetAssignment WHERE AssigneeId = '{}' ORDER BY PermissionSet.IsOwnedByProfile",
            person.id
        ))
        .await;
    let sets: Vec<&Value> = own.iter().map(|row| &row["PermissionSet"]).collect();
    assert_eq!(sets.len(), 2, "{sets:?}");
    assert_eq!((&sets[0]["Type"], &sets[1]["Type"]), (&json!("Group"), &json!("Profile")));
    assert_eq!(
        (&sets[0]["PermissionsViewAllData"], &sets[0]["PermissionsDataExport"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(sets[1]["IsOwnedByProfile"], true);
}

#[tokio::test]
async fn private_records_are_seen_by_their_owner_and_those_above() {
    let org = TestOrg::start();
    let person = org.person("Standard User").await;
    let account = org.create("Account", json!({ "Name": "Hidden", "OwnerId": person.id })).await;
    let count = async |person: &Person| {
        org.query_as(person, "SELECT COUNT() FROM Account").await.json()["totalSize"].as_u64().unwrap()
    };
    let all = org.query("SELECT COUNT() FROM Account").await.json()["totalSize"].as_u64().unwrap();
    assert_eq!(count(&person).await, all);
    org.send(Method::PATCH, &format!("sobjects/User/{}", person.id), Some(json!({ "UserRoleId": null })))
        .await;
    org.rights(json!({ "org_wide_defaults": { "Account": "Private" } })).await;

    let own = org.query(&format!("SELECT COUNT() FROM Account WHERE OwnerId = '{}'", person.id)).await;
    assert_eq!(count(&person).await, own.json()["totalSize"].as_u64().unwrap());
    let other =
        org.records(&format!("SELECT Id FROM Account WHERE OwnerId != '{}' LIMIT 1", person.id)).await;
    let other = other[0]["Id"].as_str().unwrap();
    assert_eq!(org.get_as(&person.token, &format!("sobjects/Account/{other}")).await.error().0, 404);
    let answer = org
        .query(&format!(
            "SELECT RecordId, HasReadAccess, MaxAccessLevel FROM UserRecordAccess WHERE UserId = '{}' AND RecordId IN ('{account}', '{other}')",
            person.id
        ))
        .await;
    let order = ["totalSize", "done", "records", "attributes", "RecordId", "HasReadAccess", "MaxAccessLevel"];
    let places = order.map(|name| answer.text.find(&format!("\"{name}\":")));
    assert!(places.is_sorted() && places[0].is_some(), "{}", answer.text);
    let access = &answer.json()["records"];
    assert_eq!((&access[0]["HasReadAccess"], &access[0]["MaxAccessLevel"]), (&json!(true), &json!("All")));
    assert_eq!((&access[1]["HasReadAccess"], &access[1]["MaxAccessLevel"]), (&json!(false), &json!("None")));

    let top = org.records("SELECT Id FROM UserRole WHERE ParentRoleId = null").await[0]["Id"].clone();
    org.send(Method::PATCH, &format!("sobjects/User/{}", person.id), Some(json!({ "UserRoleId": top })))
        .await;
    assert!(
        count(&person).await > own.json()["totalSize"].as_u64().unwrap(),
        "a manager sees what those below own"
    );
    assert_eq!(org.query("SELECT COUNT() FROM Account").await.json()["totalSize"].as_u64().unwrap(), all);
}

#[tokio::test]
async fn changes_of_the_set_up_are_kept_for_180_days() {
    let org = TestOrg::start();
    let days_200_ms = 200 * 86_400_000_i64;
    org.control(Method::POST, "/tokens", json!({ "session_timeout_ms": 2 * days_200_ms })).await;
    let count =
        async || org.query("SELECT COUNT() FROM SetupAuditTrail").await.json()["totalSize"].as_u64().unwrap();
    let planted = count().await;
    assert!(planted > 0);

    org.person("Standard User").await;
    assert!(count().await >= planted, "a sign-in takes nothing away that is young");

    org.control(Method::POST, "/clock", json!({ "advance_ms": days_200_ms })).await;
    assert_eq!(count().await, 0);
}

#[tokio::test]
async fn a_frozen_user_is_out_and_keeps_the_licence() {
    let org = TestOrg::start();
    let person = org.person("Standard User").await;
    let login = async |user: &str| {
        org.records(&format!("SELECT Id, IsFrozen FROM UserLogin WHERE UserId = '{user}'")).await[0].clone()
    };
    let freeze = async |login: &Value, is_frozen: bool| {
        let path = format!("sobjects/UserLogin/{}", login["Id"].as_str().unwrap());
        org.send(Method::PATCH, &path, Some(json!({ "IsFrozen": is_frozen }))).await
    };
    let used = async || {
        org.records("SELECT UsedLicenses FROM UserLicense WHERE Name = 'Salesforce'").await[0]["UsedLicenses"]
            .as_i64()
            .unwrap()
    };
    let before = used().await;
    let me = org.records(&format!("SELECT Id FROM User WHERE Username = '{}'", org.line.username)).await;
    let own = login(me[0]["Id"].as_str().unwrap()).await;
    assert_eq!(freeze(&own, true).await.error().1, "CANNOT_FREEZE_SELF");

    assert_eq!(freeze(&login(&person.id).await, true).await.status, StatusCode::NO_CONTENT);
    assert_eq!(org.get_as(&person.token, "limits").await.error(), (401, "INVALID_SESSION_ID".to_owned()));
    let refused = org.sign_in(&person.username, &org.line.password).await.json();
    assert_eq!(refused["error_description"], "inactive user");
    assert_eq!(freeze(&login(&person.id).await, false).await.status, StatusCode::NO_CONTENT);
    assert_eq!(org.get_as(&person.token, "limits").await.error().0, 401, "the session stays ended");
    assert_eq!(org.sign_in(&person.username, &org.line.password).await.status, StatusCode::OK);
    assert_eq!(used().await, before);

    let user = format!("sobjects/User/{}", person.id);
    assert_eq!(
        org.send(Method::PATCH, &user, Some(json!({ "IsActive": false }))).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(used().await, before - 1);
    let trail = org
        .records(
            "SELECT Action, Section, Display FROM SetupAuditTrail ORDER BY CreatedDate DESC, Id DESC LIMIT 3",
        )
        .await;
    let actions: Vec<&str> = trail.iter().map(|row| row["Action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["deactivateduser", "unfrozeuser", "frozeuser"]);
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let org = TestOrg::with_records("Account", 1);
    let main = format!("Username != '{}'", org.line.username);
    for user in org.records(&format!("SELECT Id FROM User WHERE {main} AND Profile.Name = 'System Administrator' AND IsActive = true AND UserType = 'Standard'")).await {
        let path = format!("sobjects/User/{}", user["Id"].as_str().unwrap());
        org.send(Method::PATCH, &path, Some(json!({ "IsActive": false }))).await;
    }
    let me = org.records(&format!("SELECT Id FROM User WHERE Username = '{}'", org.line.username)).await;
    let path = format!("sobjects/User/{}", me[0]["Id"].as_str().unwrap());

    let answer = org.send(Method::PATCH, &path, Some(json!({ "IsActive": false }))).await;

    assert_eq!(answer.error(), (400, "CANNOT_DISABLE_LAST_ADMIN".to_owned()));
}

#[tokio::test]
async fn sign_ins_sessions_and_approvals_have_records() {
    let org = TestOrg::start();
    let person = org.person("Standard User").await;
    assert_eq!(org.sign_in(&person.username, "wrong").await.status, StatusCode::BAD_REQUEST);
    let of_person = format!("UserId = '{}' ORDER BY LoginTime, Id", person.id);
    let history = org
        .records(&format!(
            "SELECT Status, LoginType, LoginSubType, Application FROM LoginHistory WHERE {of_person}"
        ))
        .await;
    let statuses: Vec<&str> = history.iter().map(|row| row["Status"].as_str().unwrap()).collect();
    assert_eq!(statuses.iter().rev().take(2).collect::<Vec<_>>(), [&"Invalid Password", &"Success"]);
    assert_eq!(history.last().unwrap()["LoginSubType"], "OAuth Username-Password");
    let own = org.query_as(&person, "SELECT UserId FROM LoginHistory").await.json();
    let own = own["records"].as_array().unwrap();
    assert!(!own.is_empty() && own.iter().all(|row| row["UserId"] == json!(person.id)));

    let tokens = org.records("SELECT Id, AppName, UserId FROM OauthToken").await;
    assert_eq!((tokens.len(), &tokens[0]["AppName"]), (1, &json!("Simulated client")));
    let path = format!("sobjects/OauthToken/{}", tokens[0]["Id"].as_str().unwrap());
    let session = org.records(&format!("SELECT Id FROM AuthSession WHERE UsersId = '{}'", person.id)).await;
    let session = format!("sobjects/AuthSession/{}", session[0]["Id"].as_str().unwrap());
    assert_eq!(org.send(Method::DELETE, &session, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(org.get_as(&person.token, "limits").await.error().0, 401);
    assert_eq!(org.send(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", &org.line.client_id),
        ("client_secret", &org.line.client_secret),
        ("refresh_token", &org.line.refresh_token),
    ];
    let refused =
        Answer::read(org.http.post(org.url("/services/oauth2/token")).form(&form).send().await.unwrap())
            .await;
    assert_eq!(refused.json()["error_description"], "expired access/refresh token");
}

#[tokio::test]
async fn a_new_user_comes_with_all_that_users_have() {
    let org = TestOrg::start();
    let profile = org.records("SELECT Id FROM Profile WHERE Name = 'Standard User'").await[0]["Id"].clone();
    let user = json!({
        "Username": "sluice@lockside.example", "LastName": "Sluice", "Email": "sluice@lockside.example", "Alias": "sluice",
        "CommunityNickname": "sluice", "ProfileId": profile, "TimeZoneSidKey": "Europe/London", "LocaleSidKey": "en_GB",
        "EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US", "IsActive": true,
    });

    let mut nameless = user.clone();
    nameless["Username"] = json!("sluice");
    let refused = org.send(Method::POST, "sobjects/User", Some(nameless)).await;
    assert_eq!(refused.error(), (400, "INVALID_EMAIL_ADDRESS".to_owned()));
    let id = org.create("User", user).await;

    let read = org
        .records(&format!(
            "SELECT UserType, Profile.UserLicense.LicenseDefinitionKey FROM User WHERE Id = '{id}'"
        ))
        .await;
    assert_eq!(read[0]["UserType"], "Standard");
    assert_eq!(read[0]["Profile"]["UserLicense"]["LicenseDefinitionKey"], "SFDC");
    assert_eq!(org.records(&format!("SELECT Id FROM UserLogin WHERE UserId = '{id}'")).await.len(), 1);
    let sets = org
        .records(&format!(
            "SELECT PermissionSet.ProfileId FROM PermissionSetAssignment WHERE AssigneeId = '{id}'"
        ))
        .await;
    assert_eq!(sets[0]["PermissionSet"]["ProfileId"], profile);
    let rights = format!(
        "SELECT SobjectType FROM ObjectPermissions WHERE SobjectType = 'Account' AND PermissionsRead = true AND ParentId IN (SELECT PermissionSetId FROM PermissionSetAssignment WHERE AssigneeId = '{id}')"
    );
    assert_eq!(org.records(&rights).await.len(), 1);
}

#[tokio::test]
async fn records_have_one_of_the_types_of_their_sobject() {
    let org = TestOrg::start();
    let types = org.records("SELECT Id, DeveloperName, BusinessProcess.Name FROM RecordType WHERE SobjectType = 'Opportunity' ORDER BY Id").await;
    assert_eq!(types.len(), 2);
    let deal = json!({ "Name": "Barge", "StageName": "Prospecting", "CloseDate": "2027-01-01" });
    let id = org.create("Opportunity", deal.clone()).await;
    let read = org
        .records(&format!("SELECT RecordTypeId, RecordType.DeveloperName FROM Opportunity WHERE Id = '{id}'"))
        .await;
    assert_eq!(read[0]["RecordTypeId"], types[0]["Id"]);
    let other =
        org.records("SELECT Id FROM RecordType WHERE SobjectType != 'Opportunity'").await[0]["Id"].clone();

    let mut wrong = deal;
    wrong["RecordTypeId"] = other;
    let answer = org.send(Method::POST, "sobjects/Opportunity", Some(wrong)).await;

    assert_eq!(answer.error(), (400, "INVALID_CROSS_REFERENCE_KEY".to_owned()));
    let infos = org.get("sobjects/Opportunity/describe").await.json()["recordTypeInfos"].clone();
    assert_eq!((infos.as_array().unwrap().len(), &infos[0]["recordTypeId"]), (3, &types[0]["Id"]));
    assert_eq!((&infos[0]["defaultRecordTypeMapping"], &infos[2]["master"]), (&json!(true), &json!(true)));
}

#[tokio::test]
async fn a_password_is_set_and_reset() {
    let org = TestOrg::start();
    let person = org.person("Standard User").await;
    let path = format!("sobjects/User/{}/password", person.id);
    let asked = org.get(&path).await;
    assert_eq!((asked.status, asked.json()), (StatusCode::OK, json!({ "isExpired": false })));

    let set = org.send(Method::POST, &path, Some(json!({ "NewPassword": "another 1 word" }))).await;

    assert_eq!((set.status, set.text.as_str()), (StatusCode::NO_CONTENT, ""));
    assert_eq!(org.sign_in(&person.username, &org.line.password).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(org.sign_in(&person.username, "another 1 word").await.status, StatusCode::OK);
    assert_eq!(org.sign_in(&org.line.username, &org.line.password).await.status, StatusCode::OK);
    let user = org.get(&format!("sobjects/User/{}?fields=LastPasswordChangeDate", person.id)).await.json();
    assert!(user["LastPasswordChangeDate"].as_str().unwrap().starts_with("2026-11-21T"), "{user}");

    let reset = org.send(Method::DELETE, &path, None).await;

    assert_eq!(reset.status, StatusCode::OK);
    let temporary = reset.json()["NewPassword"].as_str().unwrap().to_owned();
    assert_eq!(org.sign_in(&person.username, "another 1 word").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(org.sign_in(&person.username, &temporary).await.status, StatusCode::OK);
    assert_eq!(org.get(&path).await.json(), json!({ "isExpired": true }));
    let refused = org.query_as(&person, "SELECT Id FROM Account LIMIT 1").await;
    assert_eq!(refused.error(), (403, "INVALID_OPERATION_WITH_EXPIRED_PASSWORD".to_owned()));

    let own = org.send_as(&person, Method::POST, &path, json!({ "NewPassword": "my own 2 words" })).await;

    assert_eq!(own.status, StatusCode::NO_CONTENT, "{}", own.text);
    assert_eq!(org.query_as(&person, "SELECT Id FROM Account LIMIT 1").await.status, StatusCode::OK);
    assert_eq!(org.get(&path).await.json(), json!({ "isExpired": false }));
}

#[tokio::test]
async fn a_password_that_breaks_the_policy_is_refused() {
    let org = TestOrg::start();
    let person = org.person("Standard User").await;
    let path = format!("sobjects/User/{}/password", person.id);
    let good = json!({ "NewPassword": "another 1 word" });
    org.send(Method::POST, &path, Some(good.clone())).await;
    let cases = [
        (json!({}), "Your password must be at least 8 characters long."),
        (json!({ "NewPassword": "short 1" }), "Your password must be at least 8 characters long."),
        (json!({ "NewPassword": "only letters" }), "Your password must include letters and numbers."),
        (good.clone(), "invalid repeated password"),
    ];
    for (body, message) in cases {
        let refused = org.send(Method::POST, &path, Some(body)).await;
        assert_eq!(refused.error(), (400, "INVALID_NEW_PASSWORD".to_owned()));
        assert_eq!(refused.message(), message);
    }

    let main = org.records(&format!("SELECT Id FROM User WHERE Username = '{}'", org.line.username)).await;
    let path = format!("sobjects/User/{}/password", main[0]["Id"].as_str().unwrap());
    let refused = org.send_as(&person, Method::POST, &path, good).await;
    assert_eq!(refused.error(), (403, "INSUFFICIENT_ACCESS".to_owned()));
    assert_eq!(
        org.send(Method::PUT, &path, Some(json!({}))).await.error(),
        (405, "METHOD_NOT_ALLOWED".to_owned())
    );
    let nobody = org.get("sobjects/User/005000000000000AAA/password").await;
    assert_eq!(nobody.error(), (404, "NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn rights_lead_to_the_set_and_the_profile_that_grant_them() {
    let org = TestOrg::start();
    let of_admin = "SobjectType = 'Account' AND Parent.IsOwnedByProfile = true \
                    AND Parent.Profile.Name = 'System Administrator'";

    let object = org
        .records(&format!(
            "SELECT Parent.Type, Parent.Label, Parent.Profile.Name FROM ObjectPermissions WHERE {of_admin}"
        ))
        .await;
    let fields = org
        .records(&format!(
            "SELECT Field, Parent.Profile.Name FROM FieldPermissions WHERE {of_admin} AND Field = 'Account.Phone'"
        ))
        .await;

    assert_eq!((object.len(), fields.len()), (1, 1));
    let parent = &object[0]["Parent"];
    assert_eq!(parent["attributes"]["type"], "PermissionSet");
    assert_eq!(
        (&parent["Type"], &parent["Profile"]["Name"]),
        (&json!("Profile"), &json!("System Administrator"))
    );
    assert_eq!(fields[0]["Parent"]["Profile"]["attributes"]["type"], "Profile");
}

#[tokio::test]
async fn rights_that_are_muted_lead_to_no_set() {
    let org = TestOrg::start();
    let muting = json!({ "DeveloperName": "Quiet", "MasterLabel": "Quiet", "Language": "en_US" });
    let muting = org.send(Method::POST, "sobjects/MutingPermissionSet", Some(muting)).await;
    let parent = muting.json()["id"].clone();
    let rights = json!({ "ParentId": parent, "SobjectType": "Account", "PermissionsRead": true });
    let made = org.send(Method::POST, "sobjects/ObjectPermissions", Some(rights)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);

    let soql = format!(
        "SELECT ParentId, Parent.Name, Parent.Profile.Name FROM ObjectPermissions WHERE ParentId = '{}'",
        parent.as_str().unwrap()
    );
    let muted = org.records(&soql).await;
    let kids =
        "SELECT (SELECT SobjectType FROM ObjectPerms) FROM MutingPermissionSet WHERE DeveloperName = 'Quiet'";
    let kids = org.records(kids).await;

    assert_eq!((muted.len(), &muted[0]["Parent"]), (1, &Value::Null));
    assert_eq!(kids[0]["ObjectPerms"]["records"][0]["SobjectType"], "Account");
}
