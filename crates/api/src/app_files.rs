//! The metadata that makes the app in an org: an External Client App, its settings and policy, and a permission set for
//! the user that signs in (Metadata API Developer Guide, ExternalClientApplication and what follows it).

use crate::connect_flow_view::SignInKind;

/// A file of a Salesforce project.
pub(crate) struct AppFile {
    /// Where it stands in the project.
    pub(crate) path: &'static str,
    pub(crate) text: String,
}

/// Stands where the text of the certificate belongs.
const CERTIFICATE_PLACE: &str = "PUT_THE_CERTIFICATE_HERE";
/// Stands where the name of the user belongs that the app acts as.
const RUN_AS_PLACE: &str = "integration.user@example.com";

const XMLNS: &str = "xmlns=\"http://soap.sforce.com/2006/04/metadata\"";

/// The files of a project for `sf project deploy start`. The consumer key and secret are made by the deployment and read
/// in Setup afterwards.
pub(crate) fn app_files(
    callback_url: &str,
    egress_addresses: &[String],
    sign_in: SignInKind,
) -> Vec<AppFile> {
    let file = |path, text| AppFile { path, text };
    vec![
        file("sfdx-project.json", project()),
        file("force-app/main/default/externalClientApps/Towpath.eca-meta.xml", application()),
        file(
            "force-app/main/default/extlClntAppGlobalOauthSets/Towpath_glbloauth.ecaGlblOauth-meta.xml",
            global_settings(callback_url, sign_in),
        ),
        file(
            "force-app/main/default/extlClntAppOauthSettings/Towpath_oauth.ecaOauth-meta.xml",
            settings(egress_addresses),
        ),
        file(
            // The org makes this policy with the settings, and names it after them; one of another name would be a second one,
            // which it refuses.
            "force-app/main/default/extlClntAppOauthPolicies/Towpath_oauth_defaultPolicy.ecaOauthPlcy-meta.xml",
            policy(sign_in),
        ),
        file("force-app/main/default/permissionsets/Towpath_Sync.permissionset-meta.xml", permission_set()),
    ]
}

fn project() -> String {
    "{\n  \"packageDirectories\": [{ \"path\": \"force-app\", \"default\": true }],\n  \"name\": \"towpath\",\n  \
     \"namespace\": \"\",\n  \"sfdcLoginUrl\": \"https://login.salesforce.com\",\n  \"sourceApiVersion\": \"66.0\"\n}\n"
        .to_owned()
}

fn document(root: &str, lines: &[String]) -> String {
    let body: String = lines.iter().map(|line| format!("    {line}\n")).collect();
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} {XMLNS}>\n{body}</{root}>\n")
}

fn element(name: &str, text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<{name}>{text}</{name}>")
}

fn application() -> String {
    let lines = [
        element("label", "Towpath"),
        element("description", "Copies records as the user who connects it may see them."),
        element("contactEmail", "admin@example.com"),
        element("distributionState", "Local"),
        element("isProtected", "false"),
    ];
    document("ExternalClientApplication", &lines)
}

fn global_settings(callback_url: &str, sign_in: SignInKind) -> String {
    let mut lines = vec![
        element("callbackUrl", callback_url),
        element("externalClientApplication", "Towpath"),
        element("isConsumerSecretOptional", "false"),
        element("isIntrospectAllTokens", "false"),
        element("isPkceRequired", "true"),
        element("isRefreshTokenRotationEnabled", "true"),
        element("isSecretRequiredForRefreshToken", "true"),
        element("label", "Towpath global"),
        element("shouldRotateConsumerKey", "false"),
        element("shouldRotateConsumerSecret", "false"),
    ];
    // The elements of a type come in the order of their names.
    match sign_in {
        SignInKind::JwtBearer => lines.insert(1, element("certificate", CERTIFICATE_PLACE)),
        SignInKind::ClientCredentials => {
            lines.insert(2, element("isClientCredentialsFlowEnabled", "true"));
        }
        SignInKind::Consent | SignInKind::AccessToken => (),
    }
    document("ExtlClntAppGlobalOauthSettings", &lines)
}

fn settings(egress_addresses: &[String]) -> String {
    let mut lines = vec![
        element("commaSeparatedOauthScopes", "Api, RefreshToken, Basic"),
        element("externalClientApplication", "Towpath"),
        element("label", "Towpath oauth"),
    ];
    lines.extend(egress_addresses.iter().map(|address| {
        let range = element("startIpAddress", address) + &element("endIpAddress", address);
        format!("<trustedIpRanges>{range}</trustedIpRanges>")
    }));
    document("ExtlClntAppOauthSettings", &lines)
}

