# SPDX-License-Identifier: Apache-2.0
"""CumulusCI from Python: a task's own connections, and the operations on records that its tasks are made of, by REST and by Bulk API."""

import pytest
from cumulusci.core.config import BaseProjectConfig, OrgConfig, ServiceConfig, TaskConfig, UniversalConfig
from cumulusci.core.keychain import BaseProjectKeychain
from cumulusci.oauth.exceptions import OAuth2Error
from cumulusci.oauth.salesforce import jwt_session
from cumulusci.tasks.bulkdata.step import DataApi, DataOperationStatus, DataOperationType, get_dml_operation, get_query_operation
from cumulusci.tasks.salesforce import BaseSalesforceApiTask
from simple_salesforce.exceptions import SalesforceExpiredSession, SalesforceMalformedRequest, SalesforceResourceNotFound

ORG_OPTIONS = ("--tls", "--accounts", "2500")


@pytest.fixture(scope="module")
def project(org):
    universal = UniversalConfig()
    package = {"name": "orgsim", "package": {"name": "orgsim", "api_version": "64.0"}}
    config = BaseProjectConfig(universal, {**universal.config, "project": package})
    keychain = BaseProjectKeychain(config, None)
    config.set_keychain(keychain)
    app = {"client_id": org.client_id, "client_secret": org.client_secret, "login_url": org.base_url}
    keychain.set_service("connected_app", "orgsim", ServiceConfig({**app, "callback_url": "http://localhost:8080"}))
    return config


def known_org(org, project, refresh_token, access_token="none yet"):
    """Returns an org as CumulusCI keeps it once a person has signed in."""
    session = {
        "instance_url": org.base_url,
        "connected_app": "orgsim",
        "access_token": access_token,
        "refresh_token": refresh_token,
        "id": f"{org.base_url}/id/{org.org_id}/user",
    }
    return OrgConfig(session, "sim", project.keychain)


class Records(BaseSalesforceApiTask):
    """A task that does with records what its caller asks."""

    def _run_task(self):
        """All is done by the methods below."""

    def read(self, api, fields, soql):
        with get_query_operation(
            sobject="Account", fields=fields, api_options={}, context=self, query=f"SELECT {', '.join(fields)} FROM Account {soql}", api=api
        ) as operation:
            operation.query()
            assert operation.job_result.status is DataOperationStatus.SUCCESS, operation.job_result
            return [tuple(row) for row in operation.get_results()]

    def write(self, api, operation, fields, rows, **options):
        """Returns how the operation ended, and the result of each row."""
        with get_dml_operation(
            sobject="Account", operation=operation, fields=fields, api_options=options, context=self, volume=len(rows), api=api
        ) as step:
            step.load_records(iter(rows))
        return step.job_result, list(step.get_results())


@pytest.fixture(scope="module")
def records(org, project):
    task = Records(project, TaskConfig(), known_org(org, project, org.refresh_token))
    # The task signs in with the connected app and connects.
    task()
    return task


def test_login_with_the_connected_app(org, project):
    config = known_org(org, project, org.refresh_token)

    config.refresh_oauth_token(project.keychain)

    assert config.access_token not in ("none yet", org.access_token)
    assert (config.userinfo["preferred_username"], config.userinfo["organization_id"]) == (org.username, org.org_id)
    assert (config.org_type, config.is_sandbox) == ("Developer Edition", False)


def test_login_with_a_certificate(org):
    with open(org.jwt_key_file) as file:
        session = jwt_session(org.client_id, file.read(), org.username)

    config = OrgConfig({"instance_url": org.base_url, "access_token": session["access_token"], "id": session["id"]}, "sim")
    assert config.salesforce_client.query("SELECT COUNT() FROM Account")["totalSize"] == 2500


def test_a_wrong_login_is_refused(org, project):
    with pytest.raises(OAuth2Error, match="invalid_grant"):
        known_org(org, project, "wrong").refresh_oauth_token(project.keychain)
    with pytest.raises(SalesforceExpiredSession) as refusal:
        known_org(org, project, org.refresh_token, "wrong").salesforce_client.query("SELECT Id FROM Account")
    assert (refusal.value.status, refusal.value.content[0]["errorCode"]) == (401, "INVALID_SESSION_ID")


def test_describe(records):
    sobjects = {sobject["name"]: sobject for sobject in records.sf.describe()["sobjects"]}
    fields = {field["name"]: field for field in records.sf.Contact.describe()["fields"]}

    assert sobjects["Account"]["keyPrefix"] == "001" and sobjects["Project__c"]["custom"] is True
    assert fields["AccountId"]["referenceTo"] == ["Account"] and fields["LastName"]["nillable"] is False


