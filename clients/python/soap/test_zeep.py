# SPDX-License-Identifier: Apache-2.0
"""zeep, which reads answers of the SOAP partner API strictly by Salesforce's own WSDL."""

import datetime
from importlib import resources

import pytest
import zeep
from lxml import etree
from zeep.exceptions import Fault

ORG_OPTIONS = ("--accounts", "2500", "--contacts", "40")

PARTNER = "urn:partner.soap.sforce.com"
SOBJECT = "urn:sobject.partner.soap.sforce.com"


class Partner:
    """The calls of the API, with the session of a sign-in."""

    def __init__(self, org):
        wsdl = resources.files("pysalesforceutils") / "WSDL" / "partner.wsdl"
        self._client = zeep.Client(str(wsdl))
        entry = self._service(f"{org.base_url}/services/Soap/u/45.0")
        self.login = entry.login(username=org.username, password=org.password + org.security_token)
        self.refuse_login = lambda: entry.login(username=org.username, password="wrong")
        self._calls = self._service(self.login.serverUrl)
        self._session = self.element("SessionHeader", sessionId=self.login.sessionId)

    def _service(self, url):
        return self._client.create_service(f"{{{PARTNER}}}SoapBinding", url)

    def element(self, name, **parts):
        return self._client.get_element(f"{{{PARTNER}}}{name}")(**parts)

    def type(self, name, **parts):
        return self._client.get_type(f"{{{PARTNER}}}{name}")(**parts)

    def record(self, kind, id=None, cleared=(), **fields):
        elements = []
        for name, value in fields.items():
            element = etree.Element(f"{{{SOBJECT}}}{name}")
            element.text = value
            elements.append(element)
        make = self._client.get_type(f"{{{SOBJECT}}}sObject")
        return make(type=kind, Id=id, fieldsToNull=list(cleared), _value_1=elements)

    def call(self, name, *arguments, **headers):
        headers["SessionHeader"] = self._session
        answer = getattr(self._calls, name)(*arguments, _soapheaders=headers)
        body = getattr(answer, "body", answer)
        return getattr(body, "result", body)


@pytest.fixture(scope="module")
def partner(org):
    return Partner(org)


def values(record):
    """Returns the fields of a record, those of other records left out."""
    return {etree.QName(part).localname: part.text for part in record._value_1 if isinstance(part, etree._Element)}


def refused(name, *arguments, partner):
    with pytest.raises(Fault) as refusal:
        partner.call(name, *arguments)
    return refusal.value.code


def test_login(partner, org):
    user = partner.login.userInfo
    assert (user.organizationId, user.userName) == (org.org_id, org.username)
    assert (partner.login.passwordExpired, partner.login.sandbox) == (False, False)
    assert partner.call("getUserInfo").userId == user.userId
    now = partner.call("getServerTimestamp").timestamp
    assert abs(now - datetime.datetime.now(datetime.timezone.utc)) < datetime.timedelta(minutes=1)


def test_a_wrong_password_is_refused(partner):
    with pytest.raises(Fault) as refusal:
        partner.refuse_login()
    assert refusal.value.code == "sf:INVALID_LOGIN"
    assert refusal.value.detail[0].tag == "{urn:fault.partner.soap.sforce.com}LoginFault"


def test_describe_global(partner):
    described = partner.call("describeGlobal")

    sobjects = {sobject.name: sobject for sobject in described.sobjects}
    assert (described.encoding, described.maxBatchSize) == ("UTF-8", 200)
    assert (sobjects["Account"].keyPrefix, sobjects["Account"].idEnabled) == ("001", True)
    assert sobjects["Project__c"].custom is True


def test_every_sobject_is_described(partner):
    names = [sobject.name for sobject in partner.call("describeGlobal").sobjects if sobject.queryable]

    described = partner.call("describeSObjects", names[:100])

    assert [sobject.name for sobject in described] == names[:100]
    account = next(sobject for sobject in described if sobject.name == "Account")
    fields = {field.name: field for field in account.fields}
    assert (fields["Name"].nillable, fields["Name"].soapType) == (False, "xsd:string")
    assert (fields["OwnerId"].referenceTo, fields["OwnerId"].relationshipName) == (["User"], "Owner")
    assert fields["Industry"].picklistValues[0].active is True
    assert refused("describeSObject", "Nothing", partner=partner) == "sf:INVALID_TYPE"


def test_query_goes_past_a_page(partner):
    first = partner.call("query", "SELECT Id, Name, Owner.Name FROM Account")
    rest = partner.call("queryMore", first.queryLocator)

    assert (first.size, first.done, len(first.records)) == (2500, False, 2000)
    assert (rest.done, len(rest.records)) == (True, 500)
    assert len({record.Id for record in [*first.records, *rest.records]}) == 2500
    assert values(first.records[0])["Name"]
    few = partner.call("query", "SELECT Id FROM Account", QueryOptions=partner.element("QueryOptions", batchSize=200))
    assert len(few.records) == 200
    assert partner.call("query", "SELECT COUNT() FROM Account").size == 2500


