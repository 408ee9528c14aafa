# SPDX-License-Identifier: Apache-2.0
"""simple-salesforce: REST, Bulk API and Bulk API 2.0."""

import datetime

import pytest
from simple_salesforce import Salesforce, SalesforceLogin, SFType, format_soql
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceResourceNotFound,
)

ORG_OPTIONS = ("--tls", "--accounts", "2500", "--contacts", "2600")


@pytest.fixture(scope="module")
def sf(org):
    return Salesforce(instance=org.address, session_id=org.access_token)


def refused(status, code):
    """Matches a refusal that has this status and code."""

    def check(error):
        return error.status == status and error.content[0]["errorCode"] == code

    return check


def test_login_with_password_and_token_speaks_soap(org):
    sf = Salesforce(username=org.username, password=org.password, security_token=org.security_token)

    assert sf.query("SELECT COUNT() FROM Account")["totalSize"] == 2500


def test_login_by_another_domain_and_address(org):
    session, instance = SalesforceLogin(
        username=org.username, password=org.password, security_token=org.security_token, scratch_url=org.base_url
    )
    sf = Salesforce(session_id=session, instance=instance)
    assert instance == org.address
    assert sf.query("SELECT Id FROM User WHERE Username = '%s'" % org.username)["totalSize"] == 1

    test = Salesforce(username=org.username, password=org.password, security_token=org.security_token, domain="test")
    assert test.query("SELECT COUNT() FROM Account")["totalSize"] == 2500


def test_login_with_client_credentials(org):
    sf = Salesforce(consumer_key=org.client_id, consumer_secret=org.client_secret, domain="orgsim.my")

    assert sf.sf_instance == "orgsim.my.salesforce.com"
    assert sf.query("SELECT COUNT() FROM Contact")["totalSize"] == 2600


def test_login_with_jwt(org):
    sf = Salesforce(username=org.username, consumer_key=org.client_id, privatekey_file=org.jwt_key_file)

    assert sf.query("SELECT COUNT() FROM Account")["totalSize"] == 2500


def test_login_with_password_grant(org):
    sf = Salesforce(
        username=org.username,
        password=org.password + org.security_token,
        consumer_key=org.client_id,
        consumer_secret=org.client_secret,
    )

    assert sf.query("SELECT COUNT() FROM Account")["totalSize"] == 2500


def test_a_wrong_password_is_refused(org):
    with pytest.raises(SalesforceAuthenticationFailed) as refusal:
        Salesforce(username=org.username, password="wrong", security_token=org.security_token)
    assert refusal.value.code == "INVALID_LOGIN"

    with pytest.raises(SalesforceAuthenticationFailed) as refusal:
        Salesforce(username=org.username, consumer_key="unknown", privatekey_file=org.jwt_key_file)
    assert refusal.value.code == "invalid_client_id"


def test_a_wrong_session_is_refused(org):
    with pytest.raises(SalesforceExpiredSession) as refusal:
        Salesforce(instance=org.address, session_id="wrong").query("SELECT Id FROM Account")
    assert refused(401, "INVALID_SESSION_ID")(refusal.value)


def test_identity_by_oauth2(sf, org):
    assert sf.oauth2("userinfo")["preferred_username"] == org.username
    assert sf.oauth2("userinfo")["organization_id"] == org.org_id


def test_describe_global(sf):
    described = sf.describe()

    names = {sobject["name"]: sobject for sobject in described["sobjects"]}
    assert described["encoding"] == "UTF-8" and described["maxBatchSize"] == 200
    assert names["Account"]["keyPrefix"] == "001" and names["Account"]["queryable"] is True
    assert names["Project__c"]["custom"] is True


def test_describe_of_one_sobject(sf):
    described = sf.Contact.describe()

    fields = {field["name"]: field for field in described["fields"]}
    assert fields["AccountId"]["referenceTo"] == ["Account"]
    assert fields["LastName"]["nillable"] is False and fields["Email"]["type"] == "email"
    assert sf.Contact.metadata()["objectDescribe"]["keyPrefix"] == "003"


def test_is_sandbox(sf):
    assert sf.is_sandbox() is False


