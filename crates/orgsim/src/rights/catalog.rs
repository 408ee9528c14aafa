//! The profiles that an org starts with, and what each grants (Help, Standard Profiles).

/// A profile as the org has it at its start.
#[derive(Debug)]
pub(crate) struct ProfileSpec {
    pub(crate) name: &'static str,
    /// The name of its user licence.
    pub(crate) license: &'static str,
    pub(crate) user_type: &'static str,
    pub(crate) is_custom: bool,
    /// What it grants on sObjects and their fields.
    pub(crate) grant: Grant,
    /// Its user permissions, without the prefix that their fields have.
    pub(crate) permissions: &'static [&'static str],
}

/// What a profile grants on all sObjects that rights are granted on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Grant {
    /// Everything, whoever owns the records.
    All,
    /// To read and write.
    Write,
    /// To read.
    Read,
    /// To read and write what a platform licence covers: accounts, contacts and custom sObjects.
    Platform,
    Nothing,
}

impl Grant {
    /// Returns whether it says anything about an sObject.
    pub(crate) fn covers(self, sobject: &str) -> bool {
        match self {
            Self::All | Self::Write | Self::Read => true,
            Self::Platform => sobject.ends_with("__c") || matches!(sobject, "Account" | "Contact"),
            Self::Nothing => false,
        }
    }

    pub(crate) fn writes(self) -> bool {
        matches!(self, Self::All | Self::Write | Self::Platform)
    }
}

/// The permissions that people who work with the org have all.
const WORKER: [&str; 24] = [
    "ApiEnabled",
    "AssignTopics",
    "ChatterInternalUser",
    "ConvertLeads",
    "CreateCustomizeFilters",
    "CreateTopics",
    "EditEvent",
    "EditTask",
    "EditTopics",
    "EmailMass",
    "EmailSingle",
    "ExportReport",
    "ImportPersonal",
    "LightningConsoleAllowedForUser",
    "LightningExperienceUser",
    "RunFlow",
    "RunReports",
    "SelectFilesFromSalesforce",
    "SubmitMacrosAllowed",
    "SubscribeToLightningReports",
    "UseWebLink",
    "ViewHelpLink",
    "ViewRoles",
    "ViewSetup",
];

const CHATTER: [&str; 4] = ["ChatterInternalUser", "ChatterOwnGroups", "CreateTopics", "ViewHelpLink"];

const COMMUNITY: [&str; 3] = ["ApiEnabled", "EditTask", "SelectFilesFromSalesforce"];

/// What the administrator has not, as it narrows what its user may do or takes another licence.
pub(crate) const NOT_FOR_ADMINISTRATORS: [&str; 12] = [
    "ApiUserOnly",
    "FlowUFLRequired",
    "ForceTwoFactor",
    "HideReadByList",
    "LtngPromoReserved01UserPerm",
    "PasswordNeverExpires",
    "PreventClassicExperience",
    "TwoFactorApi",
    "UseAnyApiClient",
    "ViewOnlyEmbeddedAppUser",
    "ViewPlatformEvents",
    "ViewDataLeakageEvents",
];

/// The place of the administrators' profile.
pub(crate) const ADMINISTRATOR: usize = 0;

/// The profiles in the order in which they are planted, which the first users count on.
pub(crate) const PROFILES: [ProfileSpec; 22] = [
    // All of its permissions are told by NOT_FOR_ADMINISTRATORS.
    standard("System Administrator", SALESFORCE, Grant::All, &[]),
    standard("Standard User", SALESFORCE, Grant::Write, &WORKER),
    ProfileSpec { is_custom: true, ..standard("Custom: Sales Profile", SALESFORCE, Grant::Write, &WORKER) },
    standard("Read Only", SALESFORCE, Grant::Read, &WORKER),
    standard("Marketing User", SALESFORCE, Grant::Write, &WORKER),
    standard("Standard Platform User", PLATFORM, Grant::Platform, &WORKER),
    standard("Contract Manager", SALESFORCE, Grant::Write, &WORKER),
    standard("Solution Manager", SALESFORCE, Grant::Write, &WORKER),
    standard("Minimum Access - Salesforce", SALESFORCE, Grant::Nothing, &CHATTER),
    standard("Minimum Access - API Only Integrations", INTEGRATION, Grant::Nothing, &API_ONLY),
    standard("Salesforce API Only System Integrations", INTEGRATION, Grant::Nothing, &API_ONLY),
    standard("Analytics Cloud Integration User", ANALYTICS, Grant::Nothing, &["ApiEnabled", "ViewAllData"]),
    standard("Identity User", "Identity", Grant::Nothing, &["IdentityEnabled"]),
    standard("Chatter Free User", "Chatter Free", Grant::Nothing, &CHATTER).for_users("CsnOnly"),
    standard(
        "Chatter Moderator User",
        "Chatter Free",
        Grant::Nothing,
        &["ChatterInternalUser", "ModerateChatter"],
    )
    .for_users("CsnOnly"),
    standard("Chatter External User", "Chatter External", Grant::Nothing, &[]).for_users("CsnOnly"),
    standard("Partner Community User", "Partner Community", Grant::Nothing, &COMMUNITY)
        .for_users("PowerPartner"),
    standard("Customer Community User", "Customer Community", Grant::Nothing, &COMMUNITY)
        .for_users("CSPLitePortal"),
    standard("Customer Community Plus User", "Customer Community Plus", Grant::Nothing, &COMMUNITY)
        .for_users("PowerCustomerSuccess"),
    standard("Authenticated Website", "Authenticated Website", Grant::Nothing, &[])
        .for_users("CSPLitePortal"),
    ProfileSpec {
        is_custom: true,
        ..standard("Help Center Profile", "Guest User License", Grant::Nothing, &[])
    }
    .for_users("Guest"),
    standard("External Identity User", "External Identity", Grant::Nothing, &["IdentityEnabled"])
        .for_users("CSPLitePortal"),
];

