# SPDX-License-Identifier: Apache-2.0
"""sf-mcp-server: tools for agents, on its own REST calls."""

import json

from agent import Server

ORG_OPTIONS = ("--tls", "--accounts", "2500")


def server(org):
    settings = {
        "SF_LOGIN_URL": org.base_url,
        "SF_AUTH_FLOW": "client_credentials",
        "SF_CLIENT_ID": org.client_id,
        "SF_CLIENT_SECRET": org.client_secret,
        "SF_ELICITATION_ENABLED": "false",
    }
    return Server("sf-mcp-server", settings)


def test_it_reads(org):
    found, paged, listed, described, usage, bulk, refused = server(org).ask(
        ("sf_query", {"soql": "SELECT Id FROM Account LIMIT 3"}),
        ("sf_query", {"soql": "SELECT Id FROM Account ORDER BY Id"}),
        ("sf_list_objects", {"custom_only": True}),
        ("sf_describe_object", {"sobject": "Contact"}),
        ("sf_api_usage", {}),
        ("sf_bulk_query", {"soql": "SELECT Id FROM Account"}),
        ("sf_query", {"soql": "SELECT Id FROM Nothing LIMIT 1"}),
    )

    assert len(json.loads(found)["records"]) == 3
    assert len({record["Id"] for record in json.loads(paged)["records"]}) == 2500
    assert "Project__c" in [sobject["name"] for sobject in json.loads(listed)["objects"]]
    assert json.loads(described)["keyPrefix"] == "003"
    assert json.loads(usage)["limit"] == 15000
    assert json.loads(bulk)["record_count"] == 2500 and len(json.loads(bulk)["records"]) == 2500
    assert "INVALID_TYPE" in refused


def test_it_writes(org):
    created, bad = server(org).ask(
        ("sf_create_record", {"sobject": "Account", "fields": {"Name": "Agent"}}),
        ("sf_create_record", {"sobject": "Account", "fields": {"Name": "x" * 300}}),
    )
    record = json.loads(created)["id"]
    assert "STRING_TOO_LONG" in bad

    key = {"sobject": "Account", "external_id_field": "External_Id__c", "external_id_value": "mcp-1", "fields": {"Name": "Key"}}
    rows = [{"Name": name, "Site": "mcp bulk"} for name in ("One", "Two")]
    _, changed, first, second, loaded, read, failed, _, after = server(org).ask(
        ("sf_update_record", {"sobject": "Account", "record_id": record, "fields": {"Name": "Changed"}}),
        ("sf_get_record", {"sobject": "Account", "record_id": record}),
        ("sf_upsert_record", key),
        ("sf_upsert_record", key),
        ("sf_bulk_load", {"sobject": "Account", "operation": "insert", "records": rows}),
        ("sf_query", {"soql": "SELECT Name, Site FROM Account WHERE Site = 'mcp bulk' ORDER BY Name"}),
        ("sf_bulk_load", {"sobject": "Account", "operation": "insert", "records": [{"Name": "x" * 300}]}),
        ("sf_delete_record", {"sobject": "Account", "record_id": record}),
        ("sf_get_record", {"sobject": "Account", "record_id": record}),
    )

    assert json.loads(changed)["Name"] == "Changed"
    assert (json.loads(first)["created"], json.loads(second)["created"]) == (True, False)
    assert "ENTITY_IS_DELETED" in after, after
    counts = ("state", "records_processed", "records_failed")
    assert [json.loads(loaded)[count] for count in counts] == ["JobComplete", 2, 0] and json.loads(loaded)["failures"] == []
    assert [(record["Name"], record["Site"]) for record in json.loads(read)["records"]] == [("One", "mcp bulk"), ("Two", "mcp bulk")]
    assert [json.loads(failed)[count] for count in counts] == ["JobComplete", 1, 1]
    assert [row["sf__Error"].partition(":")[0] for row in json.loads(failed)["failures"]] == ["STRING_TOO_LONG"]


def test_it_works_on_many(org):
    composite, found, health = server(org).ask(
        (
            "sf_composite",
            {
                "requests": [
                    {
                        "method": "POST",
                        "url": "/services/data/v61.0/sobjects/Account",
                        "referenceId": "parent",
                        "body": {"Name": "Composite Okapi"},
                    },
                    {
                        "method": "POST",
                        "url": "/services/data/v61.0/sobjects/Contact",
                        "referenceId": "child",
                        "body": {"LastName": "Child", "AccountId": "@{parent.id}"},
                    },
                ]
            },
        ),
        ("sf_search", {"sosl": "FIND {Okapi} IN NAME FIELDS RETURNING Account(Id, Name) LIMIT 5"}),
        ("sf_org_health", {}),
    )

    assert [part["httpStatusCode"] for part in json.loads(composite)["compositeResponse"]] == [201, 201]
    assert [record["Name"] for record in json.loads(found)["searchRecords"]] == ["Composite Okapi"]
    health = json.loads(health)
    assert health["organization"]["Id"] == org.org_id and health["limits"]["DailyApiRequests"]["Max"] == 15000
    (standard,) = [row for row in health["user_licenses"] if row["Name"] == "Salesforce"]
    assert standard["Status"] == "Active" and 0 < standard["UsedLicenses"] <= standard["TotalLicenses"]
    assert all(row["DeveloperName"] and row["TotalLicenses"] >= row["UsedLicenses"] for row in health["permission_set_licenses"])
    assert isinstance(health["package_licenses"], list) and health["permission_set_licenses"]