def test_query_all_goes_past_a_page(sf):
    first = sf.query("SELECT Id FROM Account")
    assert (len(first["records"]), first["done"], first["totalSize"]) == (2000, False, 2500)
    second = sf.query_more(first["nextRecordsUrl"], identifier_is_url=True)
    assert (len(second["records"]), second["done"]) == (500, True)

    everything = sf.query_all("SELECT Id, Name FROM Account")
    assert len({record["Id"] for record in everything["records"]}) == 2500
    assert sum(1 for _ in sf.query_all_iter("SELECT Id FROM Contact")) == 2600


def test_children_come_along(sf):
    parent = sf.query("SELECT AccountId, COUNT(Id) n FROM Contact WHERE AccountId != null GROUP BY AccountId LIMIT 1")
    account, count = parent["records"][0]["AccountId"], parent["records"][0]["n"]

    found = sf.query(format_soql("SELECT Id, (SELECT Id, Account.Id FROM Contacts) FROM Account WHERE Id = {}", account))

    children = found["records"][0]["Contacts"]
    assert children["totalSize"] == count and children["done"] is True
    assert {child["Account"]["Id"] for child in children["records"]} == {account}


def test_a_bad_query_is_refused(sf):
    with pytest.raises(SalesforceMalformedRequest) as refusal:
        sf.query("SELECT Nothing FROM Account")
    assert refused(400, "INVALID_FIELD")(refusal.value)
    assert "No such column 'Nothing' on entity 'Account'" in refusal.value.content[0]["message"]

    with pytest.raises(SalesforceMalformedRequest) as refusal:
        sf.query("SELECT Id FROM Nothing__c")
    assert refused(400, "INVALID_TYPE")(refusal.value)


def test_create_get_update_delete(sf):
    created = sf.Account.create({"Name": "Ünïcode & 'quotes'", "NumberOfEmployees": 12, "AnnualRevenue": 1.5})
    assert created["success"] is True and created["errors"] == [] and len(created["id"]) == 18
    account = sf.Account.get(created["id"])
    assert account["Name"] == "Ünïcode & 'quotes'" and account["NumberOfEmployees"] == 12

    assert sf.Account.update(created["id"], {"Name": "Changed"}) == 204
    assert sf.query(format_soql("SELECT Name FROM Account WHERE Id = {}", created["id"]))["records"][0]["Name"] == "Changed"

    assert sf.Account.delete(created["id"]) == 204
    with pytest.raises(SalesforceResourceNotFound) as refusal:
        sf.Account.delete(created["id"])
    assert refused(404, "ENTITY_IS_DELETED")(refusal.value)
    with pytest.raises(SalesforceResourceNotFound) as refusal:
        sf.Account.get(created["id"])
    assert refused(404, "ENTITY_IS_DELETED")(refusal.value)


def test_upsert_creates_then_updates(sf):
    key = "External_Id__c/simple-1"
    assert sf.Account.upsert(key, {"Name": "First"}) == 201
    assert sf.Account.upsert(key, {"Name": "Second"}) == 200
    assert sf.Account.get_by_custom_id("External_Id__c", "simple-1")["Name"] == "Second"

    with pytest.raises(SalesforceMalformedRequest) as refusal:
        sf.Account.create({"Name": "Again", "External_Id__c": "simple-1"})
    assert refused(400, "DUPLICATE_VALUE")(refusal.value)


def test_writes_that_break_rules_are_refused(sf):
    for fields, code in [
        ({"FirstName": "Only"}, "REQUIRED_FIELD_MISSING"),
        ({"LastName": "x" * 81}, "STRING_TOO_LONG"),
        ({"LastName": "x", "Email": "nobody"}, "INVALID_EMAIL_ADDRESS"),
        ({"LastName": "x", "Nothing": 1}, "INVALID_FIELD"),
        ({"LastName": "x", "AccountId": "nothing"}, "MALFORMED_ID"),
    ]:
        with pytest.raises(SalesforceMalformedRequest) as refusal:
            sf.Contact.create(fields)
        assert refused(400, code)(refusal.value), refusal.value.content
    with pytest.raises(SalesforceResourceNotFound) as refusal:
        sf.Contact.get("nothing")
    assert refused(404, "NOT_FOUND")(refusal.value)
    with pytest.raises(SalesforceResourceNotFound) as refusal:
        sf.Nothing__c.create({"Name": "x"})
    assert refused(404, "NOT_FOUND")(refusal.value)


