# SPDX-License-Identifier: Apache-2.0
"""The models that test_django_salesforce.py works with."""

from salesforce import models


class Account(models.SalesforceModel):
    name = models.CharField(max_length=255)
    site = models.CharField(max_length=80, null=True)
    external_id = models.CharField(max_length=40, null=True, unique=True, db_column="External_Id__c")
    created_date = models.DateTimeField(sf_read_only=models.READ_ONLY)
    last_modified_date = models.DateTimeField(sf_read_only=models.READ_ONLY)
    is_deleted = models.BooleanField(sf_read_only=models.READ_ONLY, default=False)

    class Meta(models.Model.Meta):
        app_label = "salesforce"
        db_table = "Account"


class Contact(models.SalesforceModel):
    last_name = models.CharField(max_length=80)
    account = models.ForeignKey(Account, models.DO_NOTHING, null=True)

    class Meta(models.Model.Meta):
        app_label = "salesforce"
        db_table = "Contact"