@pytest.mark.parametrize("api", [DataApi.REST, DataApi.BULK])
def test_reading_goes_past_a_page(records, api):
    first = records.sf.query("SELECT Id FROM Account")
    assert (len(first["records"]), first["done"], first["totalSize"]) == (2000, False, 2500)

    rows = records.read(api, ["Id", "Name"], "")

    assert len(rows) == len({record for record, _ in rows}) == 2500
    assert all(record.startswith("001") and name for record, name in rows)


@pytest.mark.parametrize("api", [DataApi.REST, DataApi.BULK])
def test_rows_are_created_updated_upserted_and_deleted(records, api):
    named = f"WHERE Site = 'cci {api}' ORDER BY Name"
    rows = [(f"Cci {n}", f"cci {api}", f"cci-{api}-{n}") for n in range(3)]
    ended, created = records.write(api, DataOperationType.INSERT, ["Name", "Site", "External_Id__c"], rows)
    assert (ended.status, ended.records_processed, ended.total_row_errors) == (DataOperationStatus.SUCCESS, 3, 0)
    assert [(row.success, row.created) for row in created] == [(True, True)] * 3
    ids = [row.id for row in created]
    assert records.read(api, ["Id", "Name"], named) == list(zip(ids, ["Cci 0", "Cci 1", "Cci 2"]))

    _, updated = records.write(api, DataOperationType.UPDATE, ["Id", "Name"], [(ids[0], "Cci changed")])
    assert [(row.id, row.success, row.created) for row in updated] == [(ids[0], True, False)]
    _, upserted = records.write(
        api,
        DataOperationType.UPSERT,
        ["Name", "Site", "External_Id__c"],
        [("Cci known", f"cci {api}", f"cci-{api}-1"), ("Cci new", f"cci {api}", f"cci-{api}-new")],
        update_key="External_Id__c",
    )
    assert [(row.success, row.created) for row in upserted] == [(True, False), (True, True)]
    assert upserted[0].id == ids[1] and upserted[1].id not in ids
    changed = [(ids[2], "Cci 2"), (ids[0], "Cci changed"), (ids[1], "Cci known"), (upserted[1].id, "Cci new")]
    assert records.read(api, ["Id", "Name"], named) == changed

    _, deleted = records.write(api, DataOperationType.DELETE, ["Id"], [(record,) for record, _ in changed])
    assert [(row.id, row.success) for row in deleted] == [(record, True) for record, _ in changed]
    assert records.read(api, ["Id", "Name"], named) == []


@pytest.mark.parametrize("api", [DataApi.REST, DataApi.BULK])
def test_rows_that_break_rules_say_so(records, api):
    ended, results = records.write(api, DataOperationType.INSERT, ["Name"], [("x" * 256,), (f"Cci good {api}",)])

    assert (ended.status, ended.records_processed, ended.total_row_errors) == (DataOperationStatus.ROW_FAILURE, 2, 1)
    assert [row.success for row in results] == [False, True]
    assert results[0].error.startswith("STRING_TOO_LONG:")
    assert records.read(api, ["Id"], f"WHERE Name = 'Cci good {api}'") == [(results[1].id,)]
    records.write(api, DataOperationType.DELETE, ["Id"], [(results[1].id,)])


def test_one_record_is_created_updated_upserted_and_deleted(records):
    record = records.sf.Account.create({"Name": "Cirrus"})["id"]
    assert records.sf.Account.update(record, {"Name": "Changed"}) == 204
    assert records.sf.Account.get(record)["Name"] == "Changed"
    assert [records.sf.Account.upsert("External_Id__c/cci-one", {"Name": name}) for name in ("First", "Second")] == [201, 200]
    upserted = records.sf.Account.get_by_custom_id("External_Id__c", "cci-one")
    assert upserted["Name"] == "Second"
    assert [records.sf.Account.delete(gone) for gone in (record, upserted["Id"])] == [204, 204]

    with pytest.raises(SalesforceResourceNotFound) as refusal:
        records.sf.Account.get(record)
    assert (refusal.value.status, refusal.value.content[0]["errorCode"]) == (404, "ENTITY_IS_DELETED")
    for fields, code in [({}, "REQUIRED_FIELD_MISSING"), ({"Name": "x" * 256}, "STRING_TOO_LONG"), ({"Nothing": 1}, "INVALID_FIELD")]:
        with pytest.raises(SalesforceMalformedRequest) as refusal:
            records.sf.Account.create(fields)
        assert (refusal.value.status, refusal.value.content[0]["errorCode"]) == (400, code)
    with pytest.raises(SalesforceMalformedRequest) as refusal:
        records.sf.query("SELECT FROM Account")
    assert refusal.value.content[0]["errorCode"] == "MALFORMED_QUERY"
