//! The types of components that can be deployed, and how their files are checked (Metadata API Developer Guide, each type).

use self::fields::{
    APPLICATION, Form, GLOBAL_SETTINGS, OAUTH_POLICIES, Occurs, PERMISSION_SET, POLICIES, SETTINGS, Spec,
};
use crate::xml::Element;

mod fields;

/// The namespace that the org names in its errors.
const NAMESPACE: &str = "http://soap.sforce.com/2006/04/metadata";

/// The API version, times ten, that brought most types of external client apps.
const FIRST_APPS: u16 = 590;

/// A type of component.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) folder: &'static str,
    pub(super) suffix: &'static str,
    /// The API version, times ten, that brought it.
    pub(super) since: u16,
    elements: &'static [Spec],
}

/// All types, in the order in which they are applied: what others name comes first.
pub(super) static KINDS: [Kind; 6] = [
    Kind {
        name: "PermissionSet",
        folder: "permissionsets",
        suffix: "permissionset",
        since: 220,
        elements: &PERMISSION_SET,
    },
    Kind {
        name: "ExternalClientApplication",
        folder: "externalClientApps",
        suffix: "eca",
        since: FIRST_APPS,
        elements: &APPLICATION,
    },
    Kind {
        name: "ExtlClntAppGlobalOauthSettings",
        folder: "extlClntAppGlobalOauthSets",
        suffix: "ecaGlblOauth",
        since: FIRST_APPS,
        elements: &GLOBAL_SETTINGS,
    },
    Kind {
        name: "ExtlClntAppOauthSettings",
        folder: "extlClntAppOauthSettings",
        suffix: "ecaOauth",
        since: FIRST_APPS,
        elements: &SETTINGS,
    },
    Kind {
        name: "ExtlClntAppConfigurablePolicies",
        folder: "extlClntAppPolicies",
        suffix: "ecaPlcy",
        since: 600,
        elements: &POLICIES,
    },
    Kind {
        name: "ExtlClntAppOauthConfigurablePolicies",
        folder: "extlClntAppOauthPolicies",
        suffix: "ecaOauthPlcy",
        since: FIRST_APPS,
        elements: &OAUTH_POLICIES,
    },
];

impl Kind {
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.name == name)
    }

    /// Returns whether it is a part of an external client app.
    pub(super) fn is_of_app(&self) -> bool {
        self.name != "PermissionSet"
    }

    /// Returns where the file of a component stands in a package.
    pub(super) fn file_name(&self, full_name: &str) -> String {
        format!("{}/{full_name}.{}", self.folder, self.suffix)
    }

    /// Checks the content of a file. The error says what is wrong, as the org words it where its words are known.
    pub(super) fn check(&self, root: &Element) -> Result<(), String> {
        if root.name != self.name {
            return Err(format!("Error parsing file: the file holds a {}, no {}", root.name, self.name));
        }
        check_elements(root, self.name, self.elements)
    }
}

fn check_elements(parent: &Element, kind: &str, specs: &[Spec]) -> Result<(), String> {
    let at = |name: &str| format!("{{{NAMESPACE}}}{name}");
    for (place, child) in parent.children.iter().enumerate() {
        let name = child.name.as_str();
        let spec = specs.iter().find(|spec| spec.name == name).ok_or_else(|| {
            format!("Error parsing file: Element {} invalid at this location in type {kind}", at(name))
        })?;
        let before = &parent.children[..place];
        let is_apart = before.iter().any(|other| other.name == name) && before[place - 1].name != name;
        let is_again = spec.occurs != Occurs::Often && before.iter().any(|other| other.name == name);
        if is_apart || is_again {
            return Err(format!(
                "Error parsing file: Element {} is duplicated at this location in type {kind}",
                at(name)
            ));
        }
        check_form(child, spec)?;
    }
    let missing =
        specs.iter().find(|spec| spec.occurs == Occurs::Once && parent.child_text_of(spec).is_none());
    missing.map_or(Ok(()), |spec| Err(format!("Required field is missing: {}", spec.name)))
}

