//! What a refused host may have meant.

/// Suffixes of pages that people copy an address from; the same name before them is that of the My Domain.
const PAGE_SUFFIXES: [&str; 4] =
    [".lightning.force.com", ".my.salesforce-setup.com", ".my.salesforce-sites.com", ".my.site.com"];

/// What stands behind the name of a My Domain where the org is not a production org (Help, My Domain URL Formats).
const KINDS_OF_ORG: [&str; 8] =
    ["sandbox", "develop", "scratch", "demo", "free", "patch", "stage", "trailblaze"];

/// The host in a pasted address, turned into the org's My Domain. The caller still has to check it.
pub(super) fn suggest(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase();
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(&text);
    let host = rest.split(['/', '?', '#']).next()?;
    let host = host.strip_suffix(":443").unwrap_or(host).trim_end_matches('.');
    if let Some(name) = PAGE_SUFFIXES.iter().find_map(|suffix| host.strip_suffix(suffix)) {
        return Some(format!("{name}.my.salesforce.com"));
    }
    let is_sandbox = host.contains("--");
    match host.split_once('.') {
        None if is_my_domain_name(host) && is_sandbox => Some(format!("{host}.sandbox.my.salesforce.com")),
        None if is_my_domain_name(host) => Some(format!("{host}.my.salesforce.com")),
        Some((name, kind)) if is_my_domain_name(name) && KINDS_OF_ORG.contains(&kind) => {
            Some(format!("{host}.my.salesforce.com"))
        }
        _ => Some(host.to_owned()),
    }
}

/// A single word that can be a My Domain and is no name of this machine.
fn is_my_domain_name(host: &str) -> bool {
    host != "localhost" && !host.contains('.') && host.starts_with(|first: char| first.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::suggest;

    #[test]
    fn a_name_becomes_the_host_of_its_kind_of_org() {
        for (typed, meant) in [
            ("Acme", "acme.my.salesforce.com"),
            ("acme--dev", "acme--dev.sandbox.my.salesforce.com"),
            ("acme-dev-ed.develop", "acme-dev-ed.develop.my.salesforce.com"),
            ("https://acme--dev.sandbox.lightning.force.com/x", "acme--dev.sandbox.my.salesforce.com"),
            ("acme.my.salesforce.com", "acme.my.salesforce.com"),
            ("localhost", "localhost"),
        ] {
            assert_eq!(suggest(typed).as_deref(), Some(meant), "{typed}");
        }
    }
}
