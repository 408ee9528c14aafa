//! What the files of each type may hold (Metadata API Developer Guide, Fields of each type).

/// One element of a file.
#[derive(Debug)]
pub(super) struct Spec {
    pub(super) name: &'static str,
    pub(super) form: Form,
    pub(super) occurs: Occurs,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Occurs {
    Once,
    AtMostOnce,
    Often,
}

/// What an element holds.
#[derive(Debug)]
pub(super) enum Form {
    Text,
    Boolean,
    Number,
    /// One of some words, which have that name together.
    Choice(&'static str, &'static [&'static str]),
    Group(&'static str, &'static [Spec]),
    /// What a real org takes and this one does not.
    Elsewhere,
}

const fn once(name: &'static str, form: Form) -> Spec {
    Spec { name, form, occurs: Occurs::Once }
}

const fn maybe(name: &'static str, form: Form) -> Spec {
    Spec { name, form, occurs: Occurs::AtMostOnce }
}

const fn often(name: &'static str, form: Form) -> Spec {
    Spec { name, form, occurs: Occurs::Often }
}

pub(super) static APPLICATION: [Spec; 11] = [
    // The guide marks it as optional, Help as required (Create a Local External Client App with Metadata API).
    once("contactEmail", Form::Text),
    maybe("contactPhone", Form::Text),
    maybe("description", Form::Text),
    maybe(
        "distributionState",
        Form::Choice("ExtlClntAppDistState", &["Local", "Packaged", "Managed", "AutoInstalled"]),
    ),
    maybe("iconUrl", Form::Text),
    maybe("infoUrl", Form::Text),
    maybe("isProtected", Form::Boolean),
    maybe("label", Form::Text),
    maybe("logoUrl", Form::Text),
    maybe("managedType", Form::Choice("ExtlClntAppManagedType", &["Local", "Global"])),
    maybe("orgScopedExternalApp", Form::Text),
];

pub(super) static GLOBAL_SETTINGS: [Spec; 21] = [
    maybe("callbackUrl", Form::Text),
    maybe("certificate", Form::Text),
    maybe("consumerKey", Form::Text),
    maybe("consumerSecret", Form::Text),
    once("externalClientApplication", Form::Text),
    maybe("idTokenConfig", Form::Elsewhere),
    maybe("isClientCredentialsFlowEnabled", Form::Boolean),
    maybe("isCodeCredFlowEnabled", Form::Boolean),
    maybe("isCodeCredPostOnly", Form::Boolean),
    maybe("isConsumerSecretOptional", Form::Boolean),
    maybe("isDeviceFlowEnabled", Form::Boolean),
    maybe("isIntrospectAllTokens", Form::Boolean),
    maybe("isNamedUserJwtEnabled", Form::Boolean),
    maybe("isPkceRequired", Form::Boolean),
    maybe("isRefreshTokenRotationEnabled", Form::Boolean),
    maybe("isSecretRequiredForRefreshToken", Form::Boolean),
    maybe("isSecretRequiredForTokenExchange", Form::Boolean),
    maybe("isTokenExchangeEnabled", Form::Boolean),
    maybe("label", Form::Text),
    maybe("shouldRotateConsumerKey", Form::Boolean),
    maybe("shouldRotateConsumerSecret", Form::Boolean),
];

pub(super) static SETTINGS: [Spec; 15] = [
    maybe("areAttributesIncludedInAssetToken", Form::Elsewhere),
    maybe("areCustomPermsIncludedInAssetToken", Form::Elsewhere),
    maybe("assetTokenAudiences", Form::Elsewhere),
    maybe("assetTokenSigningCertificate", Form::Elsewhere),
    maybe("assetTokenValidity", Form::Elsewhere),
    maybe("clientAssertionCertificate", Form::Elsewhere),
    maybe("commaSeparatedCustomScopes", Form::Elsewhere),
    maybe("commaSeparatedOauthScopes", Form::Text),
    often("customAttributes", Form::Elsewhere),
    once("externalClientApplication", Form::Text),
    maybe("isFirstPartyAppEnabled", Form::Boolean),
    maybe("label", Form::Text),
    maybe("oauthLink", Form::Text),
    maybe("singleLogoutUrl", Form::Text),
    often("trustedIpRanges", Form::Group("ExtlClntAppOauthIpRange", &IP_RANGE)),
];

static IP_RANGE: [Spec; 3] =
    [maybe("description", Form::Text), once("endIpAddress", Form::Text), once("startIpAddress", Form::Text)];

pub(super) static POLICIES: [Spec; 11] = [
    once("externalClientApplication", Form::Text),
    maybe("isCanvasPluginEnabled", Form::Boolean),
    once("isEnabled", Form::Boolean),
    maybe("isMobilePluginEnabled", Form::Boolean),
    maybe("isNotificationPluginEnabled", Form::Boolean),
    maybe("isOauthPluginEnabled", Form::Boolean),
    maybe("isPushPluginEnabled", Form::Boolean),
    maybe("isSamlPluginEnabled", Form::Boolean),
    maybe("label", Form::Text),
    maybe("startPage", Form::Choice("ExtlClntAppStartPage", &["None", "Custom", "OAuth", "SAML"])),
    maybe("startUrl", Form::Text),
];

pub(super) static OAUTH_POLICIES: [Spec; 26] = [
    maybe("apexHandler", Form::Elsewhere),
    maybe("clientCredentialsFlowUser", Form::Text),
    maybe("commaSeparatedCustomScopes", Form::Elsewhere),
    maybe("commaSeparatedPermissionSet", Form::Text),
    maybe("commaSeparatedProfile", Form::Text),
    often("customAttributes", Form::Elsewhere),
    maybe("executeHandlerAs", Form::Elsewhere),
    once("externalClientApplication", Form::Text),
    maybe("guestJwtSessionTimeoutType", Form::Elsewhere),
    maybe("guestJwtTimeout", Form::Elsewhere),
    maybe(
        "ipRelaxationPolicyType",
        Form::Choice(
            "IpRelaxationPolicyType",
            &["Enforce", "Bypass", "Bypass_2factor", "Enforce_RelaxRefresh"],
        ),
    ),
    maybe("isClientCredentialsFlowEnabled", Form::Boolean),
    maybe("isGuestCodeCredFlowEnabled", Form::Boolean),
    maybe("isTokenExchangeFlowEnabled", Form::Boolean),
    maybe("label", Form::Text),
    maybe("namedUserJwtSessionTimeoutType", Form::Elsewhere),
    maybe("namedUserJwtTimeout", Form::Elsewhere),
    maybe(
        "permittedUsersPolicyType",
        Form::Choice("PermittedUsersPolicyType", &["AllSelfAuthorized", "AdminApprovedPreAuthorized"]),
    ),
    maybe("policyAction", Form::Choice("PolicyAction", &["Block", "RaiseSessionLevel"])),
    maybe(
        "refreshTokenPolicyType",
        Form::Choice(
            "RefreshTokenPolicyType",
            &["Infinite", "Zero", "SpecificLifetime", "SpecificInactivity"],
        ),
    ),
    maybe("refreshTokenValidityPeriod", Form::Number),
    maybe("refreshTokenValidityUnit", Form::Choice("RefreshTokenValidityUnit", &["Hours", "Days", "Months"])),
    maybe(
        "requiredSessionLevel",
        Form::Choice("SessionSecurityLevel", &["LOW", "STANDARD", "HIGH_ASSURANCE"]),
    ),
    maybe("sessionTimeoutInMinutes", Form::Number),
    maybe("singleLogoutUrl", Form::Text),
    maybe("startUrl", Form::Text),
];

pub(super) static PERMISSION_SET: [Spec; 22] = [
    often("agentAccesses", Form::Elsewhere),
    often("applicationVisibilities", Form::Elsewhere),
    often("classAccesses", Form::Elsewhere),
    often("customMetadataTypeAccesses", Form::Elsewhere),
    often("customPermissions", Form::Elsewhere),
    often("customSettingAccesses", Form::Elsewhere),
    maybe("description", Form::Text),
    often("emailRoutingAddressAccesses", Form::Elsewhere),
    often("externalCredentialPrincipalAccesses", Form::Elsewhere),
    often("externalDataSourceAccesses", Form::Elsewhere),
    often("fieldPermissions", Form::Group("PermissionSetFieldPermissions", &FIELD_PERMISSIONS)),
    often("flowAccesses", Form::Elsewhere),
    maybe("hasActivationRequired", Form::Boolean),
    once("label", Form::Text),
    maybe("license", Form::Elsewhere),
    often("objectPermissions", Form::Group("PermissionSetObjectPermissions", &OBJECT_PERMISSIONS)),
    often("pageAccesses", Form::Elsewhere),
    often("recordTypeVisibilities", Form::Elsewhere),
    often("tabSettings", Form::Elsewhere),
    often("userPermissions", Form::Group("PermissionSetUserPermission", &USER_PERMISSION)),
    often("dataspaceScopes", Form::Elsewhere),
    often("servicePresenceStatusAccesses", Form::Elsewhere),
];

static FIELD_PERMISSIONS: [Spec; 3] =
    [once("editable", Form::Boolean), once("field", Form::Text), maybe("readable", Form::Boolean)];

static OBJECT_PERMISSIONS: [Spec; 8] = [
    once("allowCreate", Form::Boolean),
    once("allowDelete", Form::Boolean),
    once("allowEdit", Form::Boolean),
    once("allowRead", Form::Boolean),
    once("modifyAllRecords", Form::Boolean),
    once("object", Form::Text),
    maybe("viewAllFields", Form::Boolean),
    once("viewAllRecords", Form::Boolean),
];

static USER_PERMISSION: [Spec; 2] = [once("enabled", Form::Boolean), once("name", Form::Text)];
