# SPDX-License-Identifier: Apache-2.0
"""tap-salesforce, of the Singer kind: it discovers, copies what changed, by REST or by Bulk, and only reads."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ORG_OPTIONS = ("--tls", "--accounts", "2500", "--contacts", "40")


@pytest.fixture(scope="module")
def tap(org, tmp_path_factory):
    return Tap(org, tmp_path_factory.mktemp("tap"))


class Tap:
    def __init__(self, org, folder):
        self._folder = folder
        self.config = {
            "client_id": org.client_id,
            "client_secret": org.client_secret,
            "refresh_token": org.refresh_token,
            "start_date": "2010-01-01T00:00:00Z",
            "api_type": "REST",
            "select_fields_by_default": True,
        }

    def run(self, *arguments, **config):
        command = [str(Path(sys.executable).with_name("tap-salesforce")), "--config", self.write("config", self.config | config)]
        return subprocess.run([*command, *arguments], capture_output=True, text=True, env=os.environ)

    def discover(self, **config):
        run = self.run("--discover", **config)
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout)

    def sync(self, *names, state=None, **config):
        """Copies these sObjects; returns records by name, and the state at the end."""
        catalog = self.discover(**config)
        for stream in catalog["streams"]:
            for entry in stream["metadata"]:
                if entry["breadcrumb"] == [] and stream["stream"] in names:
                    entry["metadata"] |= {"selected": True, "replication-method": "INCREMENTAL", "replication-key": "SystemModstamp"}
        arguments = ["--properties", self.write("catalog", catalog)]
        if state:
            arguments += ["--state", self.write("state", state)]
        run = self.run(*arguments, **config)
        assert run.returncode == 0, run.stderr
        messages = [json.loads(line) for line in run.stdout.splitlines()]
        records = {name: [] for name in names}
        for message in messages:
            if message["type"] == "RECORD":
                records[message["stream"]].append(message["record"])
        return records, [message["value"] for message in messages if message["type"] == "STATE"][-1]

    def write(self, name, content):
        path = self._folder / f"{name}.json"
        path.write_text(json.dumps(content))
        return str(path)


def test_it_discovers_what_can_be_copied(tap):
    streams = {stream["stream"]: stream for stream in tap.discover()["streams"]}

    assert {"Account", "Contact", "Case", "Opportunity", "User", "Project__c"} <= set(streams)
    properties = streams["Account"]["schema"]["properties"]
    assert "string" in properties["Name"]["type"] and "number" in properties["AnnualRevenue"]["type"]
    keys = [entry["metadata"] for entry in streams["Account"]["metadata"] if entry["breadcrumb"] == []][0]
    assert keys["table-key-properties"] == ["Id"] and keys["valid-replication-keys"] == ["SystemModstamp"]


def test_it_is_refused_with_a_wrong_token(tap):
    run = tap.run("--discover", refresh_token="wrong")

    assert run.returncode == 1 and "invalid_grant" in run.stderr


@pytest.mark.parametrize("api_type", ["REST", "BULK"])
def test_it_copies_all_and_then_what_changed(tap, org, api_type):
    records, state = tap.sync("Account", "Contact", api_type=api_type)
    assert len({record["Id"] for record in records["Account"]}) == 2500
    assert len(records["Contact"]) == 40 and all(record["LastName"] for record in records["Contact"])

    changed = records["Contact"][7]["Id"]
    org.control("records", {"sobject": "Contact", "op": "update", "ids": [changed], "fields": {"LastName": api_type}})
    later, _ = tap.sync("Account", "Contact", state=state, api_type=api_type)

    names = {record["Id"]: record["LastName"] for record in later["Contact"]}
    assert names[changed] == api_type and len(names) < 40


def test_deleted_records_are_copied_too(tap, org):
    gone = tap.sync("Contact")[0]["Contact"][9]["Id"]
    org.control("records", {"sobject": "Contact", "op": "delete", "ids": [gone]})

    records, _ = tap.sync("Contact")

    assert [record["Id"] for record in records["Contact"] if record["IsDeleted"]] == [gone]
