//! Where answers differ from recorded ones, and why they are right.

/// Files that are compared elsewhere, or show nothing to compare.
pub(super) const ELSEWHERE: [(&str, &str); 2] = [
    ("describe/*", "recordings/describe.rs compares the describes, in more than their shape"),
    ("eventlogfile/*.csv", "no JSON: samples of log lines"),
];

const BY_NAME: &str = "JSON objects have no order, and clients read these members by name";
const LATER: &str = "the recording is of API version 23.0 or older, and the member came later";
const OWN_FIELDS: &str = "every org has custom fields of its own";
const NO_STATE_PICKLISTS: &str =
    "the recorded org has state and country picklists, which put codes beside the names";
const DEV_HUB: &str = "orgsim's org is a Dev Hub";

/// The files, the differences (`*` is any text) and the reason.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    (
        "bulk_and_collections/*_select_and_insert_strategy.json",
        "type application/xml instead of application/json;charset=UTF-8",
        "the body recorded is XML: the recorder gave every answer one type",
    ),
    ("change_events/*", ".payload.*__c is new", OWN_FIELDS),
    ("change_events/*", ".payload.OperatingHoursId is new", "the field came with Lightning Scheduler"),
    ("composite/nango_composite_batch_cut.json", ".results[].result.ActiveScratchOrgs is new", DEV_HUB),
    ("composite/nango_composite_batch_cut.json", ".results[].result.DailyScratchOrgs is new", DEV_HUB),
    (
        "composite/nango_composite_batch_cut.json",
        ".results[].result.MonthlyPlatformEventsUsageEntitlement is new",
        "orgs that have used platform events list it",
    ),
    (
        "composite/nango_composite_batch_cut.json",
        ".results[].result.PermissionSets has another order",
        BY_NAME,
    ),
    ("composite/nango_composite_batch_cut.json", ".results[].result.urls has another order", BY_NAME),
    (
        "composite/nango_composite_batch_cut.json",
        ".results[].result.PlatformEventTriggersWithParallelProcessing is new",
        "the other recording of limits has it: the list grows with the releases",
    ),
    ("rest/nango_get-limits.json", ".ActiveScratchOrgs is new", DEV_HUB),
    ("rest/nango_get-limits.json", ".DailyScratchOrgs is new", DEV_HUB),
    (
        "rest/nango_get-limits.json",
        ".MonthlyPlatformEventsUsageEntitlement is new",
        "orgs that have used platform events list it",
    ),
    ("rest/nango_get-limits.json", ".PermissionSets has another order", BY_NAME),
    (
        "rest/nango_get-record.json",
        ".AnnualRevenue: *",
        "the recorder is written in JavaScript, which writes 12.0 as 12",
    ),
    ("rest/nango_get-record.json", ".*__c is new", OWN_FIELDS),
    ("rest/nango_get-record.json", ".*__c is missing", OWN_FIELDS),
    ("rest/nango_get-record.json", ".*StateCode is missing", NO_STATE_PICKLISTS),
    ("rest/nango_get-record.json", ".*CountryCode is missing", NO_STATE_PICKLISTS),
    ("rest/nango_get-record.json", ".*Address.stateCode is missing", NO_STATE_PICKLISTS),
    ("rest/nango_get-record.json", ".*Address.countryCode is missing", NO_STATE_PICKLISTS),
    ("rest/nango_get-sobject-basic-info.json", ".objectDescribe.urls has another order", BY_NAME),
    ("small_bodies/restforce_auth_success_response.json", " has another order", BY_NAME),
    ("small_bodies/restforce_create_success_response.json", " has another order", BY_NAME),
    ("small_bodies/restforce_refresh_success_response.json", " has another order", BY_NAME),
    ("small_bodies/restforce_services_data_success_response.json", "[] has another order", BY_NAME),
    ("small_bodies/restforce_sobject_find_success_response.json", ".*__c is new", OWN_FIELDS),
    ("small_bodies/restforce_sobject_find_success_response.json", ".*_Label is missing", OWN_FIELDS),
    ("small_bodies/restforce_sobject_find_success_response.json", ".Auto_Number is missing", OWN_FIELDS),
    (
        "small_bodies/restforce_sobject_select_success_response.json",
        ".External_Field__c is missing",
        OWN_FIELDS,
    ),
    ("small_bodies/restforce_sobject_select_success_response.json", ".AccountNumber is new", OWN_FIELDS),
    (
        "small_bodies/restforce_query_success_response.json",
        ".records[].Owner has another order",
        "all other recordings begin records with their attributes",
    ),
    ("small_bodies/restforce_upsert_created_success_response.json", " has another order", BY_NAME),
    ("small_bodies/restforce_query_success_response.json", ".records[].*_Label is missing", OWN_FIELDS),
];

