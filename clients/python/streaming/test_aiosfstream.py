# SPDX-License-Identifier: Apache-2.0
"""aiosfstream-ng: change events and platform events over CometD."""

import asyncio
import json
import urllib.request

import pytest
from aiosfstream_ng import Client, PasswordAuthenticator, RefreshTokenAuthenticator, ReplayOption
from aiosfstream_ng.exceptions import AuthenticationError, ServerError

# The client's own HTTP library reads the authorities it trusts before this org has made its own.
ORG_OPTIONS = ()

PATIENCE_S = 60


class ByPassword(PasswordAuthenticator):
    """Signs in at the org instead of Salesforce's own host."""

    def __init__(self, org, password=None):
        password = password or org.password + org.security_token
        super().__init__(org.client_id, org.client_secret, org.username, password)
        self._own_url = f"{org.base_url}/services/oauth2/token"

    @property
    def _token_url(self):
        return self._own_url


class ByRefreshToken(RefreshTokenAuthenticator):
    """The same with a refresh token."""

    def __init__(self, org):
        super().__init__(org.client_id, org.client_secret, org.refresh_token)
        self._own_url = f"{org.base_url}/services/oauth2/token"

    @property
    def _token_url(self):
        return self._own_url


async def ask(org, method, path, body=None):
    """Calls the REST API."""
    request = urllib.request.Request(
        f"{org.base_url}/services/data/v66.0/{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {org.access_token}", "Content-Type": "application/json"},
    )

    def send():
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or "null")

    return await asyncio.to_thread(send)


async def receive(client):
    return await asyncio.wait_for(client.receive(), PATIENCE_S)


def header(event):
    return event["data"]["payload"]["ChangeEventHeader"]


def test_changes_are_told(org):
    async def run():
        async with Client(ByPassword(org), replay=ReplayOption.NEW_EVENTS, connection_timeout=PATIENCE_S) as client:
            await client.subscribe("/data/AccountChangeEvent")
            account = (await ask(org, "POST", "sobjects/Account", {"Name": "Streamed", "Industry": "Energy"}))["id"]
            created = await receive(client)
            await ask(org, "PATCH", f"sobjects/Account/{account}", {"Name": "Changed", "Industry": None})
            changed = await receive(client)
            await ask(org, "DELETE", f"sobjects/Account/{account}")
            return account, created, changed, await receive(client)

    account, created, changed, deleted = asyncio.run(run())

    assert [header(event)["changeType"] for event in (created, changed, deleted)] == ["CREATE", "UPDATE", "DELETE"]
    assert all(header(event)["recordIds"] == [account] for event in (created, changed, deleted))
    assert created["channel"] == "/data/AccountChangeEvent" and created["data"]["payload"]["Name"] == "Streamed"
    assert header(changed)["changedFields"] == ["Name", "Industry", "LastModifiedDate"]
    assert header(changed)["nulledFields"] == ["Industry"]
    assert created["data"]["event"]["replayId"] < deleted["data"]["event"]["replayId"]


def test_what_happened_before_is_told_again(org):
    async def run():
        names = []
        for name in ("One", "Two"):
            await ask(org, "POST", "sobjects/Contact", {"LastName": name})
        for _ in range(2):
            async with Client(ByRefreshToken(org), replay=ReplayOption.ALL_EVENTS, connection_timeout=PATIENCE_S) as client:
                await client.subscribe("/data/ContactChangeEvent")
                names.append([(await receive(client))["data"]["payload"]["Name"]["LastName"] for _ in range(2)])
        return names

    assert asyncio.run(run()) == [["One", "Two"], ["One", "Two"]]


def test_platform_events_are_told(org):
    async def run():
        async with Client(ByPassword(org), connection_timeout=PATIENCE_S) as client:
            await client.subscribe("/event/Project_Notice__e")
            told = await ask(org, "POST", "sobjects/Project_Notice__e", {"Project_Id__c": "a00", "Message__c": "Hello"})
            return told, await receive(client)

    published, event = asyncio.run(run())

    assert published["errors"][0]["statusCode"] == "OPERATION_ENQUEUED"
    assert event["data"]["event"]["EventUuid"] == published["errors"][0]["message"]
    assert (event["data"]["payload"]["Message__c"], event["data"]["payload"]["Urgent__c"]) == ("Hello", False)


def test_a_channel_can_be_left(org):
    async def run():
        async with Client(ByPassword(org), connection_timeout=PATIENCE_S) as client:
            await client.subscribe("/data/LeadChangeEvent")
            await client.subscribe("/data/CaseChangeEvent")
            await client.unsubscribe("/data/LeadChangeEvent")
            return client.subscriptions

    assert asyncio.run(run()) == {"/data/CaseChangeEvent"}


def test_unknown_channels_are_refused(org):
    async def run():
        async with Client(ByPassword(org), connection_timeout=PATIENCE_S) as client:
            for channel in ("/data/NothingChangeEvent", "/event/Nothing__e", "/topic/Nothing"):
                with pytest.raises(ServerError) as refusal:
                    await client.subscribe(channel)
                assert refusal.value.error == "404::Unknown channel"

    asyncio.run(run())


def test_a_wrong_password_is_refused(org):
    async def run():
        async with Client(ByPassword(org, "wrong"), connection_timeout=PATIENCE_S):
            pass

    with pytest.raises(AuthenticationError) as refusal:
        asyncio.run(run())
    assert refusal.value.args[1] == {"error": "invalid_grant", "error_description": "authentication failure"}