def test_updated_and_deleted(sf):
    kept = sf.Account.create({"Name": "Kept"})["id"]
    gone = sf.Account.create({"Name": "Gone"})["id"]
    sf.Account.delete(gone)
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=1)
    start = end - datetime.timedelta(days=1)

    updated = sf.Account.updated(start, end)
    deleted = sf.Account.deleted(start, end)

    assert kept in updated["ids"] and gone not in updated["ids"]
    assert gone in [record["id"] for record in deleted["deletedRecords"]]


def test_limits_and_usage(sf):
    assert sf.limits()["DailyApiRequests"]["Max"] == 15000
    assert sf.api_usage["api-usage"].total == 15000


def test_restful_composite(sf):
    answer = sf.restful(
        "composite",
        method="POST",
        json={
            "compositeRequest": [
                {
                    "method": "POST",
                    "url": f"/services/data/v{sf.sf_version}/sobjects/Account",
                    "referenceId": "parent",
                    "body": {"Name": "Parent"},
                },
                {
                    "method": "POST",
                    "url": f"/services/data/v{sf.sf_version}/sobjects/Contact",
                    "referenceId": "child",
                    "body": {"LastName": "Child", "AccountId": "@{parent.id}"},
                },
            ]
        },
    )

    parts = answer["compositeResponse"]
    assert [part["httpStatusCode"] for part in parts] == [201, 201]
    child = sf.Contact.get(parts[1]["body"]["id"])
    assert child["AccountId"] == parts[0]["body"]["id"]


def test_set_password(sf, org):
    user = sf.query(f"SELECT Id, Username FROM User WHERE IsActive = true AND Username != '{org.username}' LIMIT 1")["records"][0]
    assert sf.restful(f"sobjects/User/{user['Id']}/password") == {"isExpired": False}

    assert sf.set_password(user["Id"], "New!pass1word") is None

    own = Salesforce(username=user["Username"], password="New!pass1word", security_token=org.security_token)
    assert own.oauth2("userinfo")["user_id"] == user["Id"]
    with pytest.raises(SalesforceMalformedRequest) as refusal:
        sf.set_password(user["Id"], "short")
    assert refused(400, "INVALID_NEW_PASSWORD")(refusal.value)


def test_layouts(sf):
    layout = sf.Account.describe_layout("012000000000000AAA")

    rows = [row for section in layout["detailLayoutSections"] for row in section["layoutRows"]]
    values = [part["value"] for row in rows for item in row["layoutItems"] for part in item["layoutComponents"]]
    assert "Name" in values and layout["id"].startswith("00h")
    assert sf.Account.metadata()["objectDescribe"]["layoutable"] is True


def test_list_views_recent_and_explain(sf):
    created = sf.Account.create({"Name": "Recent Yak"})["id"]

    assert created in [record["Id"] for record in sf.restful("recent")]
    assert created in [record["Id"] for record in sf.Account.metadata()["recentItems"]]
    views = sf.restful("sobjects/Account/listviews")["listviews"]
    results = sf.restful(f"sobjects/Account/listviews/{views[0]['id']}/results")
    assert results["size"] == len(results["records"]) > 0
    plan = sf.restful("query", params={"explain": f"SELECT Name FROM Account WHERE Id = '{created}'"})["plans"][0]
    assert (plan["sobjectType"], plan["leadingOperationType"]) == ("Account", "Index")


def test_tooling(sf):
    found = sf.toolingexecute("query/?q=SELECT+QualifiedApiName,KeyPrefix+FROM+EntityDefinition+WHERE+QualifiedApiName='Account'")

    assert [(row["QualifiedApiName"], row["KeyPrefix"]) for row in found["records"]] == [("Account", "001")]


