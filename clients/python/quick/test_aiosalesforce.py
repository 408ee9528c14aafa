# SPDX-License-Identifier: Apache-2.0
"""aiosalesforce: REST, composite requests and Bulk API 2.0 ingest, all asynchronous. It takes My Domain addresses only."""

import asyncio
import csv
import io
from contextlib import asynccontextmanager

import httpx
import pytest
from aiosalesforce import ClientCredentialsFlow, JwtBearerFlow, Salesforce, SoapLogin, format_soql
from aiosalesforce.exceptions import AuthenticationError, NotFoundError, SalesforceError

ORG_OPTIONS = ("--tls", "--accounts", "2500")


def in_client(auth_of):
    """Runs the test's coroutine with a client that signs in as told."""

    def wrap(test):
        def run(org):
            async def all_of_it():
                async with connected(org, auth_of(org)) as salesforce:
                    await test(salesforce, org)

            asyncio.run(all_of_it())

        run.__name__ = test.__name__
        return run

    return wrap


@asynccontextmanager
async def connected(org, auth):
    async with httpx.AsyncClient() as client:
        yield Salesforce(client, f"https://{org.api_name}", auth=auth)


def by_app(org):
    return ClientCredentialsFlow(org.client_id, org.client_secret)


@pytest.mark.parametrize("name", ["app", "jwt", "soap"])
def test_login(org, name):
    auth = {
        "app": by_app(org),
        "jwt": JwtBearerFlow(org.client_id, org.username, org.jwt_key_file),
        "soap": SoapLogin(org.username, org.password, org.security_token),
    }[name]

    async def count():
        async with connected(org, auth) as salesforce:
            return len([record async for record in salesforce.query("SELECT Id FROM Account")])

    assert asyncio.run(count()) == 2500


def test_a_wrong_password_is_refused(org):
    async def sign_in():
        async with connected(org, SoapLogin(org.username, "wrong", org.security_token)) as salesforce:
            await salesforce.get_limits()

    with pytest.raises(AuthenticationError) as refusal:
        asyncio.run(sign_in())
    assert refusal.value.error_code == "INVALID_LOGIN"


@in_client(by_app)
async def test_limits(salesforce, org):
    assert (await salesforce.get_limits())["DailyApiRequests"]["Max"] == 15000


async def ask(salesforce, method, path, **more):
    """Calls a resource for which the client has no method of its own, with the client's own request."""
    return await salesforce.request(method, f"{salesforce.base_url}/services/data/v{salesforce.version}/{path}", **more)


@in_client(by_app)
async def test_describe(salesforce, org):
    everything = (await ask(salesforce, "GET", "sobjects")).json()
    contact = (await ask(salesforce, "GET", "sobjects/Contact/describe")).json()

    sobjects = {sobject["name"]: sobject for sobject in everything["sobjects"]}
    fields = {field["name"]: field for field in contact["fields"]}
    assert sobjects["Account"]["keyPrefix"] == "001" and sobjects["Project__c"]["custom"] is True
    assert fields["AccountId"]["referenceTo"] == ["Account"] and fields["LastName"]["nillable"] is False
    with pytest.raises(NotFoundError) as refusal:
        await ask(salesforce, "GET", "sobjects/Nothing__c/describe")
    assert refusal.value.error_code == "NOT_FOUND"


@in_client(by_app)
async def test_query_goes_past_a_page(salesforce, org):
    first = (await ask(salesforce, "GET", "query", params={"q": "SELECT Id FROM Account"})).json()
    assert (len(first["records"]), first["done"], first["totalSize"]) == (2000, False, 2500)

    found = [record async for record in salesforce.query("SELECT Id, Name FROM Account ORDER BY Id")]

    assert len(found) == len({record["Id"] for record in found}) == 2500
    assert [record["Id"] for record in found] == sorted(record["Id"] for record in found)


@in_client(by_app)
async def test_create_get_update_delete(salesforce, org):
    account = await salesforce.sobject.create("Account", {"Name": "Async"})
    assert (await salesforce.sobject.get("Account", account, fields=["Name"]))["Name"] == "Async"
    await salesforce.sobject.update("Account", account, {"Name": "Changed"})
    soql = format_soql("SELECT Name FROM Account WHERE Id = {id}", id=account)
    assert [record["Name"] async for record in salesforce.query(soql)] == ["Changed"]

    await salesforce.sobject.delete("Account", account)

    with pytest.raises(NotFoundError) as refusal:
        await salesforce.sobject.get("Account", account)
    assert refusal.value.error_code == "ENTITY_IS_DELETED"
    deleted = salesforce.query(f"SELECT IsDeleted FROM Account WHERE Id = '{account}'", include_all_records=True)
    assert [record["IsDeleted"] async for record in deleted] == [True]


@in_client(by_app)
async def test_upsert(salesforce, org):
    first = await salesforce.sobject.upsert("Account", "a-1", "External_Id__c", {"Name": "One"})
    second = await salesforce.sobject.upsert("Account", "a-1", "External_Id__c", {"Name": "Two"})

    assert (first.created, second.created) == (True, False)
    assert first.id == second.id
    assert (await salesforce.sobject.get("Account", "a-1", "External_Id__c"))["Name"] == "Two"


@in_client(by_app)
async def test_refusals(salesforce, org):
    for fields, code in [({}, "REQUIRED_FIELD_MISSING"), ({"Name": "x" * 256}, "STRING_TOO_LONG"), ({"X": 1}, "INVALID_FIELD")]:
        with pytest.raises(SalesforceError) as refusal:
            await salesforce.sobject.create("Account", fields)
        assert refusal.value.error_code == code
    with pytest.raises(SalesforceError) as refusal:
        async for _ in salesforce.query("SELECT FROM Account"):
            pass
    assert refusal.value.error_code == "MALFORMED_QUERY"