fn check_form(element: &Element, spec: &Spec) -> Result<(), String> {
    let text = element.text.trim();
    match &spec.form {
        Form::Group(kind, specs) => return check_elements(element, kind, specs),
        Form::Elsewhere => {
            return Err(format!("{} is not available in this simulated org", spec.name));
        }
        _ if !element.children.is_empty() => {
            return Err(format!("Error parsing file: {} holds other elements", spec.name));
        }
        Form::Boolean if !matches!(text, "true" | "false") => {
            return Err(format!(
                "Error parsing file: '{text}' is not a valid value for the type xsd:boolean"
            ));
        }
        Form::Number if text.parse::<u32>().is_err() => {
            return Err(format!("Error parsing file: '{text}' is not a valid value for the type xsd:int"));
        }
        Form::Choice(name, words) if !words.contains(&text) => {
            return Err(format!("'{text}' is not a valid value for the enum '{name}'"));
        }
        Form::Text | Form::Boolean | Form::Number | Form::Choice(..) => {}
    }
    Ok(())
}

impl Element {
    /// Finds what a file says of an element: none if it is missing or empty.
    fn child_text_of(&self, spec: &Spec) -> Option<&str> {
        let is_said = |child: &&Element| !child.text.trim().is_empty() || !child.children.is_empty();
        self.child(spec.name).filter(is_said).map(|child| child.text.trim())
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;
    use crate::xml;

    fn check(kind: &str, content: &str) -> Result<(), String> {
        let root = xml::parse(&format!("<{kind}>{content}</{kind}>")).unwrap();
        Kind::find(kind).unwrap().check(&root)
    }

    #[test]
    fn a_file_is_held_to_its_type() {
        let policies = "ExtlClntAppOauthConfigurablePolicies";
        let app = "<externalClientApplication>A</externalClientApplication>";
        let at = "{http://soap.sforce.com/2006/04/metadata}";
        for (content, expected) in [
            (String::new(), "Required field is missing: externalClientApplication".to_owned()),
            (
                "<externalClientApplication/>".to_owned(),
                "Required field is missing: externalClientApplication".to_owned(),
            ),
            (
                format!("{app}<isEnabled>true</isEnabled>"),
                format!(
                    "Error parsing file: Element {at}isEnabled invalid at this location in type {policies}"
                ),
            ),
            (
                format!("{app}{app}"),
                format!(
                    "Error parsing file: Element {at}externalClientApplication is duplicated at this location in type {policies}"
                ),
            ),
            (
                format!("{app}<permittedUsersPolicyType>AdminApproved</permittedUsersPolicyType>"),
                "'AdminApproved' is not a valid value for the enum 'PermittedUsersPolicyType'".to_owned(),
            ),
            (
                format!("{app}<refreshTokenValidityPeriod>a month</refreshTokenValidityPeriod>"),
                "Error parsing file: 'a month' is not a valid value for the type xsd:int".to_owned(),
            ),
            (
                format!("{app}<apexHandler>Handler</apexHandler>"),
                "apexHandler is not available in this simulated org".to_owned(),
            ),
        ] {
            assert_eq!(check(policies, &content), Err(expected));
        }
        assert_eq!(check(policies, app), Ok(()));
    }

    #[test]
    fn elements_of_one_name_stand_together() {
        let permission = "<userPermissions><enabled>true</enabled><name>ApiEnabled</name></userPermissions>";
        let label = "<label>Read</label>";

        assert_eq!(check("PermissionSet", &format!("{label}{permission}{permission}")), Ok(()));
        let apart = check("PermissionSet", &format!("{permission}{label}{permission}")).unwrap_err();
        assert!(apart.contains("userPermissions is duplicated"), "{apart}");
        let within = check(
            "PermissionSet",
            &format!("{label}<userPermissions><enabled>1</enabled></userPermissions>"),
        );
        assert!(within.unwrap_err().contains("xsd:boolean"));
    }
}
