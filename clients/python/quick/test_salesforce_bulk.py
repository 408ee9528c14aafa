# SPDX-License-Identifier: Apache-2.0
"""salesforce-bulk: Bulk API, in CSV, XML and JSON."""

import csv
import io
import json

import pytest
from salesforce_bulk import BulkApiError, CsvDictsAdapter, SalesforceBulk
from salesforce_bulk.salesforce_bulk import BulkBatchFailed
from simple_salesforce.exceptions import SalesforceAuthenticationFailed

ORG_OPTIONS = ("--tls", "--accounts", "2500")


@pytest.fixture(scope="module")
def bulk(org):
    return SalesforceBulk(sessionId=org.access_token, host=org.address)


def load(bulk, job, rows):
    """Uploads rows, closes the job and returns the result of each."""
    batch = bulk.post_batch(job, CsvDictsAdapter(iter(rows)))
    bulk.close_job(job)
    bulk.wait_for_batch(job, batch, sleep_interval=0.1)
    return bulk.get_batch_results(batch)


def query(bulk, sobject, soql, content_type="CSV"):
    """Returns the files that a query job answers."""
    job = bulk.create_query_job(sobject, contentType=content_type)
    batch = bulk.query(job, soql)
    bulk.close_job(job)
    bulk.wait_for_batch(job, batch, sleep_interval=0.1)
    return [b"".join(part).decode() if not hasattr(part, "read") else part.read().decode() for part in bulk.get_all_results_for_query_batch(batch)]


def test_login_with_password_and_token(org):
    bulk = SalesforceBulk(username=org.username, password=org.password, security_token=org.security_token)

    assert bulk.create_query_job("Account", contentType="CSV").startswith("750")


def test_rows_are_inserted_changed_and_deleted(bulk):
    rows = [{"Name": f"Bulk {n}", "Site": "bulk 1"} for n in range(5)]
    inserted = load(bulk, bulk.create_insert_job("Account", contentType="CSV"), rows)
    assert [(row.success, row.created, row.error) for row in inserted] == [("true", "true", "")] * 5
    ids = [row.id for row in inserted]

    updated = load(bulk, bulk.create_update_job("Account", contentType="CSV"), [{"Id": i, "Site": "changed"} for i in ids])
    assert [(row.id, row.success, row.created) for row in updated] == [(i, "true", "false") for i in ids]
    (found,) = query(bulk, "Account", "SELECT Id, Name FROM Account WHERE Site = 'changed' ORDER BY Name")
    assert [row["Name"] for row in csv.DictReader(io.StringIO(found))] == [row["Name"] for row in rows]

    deleted = load(bulk, bulk.create_delete_job("Account", contentType="CSV"), [{"Id": i} for i in ids])
    assert [row.success for row in deleted] == ["true"] * 5
    again = load(bulk, bulk.create_delete_job("Account", contentType="CSV"), [{"Id": ids[0]}])
    assert again[0].error.startswith("ENTITY_IS_DELETED:")


def test_rows_are_upserted(bulk):
    rows = [{"Name": "One", "External_Id__c": "v1-1"}, {"Name": "Two", "External_Id__c": "v1-2"}]
    first = load(bulk, bulk.create_upsert_job("Account", "External_Id__c", contentType="CSV"), rows)
    second = load(bulk, bulk.create_upsert_job("Account", "External_Id__c", contentType="CSV"), rows)

    assert [row.created for row in first] == ["true", "true"]
    assert [(row.id, row.created) for row in second] == [(row.id, "false") for row in first]
    (found,) = query(bulk, "Account", "SELECT Id, Name FROM Account WHERE External_Id__c LIKE 'v1-%' ORDER BY Name")
    read = [(row["Id"], row["Name"]) for row in csv.DictReader(io.StringIO(found))]
    assert read == [(row.id, name) for row, name in zip(first, ["One", "Two"])]


def test_rows_that_break_rules_say_so(bulk):
    results = load(bulk, bulk.create_insert_job("Account", contentType="CSV"), [{"Name": "x" * 300}, {"Name": "Good"}])

    assert [row.success for row in results] == ["false", "true"]
    assert results[0].error.startswith("STRING_TOO_LONG:")


def test_queries_answer_csv_and_json(bulk):
    csv_files = query(bulk, "Account", "SELECT Id FROM Account")
    json_files = query(bulk, "Account", "SELECT Id FROM Account", content_type="JSON")

    ids = {row["Id"] for file in csv_files for row in csv.DictReader(io.StringIO(file))}
    assert len(ids) >= 2500
    assert {row["Id"] for file in json_files for row in json.loads(file)} == ids


def test_a_query_of_deleted_rows_too_answers_them(bulk):
    (inserted,) = load(bulk, bulk.create_insert_job("Account", contentType="CSV"), [{"Name": "Bulk gone"}])
    load(bulk, bulk.create_delete_job("Account", contentType="CSV"), [{"Id": inserted.id}])
    soql = f"SELECT Id, Name, IsDeleted FROM Account WHERE Id = '{inserted.id}'"

    job = bulk.create_queryall_job("Account", contentType="CSV")
    batch = bulk.query(job, soql)
    bulk.close_job(job)
    bulk.wait_for_batch(job, batch, sleep_interval=0.1)

    (found,) = [result.read().decode() for result in bulk.get_all_results_for_query_batch(batch)]
    assert list(csv.DictReader(io.StringIO(found))) == [{"Id": inserted.id, "Name": "Bulk gone", "IsDeleted": "true"}]
    assert [list(csv.DictReader(io.StringIO(file))) for file in query(bulk, "Account", soql)] == [[]]


def test_a_wrong_login_is_refused(org):
    with pytest.raises(SalesforceAuthenticationFailed) as refusal:
        SalesforceBulk(username=org.username, password="wrong", security_token=org.security_token)
    assert refusal.value.code == "INVALID_LOGIN"
    with pytest.raises(BulkApiError, match="InvalidSessionId"):
        SalesforceBulk(sessionId="wrong", host=org.address).create_query_job("Account", contentType="CSV")


def test_a_wrong_query_is_refused(bulk):
    job = bulk.create_query_job("Account", contentType="CSV")
    batch = bulk.query(job, "SELECT Nothing FROM Account")
    bulk.close_job(job)

    with pytest.raises(BulkBatchFailed, match="InvalidBatch") as refusal:
        bulk.wait_for_batch(job, batch, sleep_interval=0.1)
    assert (refusal.value.job_id, refusal.value.batch_id) == (job, batch)


def test_wrong_jobs_are_refused(bulk):
    with pytest.raises(BulkApiError, match="InvalidJob"):
        bulk.create_insert_job("Nothing__c", contentType="CSV")
    job = bulk.create_insert_job("Account", contentType="CSV")
    bulk.abort_job(job)
    with pytest.raises(BulkApiError, match="InvalidJobState"):
        bulk.post_batch(job, CsvDictsAdapter(iter([{"Name": "x"}])))