@in_client(by_app)
async def test_batch(salesforce, org):
    async with salesforce.composite.batch(halt_on_error=False) as batch:
        query = batch.query("SELECT Id, Name FROM Account LIMIT 3")
        created = batch.sobject.create("Account", {"Name": "Batch"})
        failed = batch.sobject.create("Account", {})

    assert len(query.records) == 3 and len(created.id) == 18
    assert not failed.is_success and failed.status_code == 400
    assert failed.result[0]["errorCode"] == "REQUIRED_FIELD_MISSING"


@in_client(by_app)
async def test_composite(salesforce, org):
    async with salesforce.composite(all_or_none=True, autoraise=True) as composite:
        account = composite.sobject.create("Account", {"Name": "Composite"})
        contact = composite.sobject.create("Contact", {"LastName": "Child", "AccountId": str(account.reference.id)})
        query = composite.query("SELECT Name FROM Account WHERE Name = 'Composite'")

    assert [record["Name"] for record in query.records] == ["Composite"]
    assert (await salesforce.sobject.get("Contact", contact.id))["AccountId"] == account.id


@in_client(by_app)
async def test_bulk_ingest(salesforce, org):
    async def run(operation, data, **more):
        jobs = salesforce.bulk_v2.ingest.perform_operation(operation, "Account", data, polling_interval=0.1, **more)
        return [job async for job in jobs][0]

    inserted = await run("insert", [{"Name": f"Bulk {n}", "External_Id__c": f"async-{n}"} for n in range(3)])
    assert inserted.job_info.state == "JobComplete" and inserted.failed_results == []
    assert [row["sf__Created"] for row in inserted.successful_results] == ["true"] * 3
    upserted = await run("upsert", [{"Name": "New", "External_Id__c": "async-0"}], external_id_field="External_Id__c")
    assert upserted.successful_results[0]["sf__Created"] == "false"
    failed = await run("insert", [{"Name": "x" * 256}])
    assert failed.failed_results[0]["sf__Error"].startswith("STRING_TOO_LONG:")
    ids = [{"Id": row["sf__Id"]} for row in inserted.successful_results]
    deleted = await run("delete", ids)
    assert len(deleted.successful_results) == 3

    job = await salesforce.bulk_v2.ingest.create_job("insert", "Account")
    assert (await salesforce.bulk_v2.ingest.abort_job(job.id)).state == "Aborted"
    assert job.id in [listed.id async for listed in salesforce.bulk_v2.ingest.list_jobs()]
    await salesforce.bulk_v2.ingest.delete_job(job.id)


async def read_in_bulk(salesforce, soql, page_rows):
    """Returns the rows of a query job of Bulk API 2.0, page by page."""
    job = (await ask(salesforce, "POST", "jobs/query", json={"operation": "query", "query": soql})).json()
    deadline = asyncio.get_running_loop().time() + 60
    while (state := (await ask(salesforce, "GET", f"jobs/query/{job['id']}")).json())["state"] != "JobComplete":
        assert state["state"] in ("UploadComplete", "InProgress") and asyncio.get_running_loop().time() < deadline, state
        await asyncio.sleep(0.1)
    pages, locator = [], {}
    while locator.get("locator") != "null":
        answer = await ask(salesforce, "GET", f"jobs/query/{job['id']}/results", params={"maxRecords": page_rows, **locator})
        pages.append(list(csv.DictReader(io.StringIO(answer.text))))
        locator = {"locator": answer.headers["Sforce-Locator"]}
    assert state["numberRecordsProcessed"] == sum(len(page) for page in pages)
    return pages


@in_client(by_app)
async def test_bulk_query(salesforce, org):
    expected = [(record["Id"], record["Name"]) async for record in salesforce.query("SELECT Id, Name FROM Account")]

    pages = await read_in_bulk(salesforce, "SELECT Id, Name FROM Account", 2000)

    assert [len(page) for page in pages] == [2000, len(expected) - 2000]
    assert sorted((row["Id"], row["Name"]) for page in pages for row in page) == sorted(expected)
    with pytest.raises(SalesforceError) as refusal:
        await read_in_bulk(salesforce, "SELECT Nothing FROM Account", 2000)
    assert refusal.value.error_code == "INVALID_FIELD"


@in_client(by_app)
async def test_bulk_changes_are_read_back(salesforce, org):
    async def run(operation, data):
        jobs = salesforce.bulk_v2.ingest.perform_operation(operation, "Account", data, polling_interval=0.1)
        return [job async for job in jobs][0]

    soql = "SELECT Id, Name FROM Account WHERE Site = 'async bulk' ORDER BY Name"
    inserted = await run("insert", [{"Name": f"Back {n}", "Site": "async bulk"} for n in range(3)])
    (found,) = await read_in_bulk(salesforce, soql, 2000)
    assert [row["Name"] for row in found] == ["Back 0", "Back 1", "Back 2"]
    assert {row["Id"] for row in found} == {row["sf__Id"] for row in inserted.successful_results}

    updated = await run("update", [{"Id": row["Id"], "Name": row["Name"].replace("Back", "Forth")} for row in found])
    assert [row["sf__Created"] for row in updated.successful_results] == ["false"] * 3
    (changed,) = await read_in_bulk(salesforce, soql, 2000)
    assert [(row["Id"], row["Name"]) for row in changed] == [(row["Id"], f"Forth {n}") for n, row in enumerate(found)]

    await run("delete", [{"Id": row["Id"]} for row in found])
    assert await read_in_bulk(salesforce, soql, 2000) == [[]]
