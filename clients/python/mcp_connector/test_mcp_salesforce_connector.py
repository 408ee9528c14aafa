# SPDX-License-Identifier: Apache-2.0
"""mcp-salesforce-connector: tools for agents, on simple-salesforce."""

import json

from agent import Server

ORG_OPTIONS = ("--tls", "--accounts", "2500")


def connector(org):
    settings = {
        "SALESFORCE_USERNAME": org.username,
        "SALESFORCE_PASSWORD": org.password,
        "SALESFORCE_SECURITY_TOKEN": org.security_token,
    }
    return Server("salesforce", settings)


def after_colon(text):
    """Reads the JSON that follows a heading."""
    return json.loads(text[min(at for at in (text.find("{"), text.find("[")) if at >= 0) :])


def test_it_reads(org):
    described, found, listed, refused = connector(org).ask(
        ("get_object_fields", {"object_name": "Account"}),
        ("run_soql_query", {"query": "SELECT Id FROM Account"}),
        ("list_sobjects", {}),
        ("run_soql_query", {"query": "SELECT Nothing FROM Account"}),
    )

    assert "Name,Account Name,string,True" in described
    assert found.startswith("Total: 2500 records") and found.count("\n001") == 2500
    assert "Project__c" in listed
    assert "INVALID_FIELD" in refused


def test_it_writes(org):
    created, bad = connector(org).ask(
        ("create_record", {"object_name": "Account", "data": {"Name": "Agent"}}),
        ("create_record", {"object_name": "Account", "data": {"Site": "No name"}}),
    )
    assert "REQUIRED_FIELD_MISSING" in bad
    record = after_colon(created)["id"]

    _, changed, gone, after = connector(org).ask(
        ("update_record", {"object_name": "Account", "record_id": record, "data": {"Name": "Changed"}}),
        ("get_record", {"object_name": "Account", "record_id": record}),
        ("delete_record", {"object_name": "Account", "record_id": record}),
        ("get_record", {"object_name": "Account", "record_id": record}),
    )

    assert after_colon(changed)["Name"] == "Changed"
    assert "204" in gone
    assert "ENTITY_IS_DELETED" in after


def test_it_searches_and_loads(org):
    created, found, tooling = connector(org).ask(
        ("bulk_create_records", {"object_name": "Account", "data": [{"Name": "Loaded Zebra"}, {"Name": "Loaded Yak"}]}),
        ("run_sosl_search", {"search": "FIND {Zebra} IN NAME FIELDS RETURNING Account(Id, Name)"}),
        ("tooling_execute", {"action": "query/?q=SELECT+QualifiedApiName+FROM+EntityDefinition+WHERE+QualifiedApiName='Account'"}),
    )

    rows = after_colon(created)
    assert [row["success"] for row in rows] == [True, True]
    assert "Loaded Zebra" in found and "Loaded Yak" not in found
    assert after_colon(tooling)["records"][0]["QualifiedApiName"] == "Account"
