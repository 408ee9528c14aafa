# SPDX-License-Identifier: Apache-2.0
"""CumulusCI: data sets in and out, queries and deletes, by REST and by Bulk API."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ORG_OPTIONS = ("--tls", "--accounts", "2500")

PROJECT = """
minimum_cumulusci_version: "4.0.0"
project: {name: orgsim, package: {name: orgsim, api_version: "64.0"}}
"""

MAPPING = """
Insert Accounts:
  sf_object: Account
  api: %(api)s
  fields: [Name, External_Id__c]
  soql_filter: "External_Id__c LIKE '%(api)s-%%'"
Insert Contacts:
  sf_object: Contact
  api: %(api)s
  fields: [LastName]
  soql_filter: "LastName LIKE '%(api)s ch%%'"
  lookups:
    AccountId: {table: Account}
"""

DATA = """
BEGIN TRANSACTION;
CREATE TABLE "Account" (id VARCHAR(255) NOT NULL, "Name" VARCHAR(255), "External_Id__c" VARCHAR(255), PRIMARY KEY (id));
INSERT INTO "Account" VALUES('Account-1','Cumulus One','%(api)s-1');
INSERT INTO "Account" VALUES('Account-2','Cumulus Two','%(api)s-2');
CREATE TABLE "Contact" (id VARCHAR(255) NOT NULL, "LastName" VARCHAR(255), "AccountId" VARCHAR(255), PRIMARY KEY (id));
INSERT INTO "Contact" VALUES('Contact-1','%(api)s child','Account-2');
COMMIT;
"""


@pytest.fixture(scope="module")
def cci(org, tmp_path_factory):
    return Cci(org, tmp_path_factory.mktemp("cci"))


class Cci:
    def __init__(self, org, folder):
        self.folder = folder
        (folder / "cumulusci.yml").write_text(PROJECT)
        subprocess.run(["git", "init", "--quiet", "--initial-branch", "main"], cwd=folder, check=True)
        session = {
            "instance_url": org.base_url,
            "access_token": org.access_token,
            "id": f"{org.base_url}/id/{org.org_id}/user",
            "username": org.username,
            "org_id": org.org_id,
        }
        self._environment = {
            **os.environ,
            "HOME": str(folder),
            "CUMULUSCI_DISABLE_REFRESH": "1",
            "CUMULUSCI_ORG_sim": json.dumps(session),
        }

    def run(self, *arguments):
        program = str(Path(sys.executable).with_name("cci"))
        return subprocess.run([program, *arguments], cwd=self.folder, env=self._environment, capture_output=True, text=True)

    def task(self, name, **options):
        flags = [part for option, value in options.items() for part in ("-o", option, value)]
        run = self.run("task", "run", name, "--org", "sim", *flags)
        assert run.returncode == 0, run.stdout + run.stderr

    def query(self, sobject, soql):
        self.task("query", object=sobject, query=soql, result_file="found.csv")
        with open(self.folder / "found.csv", newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))


def test_it_knows_the_org(cci, org):
    run = cci.run("org", "info", "sim", "--json")

    assert run.returncode == 0, run.stderr
    assert org.org_id in run.stdout and "Developer Edition" in run.stdout


@pytest.mark.parametrize("api", ["rest", "bulk"])
def test_a_data_set_goes_in_and_out(cci, api):
    (cci.folder / "mapping.yml").write_text(MAPPING % {"api": api})
    (cci.folder / "data.sql").write_text(DATA % {"api": api})
    cci.task("load_dataset", mapping="mapping.yml", sql_path="data.sql", set_recently_viewed="False")

    cci.task("extract_dataset", mapping="mapping.yml", sql_path="out.sql")

    extracted = (cci.folder / "out.sql").read_text()
    assert "'Cumulus One'" in extracted and f"'{api} child','Account-2'" in extracted
    cci.task("delete_data", objects="Contact", where=f"LastName = '{api} child'")
    cci.task("delete_data", objects="Account", where="Name LIKE 'Cumulus %'")
    assert cci.query("Account", "SELECT Id FROM Account WHERE Name LIKE 'Cumulus %'") == []


def test_queries_read_everything(cci):
    assert len(cci.query("Account", "SELECT Id, Name FROM Account")) == 2500
