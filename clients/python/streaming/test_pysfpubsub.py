# SPDX-License-Identifier: Apache-2.0
"""pysfpubsub: the Pub/Sub API over grpcio, with payloads read by Apache Avro."""

import copy
import threading
import time

import grpc
import pysfpubsub.pubsub
import pytest
import requests

TOPIC = "/data/AccountChangeEvent"
NOTICE = "/event/Project_Notice__e"


class Enough(Exception):
    """Ends a subscription."""


@pytest.fixture(scope="module")
def client(org):
    # Its authorities are built in; those of the org are made anew for each run.
    with open(org.ca_file, "rb") as file, pytest.MonkeyPatch.context() as patch:
        patch.setattr(pysfpubsub.pubsub, "secure_channel_credentials", grpc.ssl_channel_credentials(file.read()))
        host, port = org.pubsub_url.removeprefix("https://").split(":")
        client = pysfpubsub.pubsub.Client(org.base_url, org.username, org.password + org.security_token, host, port, "59.0")
    client.auth()
    return client


def subscribe(client, topic, count, replay=("LATEST", b""), then=lambda: None):
    """Returns so many events of a topic; `then` is called before they are asked for."""
    # A subscription that has ended still waits for the semaphore. It is to be one for each, says the client.
    client = copy.copy(client)
    client.semaphore = threading.Semaphore(1)
    received = []

    def take(answer, _):
        if not answer.events:
            return
        client.release_subscription_semaphore()
        for event in answer.events:
            schema = client.get_schema_json(event.event.schema_id)
            received.append((event.replay_id, client.decode(schema, event.event.payload)))
        if len(received) >= count:
            raise Enough

    then()
    with pytest.raises(Enough):
        client.subscribe(topic, *replay, count, take)
    return received


def write(org, name):
    url = f"{org.base_url}/services/data/v66.0/sobjects/Account"
    answer = requests.post(url, json={"Name": name}, headers={"Authorization": f"Bearer {org.access_token}"}, timeout=60)
    return answer.json()["id"]


def test_it_signs_in_and_finds_topics(client, org):
    assert client.tenant_id == org.org_id

    changes, notices = client.get_topic(TOPIC), client.get_topic(NOTICE)

    assert (changes.topic_name, changes.can_subscribe, changes.can_publish) == (TOPIC, True, False)
    assert (notices.can_subscribe, notices.can_publish) == (True, True)


def test_changes_are_read_from_a_position(client, org):
    before = subscribe(client, TOPIC, 1, ("EARLIEST", b""), lambda: write(org, "First"))
    ids = [write(org, name) for name in ("Second", "Third")]

    events = subscribe(client, TOPIC, 2, ("CUSTOM", before[0][0]))

    assert [event["Name"] for _, event in events] == ["Second", "Third"]
    assert [event["ChangeEventHeader"]["recordIds"] for _, event in events] == [[id] for id in ids]
    assert {event["ChangeEventHeader"]["changeType"] for _, event in events} == {"CREATE"}


def test_events_are_published(client):
    topic = client.get_topic(NOTICE)
    schema = client.get_schema_json(topic.schema_id)
    values = {"CreatedDate": int(time.time() * 1000), "CreatedById": "005000000000000AAA", "Project_Id__c": "a00"}
    values |= {"Message__c": "over gRPC", "Details__c": None, "Amount__c": 1.5, "Due__c": None, "Sent__c": None, "Urgent__c": True}

    answer = client.publish(NOTICE, [client.format_payload(schema, topic.schema_id, values)])

    assert not answer.results[0].error.msg and len(answer.results[0].replay_id) == 8
    [(position, event)] = subscribe(client, NOTICE, 1, ("EARLIEST", b""))
    assert position == answer.results[0].replay_id
    assert (event["Message__c"], event["Amount__c"], event["Urgent__c"]) == ("over gRPC", 1.5, True)


def test_unknown_topics_and_sessions_are_refused(client, org):
    with pytest.raises(grpc.RpcError) as refusal:
        client.get_topic("/data/NothingChangeEvent")
    assert dict(refusal.value.trailing_metadata())["error-code"] == "sfdc.platform.eventbus.grpc.topic.notfound"

    _, *others = client.metadata
    client.metadata, kept = (("accesstoken", "wrong"), *others), client.metadata
    with pytest.raises(grpc.RpcError) as refusal:
        client.get_topic(TOPIC)
    client.metadata = kept
    assert refusal.value.code() == grpc.StatusCode.UNAUTHENTICATED
    assert dict(refusal.value.trailing_metadata())["error-code"] == "sfdc.platform.eventbus.grpc.service.auth.error"
