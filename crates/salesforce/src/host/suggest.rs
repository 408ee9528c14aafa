//! What a refused host may have meant.

/// Suffixes of pages that people copy an address from; the same name before them is that of the My Domain.
const PAGE_SUFFIXES: [&str; 4] =
    [".lightning.force.com", ".my.salesforce-setup.com", ".my.salesforce-sites.com", ".my.site.com"];

/// The host in a pasted address, turned into the org's My Domain. The caller still has to check it.
pub(super) fn suggest(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase();
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(&text);
    let host = rest.split(['/', '?', '#']).next()?;
    let host = host.strip_suffix(":443").unwrap_or(host).trim_end_matches('.');
    if let Some(name) = PAGE_SUFFIXES.iter().find_map(|suffix| host.strip_suffix(suffix)) {
        return Some(format!("{name}.my.salesforce.com"));
    }
    if is_my_domain_name(host) {
        return Some(format!("{host}.my.salesforce.com"));
    }
    Some(host.to_owned())
}

/// A single word that can be a My Domain and is no name of this machine.
fn is_my_domain_name(host: &str) -> bool {
    host != "localhost" && !host.contains('.') && host.starts_with(|first: char| first.is_ascii_alphabetic())
}
