# SPDX-License-Identifier: Apache-2.0
"""airbyte-source-salesforce: it checks, discovers and reads, whole or what changed, and never writes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ORG_OPTIONS = ("--tls", "--accounts", "2500", "--contacts", "40", "--page-rows", "1000")


@pytest.fixture(scope="module")
def source(org, tmp_path_factory):
    return Source(org, tmp_path_factory.mktemp("airbyte"))


class Source:
    def __init__(self, org, folder):
        self._folder = folder
        self.config = {
            "client_id": org.client_id,
            "client_secret": org.client_secret,
            "refresh_token": org.refresh_token,
            "start_date": "2010-01-01T00:00:00Z",
            "auth_type": "Client",
        }

    def run(self, command, *arguments, **config):
        program = str(Path(sys.executable).with_name("source-salesforce"))
        config = self.write("config", self.config | config)
        run = subprocess.run([program, command, "--config", config, *arguments], capture_output=True, text=True, env=os.environ)
        return [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]

    def discover(self):
        catalogs = [message["catalog"] for message in self.run("discover") if message["type"] == "CATALOG"]
        return {stream["name"]: stream for stream in catalogs[0]["streams"]}

    def read(self, *names, mode="incremental", state=None):
        """Reads these sObjects; returns records by name, and the states at the end."""
        streams = self.discover()
        configured = [
            {"stream": streams[name], "sync_mode": mode, "destination_sync_mode": "append", "cursor_field": ["SystemModstamp"]}
            for name in names
        ]
        arguments = ["--catalog", self.write("catalog", {"streams": configured})]
        if state:
            arguments += ["--state", self.write("state", state)]
        records, states = {name: [] for name in names}, {}
        for message in self.run("read", *arguments):
            if message["type"] == "RECORD":
                records[message["record"]["stream"]].append(message["record"]["data"])
            elif message["type"] == "STATE":
                states[message["state"]["stream"]["stream_descriptor"]["name"]] = message["state"]
        return records, list(states.values())

    def write(self, name, content):
        path = self._folder / f"{name}.json"
        path.write_text(json.dumps(content))
        return str(path)


def test_the_connection_is_checked(source):
    status = [message["connectionStatus"] for message in source.run("check") if message["type"] == "CONNECTION_STATUS"]
    assert status[0]["status"] == "SUCCEEDED"

    wrong = [message for message in source.run("check", refresh_token="wrong") if message["type"] == "CONNECTION_STATUS"]
    assert [message["connectionStatus"]["status"] for message in wrong] in ([], ["FAILED"])


def test_it_discovers_what_can_be_copied(source):
    streams = source.discover()

    assert {"Account", "Contact", "Case", "Opportunity", "User", "Project__c"} <= set(streams)
    account = streams["Account"]
    assert account["source_defined_primary_key"] == [["Id"]] and account["default_cursor_field"] == ["SystemModstamp"]
    assert account["json_schema"]["properties"]["AnnualRevenue"]["type"] == ["number", "null"]


def test_everything_is_read(source, org):
    records, _ = source.read("Account", "User", mode="full_refresh")

    assert len({record["Id"] for record in records["Account"]}) == 2500
    users = {record["Username"] for record in records["User"]}
    assert org.username in users and len(users) == org.control("hash?sobject=User")["rows"]


def test_what_changed_is_read(source, org):
    first, state = source.read("Contact")
    assert len({record["Id"] for record in first["Contact"]}) == 40
    changed, gone = first["Contact"][3]["Id"], first["Contact"][5]["Id"]
    org.control("records", {"sobject": "Contact", "op": "update", "ids": [changed], "fields": {"LastName": "New"}})
    org.control("records", {"sobject": "Contact", "op": "delete", "ids": [gone]})

    later, _ = source.read("Contact", state=state)

    names = {record["Id"]: (record["LastName"], record["IsDeleted"]) for record in later["Contact"]}
    assert names[changed] == ("New", False) and names[gone][1] is True
    assert len(names) < 40
