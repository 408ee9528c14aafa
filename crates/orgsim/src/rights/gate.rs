//! What guards the records of an sObject.

use crate::schema::SObject;

/// What a user needs to see an sObject at all.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Gate {
    /// Nothing: everybody sees it.
    Open,
    /// The rights that `ObjectPermissions` grant on it.
    Object,
    /// The rights on the sObject whose details its records are.
    Parent(&'static str),
    /// One of these user permissions.
    Permissions(&'static [&'static str]),
}

impl Gate {
    /// Returns what guards an sObject (Object Reference, each sObject's Special Access Rules).
    pub(crate) fn of(sobject: &SObject) -> Self {
        if sobject.custom {
            return Self::Object;
        }
        match sobject.name.as_str() {
            "OpportunityLineItem"
            | "OpportunityContactRole"
            | "OpportunityHistory"
            | "OpportunityFieldHistory"
            | "OpportunityShare" => Self::Parent("Opportunity"),
            "AccountHistory" | "AccountShare" | "AccountContactRole" => Self::Parent("Account"),
            "ContactHistory" | "ContactShare" => Self::Parent("Contact"),
            "LeadHistory" | "LeadShare" => Self::Parent("Lead"),
            "CaseHistory" | "CaseComment" | "CaseShare" => Self::Parent("Case"),
            "ContractHistory" | "ContractContactRole" => Self::Parent("Contract"),
            "PricebookEntry" => Self::Parent("Pricebook2"),
            "CampaignMember" => Self::Parent("Campaign"),
            "UserLicense"
            | "PermissionSetLicense"
            | "SetupAuditTrail"
            | "ObjectPermissions"
            | "FieldPermissions"
            | "TenantUsageEntitlement"
            | "MutingPermissionSet"
            | "PermissionSetGroupComponent" => Self::Permissions(&["ViewSetup"]),
            "PackageLicense" | "UserPackageLicense" => {
                Self::Permissions(&["ManageInternalUsers", "ManageUsers", "ViewSetup"])
            }
            "CustomObject"
            | "CustomField"
            | "PlatformEventChannel"
            | "PlatformEventChannelMember"
            | "ValidationRule" => Self::Permissions(&["ViewSetup", "CustomizeApplication"]),
            "UserRole" => Self::Permissions(&["ViewRoles", "ManageRoles", "ViewSetup"]),
            "UserLogin" => Self::Permissions(&["ManageUsers", "FreezeUsers"]),
            "ConnectedApplication" => Self::Permissions(&["CustomizeApplication", "ViewSetup"]),
            "EventLogFile" => Self::Permissions(&["ViewEventLogFiles", "ViewAllData"]),
            "ApexClass" | "ApexTrigger" => Self::Permissions(&["AuthorApex", "ViewSetup"]),
            "Account" | "Asset" | "Campaign" | "Case" | "Contact" | "Contract" | "Lead" | "Opportunity"
            | "Order" | "Pricebook2" | "Product2" | "Quote" | "Solution" | "Individual" => Self::Object,
            _ => Self::Open,
        }
    }

    /// Returns the user permission that writing records of a set-up sObject takes.
    pub(crate) fn to_write(sobject: &SObject) -> Option<&'static [&'static str]> {
        Some(match sobject.name.as_str() {
            "User" | "UserPackageLicense" | "PermissionSetLicenseAssign" => {
                &["ManageUsers", "ManageInternalUsers"]
            }
            "UserLogin" => &["ManageUsers", "FreezeUsers"],
            "UserRole" => &["ManageRoles"],
            "Group" | "GroupMember" | "QueueSobject" => &["ManageUsers", "CustomizeApplication"],
            "PermissionSetAssignment" => &["AssignPermissionSets"],
            "Profile"
            | "PermissionSet"
            | "PermissionSetGroup"
            | "PermissionSetGroupComponent"
            | "MutingPermissionSet"
            | "ObjectPermissions"
            | "FieldPermissions" => &["ManageProfilesPermissionsets"],
            "Organization"
            | "RecordType"
            | "BusinessProcess"
            | "ConnectedApplication"
            | "PlatformEventChannel"
            | "PlatformEventChannelMember" => &["CustomizeApplication"],
            "AuthSession" => &["ManageUsers"],
            "Task" => &["EditTask"],
            "Event" => &["EditEvent"],
            _ => return None,
        })
    }
}