def test_children_and_groups(partner):
    parent = partner.call("query", "SELECT Id, (SELECT LastName FROM Contacts) FROM Account WHERE Id IN (SELECT AccountId FROM Contact)")
    children = next(part for part in parent.records[0]._value_1 if not isinstance(part, etree._Element))
    assert children.size == len(children.records) > 0 and children.done is True

    groups = partner.call("query", "SELECT Type, COUNT(Id) n FROM Account GROUP BY Type")
    assert groups.records[0].type == "AggregateResult"
    assert sum(int(values(group)["n"]) for group in groups.records) == 2500


def test_a_bad_query_is_refused(partner):
    assert refused("query", "SELECT Nothing FROM Account", partner=partner) == "sf:INVALID_FIELD"
    assert refused("query", "SELECT FROM", partner=partner) == "sf:MALFORMED_QUERY"
    assert refused("query", "SELECT Id FROM Nothing", partner=partner) == "sf:INVALID_TYPE"
    assert refused("queryMore", "0r8000000000000AAA-2000", partner=partner) == "sf:INVALID_QUERY_LOCATOR"


def test_create_update_retrieve_delete_undelete(partner):
    good, bad = partner.call("create", [partner.record("Account", Name="Soap", Site="x"), partner.record("Account", Site="x")])
    assert (good.success, bad.success, bad.id) == (True, False, None)
    assert (bad.errors[0].statusCode, bad.errors[0].fields) == ("REQUIRED_FIELD_MISSING", ["Name"])

    changed = partner.call("update", [partner.record("Account", id=good.id, cleared=["Site"], Name="New")])
    assert (changed[0].success, changed[0].id) == (True, good.id)
    read = partner.call("retrieve", "Id,Name,Site", "Account", [good.id])
    assert values(read[0]) == {"Id": good.id, "Name": "New", "Site": None}

    assert [row.success for row in partner.call("delete", [good.id, good.id])] == [True, False]
    assert partner.call("query", f"SELECT Id FROM Account WHERE Id = '{good.id}'").size == 0
    assert partner.call("queryAll", f"SELECT Id FROM Account WHERE Id = '{good.id}'").size == 1
    assert partner.call("undelete", [good.id])[0].success is True
    partner.call("delete", [good.id])
    assert partner.call("emptyRecycleBin", [good.id])[0].success is True


def test_all_or_none(partner):
    header = partner.element("AllOrNoneHeader", allOrNone=True)
    rows = partner.call("create", [partner.record("Account", Name="Soap"), partner.record("Account")], AllOrNoneHeader=header)

    assert [row.errors[0].statusCode for row in rows] == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"]


def test_upsert_creates_then_updates(partner):
    def upsert(name):
        return partner.call("upsert", "External_Id__c", [partner.record("Account", External_Id__c="soap-1", Name=name)])[0]

    first, second, third = upsert("One"), upsert("Two"), upsert("x" * 300)
    assert (first.created, second.created, first.id) == (True, False, second.id)
    assert (third.created, third.errors[0].statusCode) == (False, "STRING_TOO_LONG")


def test_merge(partner):
    master, other = partner.call("create", [partner.record("Account", Name="One"), partner.record("Account", Name="Two")])
    request = partner.type("MergeRequest", masterRecord=partner.record("Account", id=master.id), recordToMergeIds=[other.id])

    merged = partner.call("merge", [request])[0]

    assert (merged.success, merged.id, merged.mergedRecordIds) == (True, master.id, [other.id])


def test_search(partner):
    partner.call("create", [partner.record("Account", Name="Searchable Zebra")])

    found = partner.call("search", "FIND {Zebra} RETURNING Account(Id, Name)")

    assert [values(row.record)["Name"] for row in found.searchRecords] == ["Searchable Zebra"]
    assert refused("search", "FIND {Zebra} IN", partner=partner) == "sf:MALFORMED_SEARCH"


def test_updated_and_deleted(partner):
    kept, gone = partner.call("create", [partner.record("Account", Name="Kept"), partner.record("Account", Name="Gone")])
    partner.call("delete", [gone.id])
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=1)
    start = end - datetime.timedelta(days=1)

    updated = partner.call("getUpdated", "Account", start, end)
    deleted = partner.call("getDeleted", "Account", start, end)

    assert kept.id in updated.ids and gone.id not in updated.ids
    assert gone.id in [row.id for row in deleted.deletedRecords]


def test_what_the_org_does_not_do_is_refused(partner):
    assert refused("describeTabs", partner=partner) == "sf:FUNCTIONALITY_NOT_ENABLED"


def test_logout_ends_the_session(org):
    own = Partner(org)
    own.call("logout")
    assert refused("getUserInfo", partner=own) == "sf:INVALID_SESSION_ID"