fn policy(sign_in: SignInKind) -> String {
    let acts_as_itself = sign_in == SignInKind::ClientCredentials;
    let mut lines = vec![
        element("commaSeparatedPermissionSet", "Towpath_Sync"),
        element("externalClientApplication", "Towpath"),
        element("ipRelaxationPolicyType", "Enforce"),
        element("isClientCredentialsFlowEnabled", &acts_as_itself.to_string()),
        element("isGuestCodeCredFlowEnabled", "false"),
        element("isTokenExchangeFlowEnabled", "false"),
        element("label", "Towpath policy"),
        element("permittedUsersPolicyType", "AdminApprovedPreAuthorized"),
        element("refreshTokenPolicyType", "SpecificInactivity"),
        element("refreshTokenValidityPeriod", "30"),
        element("refreshTokenValidityUnit", "Days"),
        element("requiredSessionLevel", "STANDARD"),
    ];
    if acts_as_itself {
        lines.insert(0, element("clientCredentialsFlowUser", RUN_AS_PLACE));
    }
    document("ExtlClntAppOauthConfigurablePolicies", &lines)
}

/// Read on what most teams copy. Required fields cannot be listed and need not be: who reads the object reads them.
fn permission_set() -> String {
    let object = |name: &str| {
        let no = |flag| element(flag, "false");
        let flags = [
            no("allowCreate"),
            no("allowDelete"),
            no("allowEdit"),
            element("allowRead", "true"),
            no("modifyAllRecords"),
            element("object", name),
            element("viewAllRecords", "true"),
        ];
        format!("<objectPermissions>{}</objectPermissions>", flags.concat())
    };
    let mut lines = vec![
        element("label", "Towpath Sync"),
        element("description", "Read access for the user that Towpath signs in as"),
        element("hasActivationRequired", "false"),
    ];
    lines.extend(["Account", "Case", "Contact", "Contract", "Lead", "Opportunity"].map(object));
    lines.push(format!(
        "<userPermissions>{}{}</userPermissions>",
        element("enabled", "true"),
        element("name", "ApiEnabled")
    ));
    document("PermissionSet", &lines)
}

#[cfg(test)]
mod tests {
    use super::app_files;
    use crate::connect_flow_view::SignInKind;

    #[test]
    fn the_files_name_this_server_and_stay_well_formed() {
        let make = |sign_in| {
            app_files(
                "https://towpath.example.com/oauth/salesforce/callback",
                &["203.0.113.7".to_owned()],
                sign_in,
            )
        };
        let files = make(SignInKind::Consent);

        let text_of = |ending: &str| &files.iter().find(|file| file.path.ends_with(ending)).unwrap().text;
        assert!(
            text_of("ecaGlblOauth-meta.xml")
                .contains("<callbackUrl>https://towpath.example.com/oauth/salesforce/callback<")
        );
        assert!(text_of("ecaOauth-meta.xml").contains("<startIpAddress>203.0.113.7</startIpAddress>"));
        serde_json::from_str::<serde_json::Value>(text_of("sfdx-project.json")).unwrap();
        let with_key = make(SignInKind::JwtBearer);
        let as_itself = make(SignInKind::ClientCredentials);
        for file in files.iter().chain(&with_key).chain(&as_itself) {
            if file.path.ends_with(".xml") {
                assert_balanced(&file.text);
            }
        }
        let has = |files: &[super::AppFile], tag: &str| files.iter().any(|file| file.text.contains(tag));
        for (tag, expected) in [
            ("<certificate>", [false, true, false]),
            ("<isClientCredentialsFlowEnabled>true<", [false, false, true]),
            ("<clientCredentialsFlowUser>", [false, false, true]),
        ] {
            assert_eq!([has(&files, tag), has(&with_key, tag), has(&as_itself, tag)], expected, "{tag}");
        }
    }

    fn assert_balanced(xml: &str) {
        let mut open = Vec::new();
        for tag in xml.split('<').skip(2).map(|part| part.split('>').next().unwrap()) {
            match tag.strip_prefix('/') {
                Some(name) => assert_eq!(open.pop(), Some(name)),
                None => open.push(tag.split(' ').next().unwrap()),
            }
        }
        assert_eq!(open, Vec::<&str>::new());
    }
}