const SALESFORCE: &str = "Salesforce";
const PLATFORM: &str = "Salesforce Platform";
const INTEGRATION: &str = "Salesforce Integration";
const ANALYTICS: &str = "Analytics Cloud Integration User";
const API_ONLY: [&str; 2] = ["ApiEnabled", "ApiUserOnly"];

const fn standard(
    name: &'static str,
    license: &'static str,
    grant: Grant,
    permissions: &'static [&'static str],
) -> ProfileSpec {
    ProfileSpec { name, license, user_type: "Standard", is_custom: false, grant, permissions }
}

impl ProfileSpec {
    const fn for_users(self, user_type: &'static str) -> Self {
        Self { user_type, ..self }
    }

    /// Returns whether it has a user permission.
    pub(crate) fn has(&self, permission: &str) -> bool {
        match self.grant {
            Grant::All => !NOT_FOR_ADMINISTRATORS.contains(&permission),
            _ => self.permissions.contains(&permission),
        }
    }
}

/// A user licence as the org has bought it: name, key and how many.
pub(crate) const USER_LICENSES: [(&str, &str, i64); 15] = [
    ("Salesforce", "SFDC", 100),
    ("Salesforce Platform", "AUL", 25),
    ("Salesforce Integration", "PID_Salesforce_Integration", 5),
    ("Identity", "PID_Identity", 100),
    ("Chatter Free", "PID_CHATTER", 5_000),
    ("Chatter External", "PID_Chatter_External", 500),
    ("Customer Community", "PID_Customer_Community", 50),
    ("Customer Community Login", "PID_Customer_Community_Login", 50),
    ("Customer Community Plus", "PID_Customer_Community_Plus", 20),
    ("Partner Community", "PID_Partner_Community", 20),
    ("External Identity", "PID_External_Identity", 25),
    ("Authenticated Website", "Platform_Portal_User", 10),
    ("Analytics Cloud Integration User", "PID_Analytics_Cloud_Integration", 1),
    ("Guest User License", "PID_Guest_User", 25),
    ("Force.com - Free", "PID_FDC_FREE", 2),
];

/// A role: name, developer name and the place of the role above it.
pub(crate) type RoleSpec = (&'static str, &'static str, Option<usize>);

/// The tree of roles, each after the one above it.
pub(crate) const ROLES: [RoleSpec; 14] = [
    ("Managing Director", "ManagingDirector", None),
    ("Head of Sales", "HeadofSales", Some(0)),
    ("Head of Service", "HeadofService", Some(0)),
    ("Head of Finance", "HeadofFinance", Some(0)),
    ("Head of Marketing", "HeadofMarketing", Some(0)),
    ("Sales Manager, North", "SalesManagerNorth", Some(1)),
    ("Sales Manager, South", "SalesManagerSouth", Some(1)),
    ("Sales Team, North", "SalesTeamNorth", Some(5)),
    ("Sales Team, South", "SalesTeamSouth", Some(6)),
    ("Partner Sales Team", "PartnerSalesTeam", Some(1)),
    ("First Line Support", "FirstLineSupport", Some(2)),
    ("Repairs", "Repairs", Some(2)),
    ("Accounting", "Accounting", Some(3)),
    ("Marketing Team", "MarketingTeam", Some(4)),
];