def test_search(sf):
    sf.Account.create({"Name": "Searchable Zebra"})

    found = sf.search("FIND {Zebra} IN NAME FIELDS RETURNING Account(Id, Name)")["searchRecords"]
    assert [record["Name"] for record in found] == ["Searchable Zebra"]
    assert [r["attributes"]["type"] for r in sf.quick_search("Zebra")["searchRecords"]] == ["Account"]


def test_bulk_1(sf):
    created = sf.bulk.Account.insert([{"Name": f"Bulk {n}"} for n in range(5)], batch_size=2)
    assert all(row["success"] and row["created"] for row in created) and len(created) == 5
    ids = [row["id"] for row in created]

    assert all(row["success"] for row in sf.bulk.Account.update([{"Id": i, "Site": "Bulk"} for i in ids]))
    found = sf.bulk.Account.query("SELECT Id, Name FROM Account WHERE Site = 'Bulk' ORDER BY Name")
    assert [row["Name"] for row in found] == [f"Bulk {n}" for n in range(5)]
    upserted = sf.bulk.Account.upsert([{"Name": "Bulk", "External_Id__c": "bulk-1"}], "External_Id__c")
    assert upserted[0]["created"] is True
    failed = sf.bulk.Account.insert([{"Site": "No name"}])
    assert failed[0]["success"] is False and failed[0]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    assert all(row["success"] for row in sf.bulk.Account.delete([{"Id": i} for i in ids]))
    lazy = sf.bulk.Account.query("SELECT Id FROM Account", lazy_operation=True)
    assert sum(len(page) for page in lazy) == sf.query("SELECT COUNT() FROM Account")["totalSize"]


def test_bulk_2_ingest(sf):
    inserted = sf.bulk2.Account.insert(records=[{"Name": f"Second {n}", "Site": "Bulk 2"} for n in range(5)], batch_size=3, wait=0.1)
    assert [job["numberRecordsProcessed"] for job in inserted] == [3, 2]
    successes = sf.bulk2.Account.get_successful_records(inserted[0]["job_id"])
    assert sorted(successes.splitlines()[0].split(",")) == ['"Name"', '"Site"', '"sf__Created"', '"sf__Id"']

    found = sf.query("SELECT Id FROM Account WHERE Site = 'Bulk 2'")["records"]
    updated = sf.bulk2.Account.update(records=[{"Id": row["Id"], "Name": "New"} for row in found], wait=0.1)
    assert updated[0]["numberRecordsFailed"] == 0
    upserted = sf.bulk2.Account.upsert(
        records=[{"Name": "Bulk 2", "External_Id__c": "bulk-2"}], external_id_field="External_Id__c", wait=0.1
    )
    assert upserted[0]["numberRecordsProcessed"] == 1
    failed = sf.bulk2.Account.insert(records=[{"Name": "Good"}, {"Name": "x" * 300}], wait=0.1)
    assert failed[0]["numberRecordsFailed"] == 1
    assert "STRING_TOO_LONG" in sf.bulk2.Account.get_failed_records(failed[0]["job_id"])
    everything = sf.bulk2.Account.get_all_ingest_records(failed[0]["job_id"])
    assert [len(everything[part]) for part in ("successfulRecords", "failedRecords", "unprocessedRecords")] == [1, 1, 0]
    deleted = sf.bulk2.Account.delete(records=[{"Id": row["Id"]} for row in found], wait=0.1)
    assert deleted[0]["numberRecordsProcessed"] == 5
    assert sf.query("SELECT COUNT() FROM Account WHERE Site = 'Bulk 2'")["totalSize"] == 0


def test_bulk_2_query(sf, tmp_path):
    count = sf.query("SELECT COUNT() FROM Contact")["totalSize"]
    pages = list(sf.bulk2.Contact.query("SELECT Id, LastName FROM Contact", max_records=1000, wait=0.1))
    assert len(pages) == -(-count // 1000)
    assert pages[0].splitlines()[0] == '"Id","LastName"'

    files = sf.bulk2.Contact.download("SELECT Id FROM Contact", path=str(tmp_path), max_records=2000, wait=0.1)
    assert sum(file["number_of_records"] for file in files) == count
