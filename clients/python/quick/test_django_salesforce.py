# SPDX-License-Identifier: Apache-2.0
"""django-salesforce: models of Django's ORM whose rows are records."""

import django
import pytest
from django.conf import settings


@pytest.fixture(scope="module")
def models(org):
    settings.configure(
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
            "salesforce": {
                "ENGINE": "salesforce.backend",
                "CONSUMER_KEY": org.client_id,
                "CONSUMER_SECRET": org.client_secret,
                "USER": org.username,
                "PASSWORD": org.password + org.security_token,
                "HOST": org.base_url,
            },
        },
        DATABASE_ROUTERS=["salesforce.router.ModelRouter"],
        SALESFORCE_DB_ALIAS="salesforce",
        INSTALLED_APPS=["salesforce"],
        USE_TZ=True,
    )
    django.setup()
    import django_models

    return django_models


ORG_OPTIONS = ("--tls", "--accounts", "2500", "--contacts", "2600")


def test_rows_are_read_page_by_page(models):
    assert models.Account.objects.count() == 2500
    assert len(list(models.Contact.objects.only("id"))) == 2600


def test_filters_and_orders(models):
    models.Account.objects.create(name="Filter B", site="filter")
    models.Account.objects.create(name="Filter A", site="filter")

    found = models.Account.objects.filter(site="filter", name__startswith="Filter").order_by("name")

    assert [account.name for account in found] == ["Filter A", "Filter B"]
    assert models.Account.objects.filter(site="filter").exclude(name__contains="B").get().name == "Filter A"


def test_parents_come_along(models):
    account = models.Account.objects.create(name="Parent")
    models.Contact.objects.create(last_name="Child", account=account)

    contact = models.Contact.objects.select_related("account").get(account__name="Parent")

    assert (contact.last_name, contact.account.name) == ("Child", "Parent")
    assert account.contact_set.count() == 1


def test_create_update_delete(models):
    account = models.Account(name="Django", external_id="django-1")
    account.save()
    assert len(account.pk) == 18

    account.name = "Changed"
    account.save()
    again = models.Account.objects.get(pk=account.pk)
    assert again.name == "Changed" and again.last_modified_date >= again.created_date
    assert models.Account.objects.filter(pk=account.pk).update(site="here") == 1

    account.delete()
    assert not models.Account.objects.filter(pk=account.pk).exists()
    assert models.Account.objects.query_all().get(external_id="django-1").is_deleted is True


def test_many_at_once(models):
    rows = [models.Account(name=f"Many {n}", site="many") for n in range(250)]
    models.Account.objects.bulk_create(rows)
    assert models.Account.objects.filter(site="many").count() == 250

    some = [account.pk for account in models.Account.objects.filter(site="many")[:200]]
    assert models.Account.objects.filter(pk__in=some).update(site="changed") == 200
    models.Account.objects.filter(site="changed").delete()
    assert models.Account.objects.filter(site="many").count() == 50


def test_aggregates(models):
    from django.db.models import Count, Max

    assert models.Account.objects.aggregate(n=Count("id"))["n"] >= 2500
    assert models.Account.objects.aggregate(newest=Max("created_date"))["newest"] is not None


def test_what_breaks_a_rule_is_refused(models):
    from salesforce.dbapi.exceptions import SalesforceError

    with pytest.raises(SalesforceError, match="STRING_TOO_LONG"):
        models.Account.objects.create(name="x" * 300)
    with pytest.raises(SalesforceError, match="DUPLICATE_VALUE"):
        models.Account.objects.create(name="One", external_id="twice")
        models.Account.objects.create(name="Two", external_id="twice")


def test_the_schema_can_be_inspected(models):
    from django.db import connections

    connection = connections["salesforce"]
    with connection.cursor() as cursor:
        tables = {table.name for table in connection.introspection.get_table_list(cursor)}
        columns = {column.name for column in connection.introspection.get_table_description(cursor, "Account")}

    assert {"Account", "Contact", "Project__c"} <= tables
    assert {"Name", "External_Id__c", "OwnerId"} <= columns