/// What would be many lines above: the files, the difference with `{}` in the place of a member, the members, the reason.
const OF_MEMBERS: &[(&str, &str, &[&str], &str)] = &[
    (
        "change_events/*",
        "{} has another order",
        &["", ".payload", ".payload.BillingAddress", ".payload.ChangeEventHeader"],
        "the test decodes the event into members that are sorted",
    ),
    ("oauth/nango_get-current-user.json", "{} has another order", &["", ".urls"], BY_NAME),
    (
        "oauth/nango_get-current-user.json",
        ".address.{} is new",
        &["country", "locality", "postal_code", "region", "street_address"],
        "the recorded user has no address, the simulated one has",
    ),
    ("small_bodies/restforce_auth_success_response.json", ".{} is new", &["scope", "token_type"], LATER),
    (
        "small_bodies/restforce_describe_sobjects_success_response.json",
        "{} has another order",
        &[".sobjects[]", ".sobjects[].urls"],
        BY_NAME,
    ),
    (
        "small_bodies/restforce_describe_sobjects_success_response.json",
        ".sobjects[].{} is new",
        &["deepCloneable", "hasSubtypes", "isInterface", "isSubtype", "mruEnabled"],
        LATER,
    ),
    (
        "small_bodies/restforce_describe_sobjects_success_response.json",
        ".sobjects[].urls.{} is new",
        &[
            "approvalLayouts",
            "caseArticleSuggestions",
            "caseRowArticleSuggestions",
            "compactLayouts",
            "layouts",
            "listviews",
            "namedLayouts",
            "passwordUtilities",
            "quickActions",
        ],
        LATER,
    ),
    (
        "small_bodies/restforce_list_sobjects_success_response.json",
        "{} has another order",
        &[".sobjects[]", ".sobjects[].urls"],
        BY_NAME,
    ),
    (
        "small_bodies/restforce_list_sobjects_success_response.json",
        ".sobjects[].{} is new",
        &["deepCloneable", "hasSubtypes", "isInterface", "isSubtype", "mruEnabled"],
        LATER,
    ),
    (
        "small_bodies/restforce_list_sobjects_success_response.json",
        ".sobjects[].urls.{} is new",
        &[
            "approvalLayouts",
            "caseArticleSuggestions",
            "caseRowArticleSuggestions",
            "compactLayouts",
            "layouts",
            "listviews",
            "namedLayouts",
            "passwordUtilities",
            "quickActions",
        ],
        LATER,
    ),
    ("small_bodies/restforce_refresh_success_response.json", ".{} is new", &["scope", "token_type"], LATER),
    (
        "small_bodies/restforce_sobject_describe_success_response.json",
        "{} has another order",
        &[
            "",
            ".childRelationships[]",
            ".fields[]",
            ".fields[].picklistValues[]",
            ".recordTypeInfos[]",
            ".urls",
        ],
        BY_NAME,
    ),
    (
        "small_bodies/restforce_sobject_describe_success_response.json",
        ".{} is new",
        &[
            "actionOverrides",
            "compactLayoutable",
            "deepCloneable",
            "defaultImplementation",
            "extendedBy",
            "extendsInterfaces",
            "hasSubtypes",
            "implementedBy",
            "implementsInterfaces",
            "isInterface",
            "isSubtype",
            "mruEnabled",
            "namedLayoutInfos",
            "networkScopeFieldName",
            "supportedScopes",
        ],
        LATER,
    ),
    (
        "small_bodies/restforce_sobject_describe_success_response.json",
        ".childRelationships[].{} is new",
        &["junctionIdListNames", "junctionReferenceTo", "restrictedDelete"],
        LATER,
    ),
    (
        "small_bodies/restforce_sobject_describe_success_response.json",
        ".fields[].{} is new",
        &[
            "aggregatable",
            "aiPredictionField",
            "cascadeDelete",
            "compoundFieldName",
            "displayLocationInDecimal",
            "encrypted",
            "extraTypeInfo",
            "filteredLookupInfo",
            "formulaTreatNullNumberAsZero",
            "highScaleNumber",
            "mask",
            "maskType",
            "permissionable",
            "polymorphicForeignKey",
            "queryByDistance",
            "referenceTargetField",
            "restrictedDelete",
            "searchPrefilterable",
        ],
        LATER,
    ),
    (
        "small_bodies/restforce_sobject_describe_success_response.json",
        ".recordTypeInfos[].{} is new",
        &["active", "developerName", "master", "urls"],
        LATER,
    ),
    (
        "small_bodies/restforce_sobject_describe_success_response.json",
        ".urls.{} is new",
        &["approvalLayouts", "compactLayouts", "layouts", "listviews", "quickActions"],
        LATER,
    ),
    (
        "small_bodies/restforce_sobject_find_success_response.json",
        ".{} is new",
        &[
            "CreatedDate",
            "LastActivityDate",
            "LastModifiedDate",
            "LastReferencedDate",
            "LastViewedDate",
            "RecordTypeId",
            "SystemModstamp",
        ],
        "the recording leaves out what all records have, such as the instants",
    ),
    (
        "small_bodies/restforce_sobject_find_success_response.json",
        ".{} is new",
        &["Site__Latitude__s", "Site__Longitude__s"],
        OWN_FIELDS,
    ),
];

/// Returns the files, the differences and the reasons. Those of members name each of them, so that no other one fits.
pub(super) fn all() -> Vec<(&'static str, String, &'static str)> {
    let single = DIFFERENCES.iter().map(|(file, like, reason)| (*file, (*like).to_owned(), *reason));
    let of_members = OF_MEMBERS.iter().flat_map(|(file, like, members, reason)| {
        members.iter().map(move |member| (*file, like.replace("{}", member), *reason))
    });
    single.chain(of_members).collect()
}

/// Tells whether a text is like a pattern, in which `*` stands for any text.
pub(super) fn is_like(text: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        None => text == pattern,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            (0..=text.len()).filter(|at| text.is_char_boundary(*at)).any(|at| is_like(&text[at..], rest))
        }),
    }
}
