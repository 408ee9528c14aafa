//! Tabs, their colours and icons, and the menu of apps.

use serde_json::{Value as Json, json};

use crate::http::Call;
use crate::schema::SObject;

/// Colours of the tabs, which take turns.
const COLORS: [&str; 6] = ["236FBD", "56458C", "E6AF00", "B7A752", "3C97DD", "1797C0"];

/// Returns the body of `/tabs` (REST API Developer Guide, Tabs).
pub(super) fn list(call: &Call) -> Json {
    sobjects(call)
        .map(|sobject| {
            let prefix = sobject.key_prefix.unwrap_or_default();
            let icon = format!("{}/img/icon/{}32.png", call.base_url, sobject.name.to_ascii_lowercase());
            json!({
                "colors": colors(sobject),
                "custom": sobject.custom,
                "iconUrl": icon,
                "icons": icons(call, sobject),
                "label": sobject.label_plural,
                "miniIconUrl": icon.replace("32.png", "16.png"),
                "name": if sobject.custom { sobject.name.clone() } else { format!("standard-{}", sobject.name) },
                "sobjectName": sobject.name,
                "timeZone": null,
                "url": format!("{}/{}/o", call.base_url, String::from_utf8_lossy(&prefix)),
            })
        })
        .collect()
}

/// Returns the body of `/theme` (REST API Developer Guide, Themes).
pub(super) fn theme(call: &Call) -> Json {
    let items: Vec<Json> = sobjects(call)
        .map(|sobject| json!({ "colors": colors(sobject), "icons": icons(call, sobject), "name": sobject.name }))
        .collect();
    json!({ "themeItems": items })
}

/// Returns the body of `/appMenu` (REST API Developer Guide, App Menu).
pub(super) fn app_menu(call: &Call) -> Json {
    let path = format!("{}/appMenu", call.version_path());
    json!({ "AppSwitcher": format!("{path}/AppSwitcher"), "Salesforce1": format!("{path}/Salesforce1") })
}

fn sobjects(call: &Call) -> impl Iterator<Item = &'static SObject> + use<> {
    let sobjects = call.app.org.schema().sobjects().iter();
    let rights = call.rights();
    let has_tab = |sobject: &&SObject| sobject.abilities.layoutable && sobject.abilities.mru_enabled;
    sobjects.filter(has_tab).filter(move |sobject| rights.may_read(sobject))
}

fn colors(sobject: &SObject) -> Json {
    let color = COLORS[sobject.index % COLORS.len()];
    json!([
        { "color": color, "context": "primary", "theme": "theme4" },
        { "color": color, "context": "primary", "theme": "theme3" },
    ])
}

fn icons(call: &Call, sobject: &SObject) -> Json {
    let icon = |size: u16| {
        let url = format!("{}/img/icon/{}{size}.png", call.base_url, sobject.name.to_ascii_lowercase());
        json!({ "contentType": "image/png", "height": size, "theme": "theme3", "url": url, "width": size })
    };
    json!([icon(32), icon(16)])
}
