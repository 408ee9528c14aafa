//! A page of the documentation: its Markdown as HTML.

use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// A page.
#[derive(Clone, Debug)]
pub(super) struct DocPage {
    /// Its name in addresses.
    pub(super) name: String,
    /// Its first heading.
    pub(super) title: String,
    /// The first sentence below it.
    pub(super) summary: String,
    body: String,
}

impl DocPage {
    pub(super) fn read(name: &str, source: &str) -> Self {
        let title = source.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or(name).to_owned();
        Self { name: name.to_owned(), title, summary: summary_of(source), body: body_of(source) }
    }
}

/// The first sentence of the first paragraph, in one line.
fn summary_of(source: &str) -> String {
    let paragraph: Vec<&str> = source
        .lines()
        .skip_while(|line| line.is_empty() || line.starts_with('#'))
        .take_while(|line| !line.is_empty())
        .collect();
    let text = paragraph.join(" ");
    match text.split_once(". ") {
        Some((sentence, _)) => format!("{sentence}."),
        None => text,
    }
}

fn body_of(source: &str) -> String {
    let events = with_anchors(Parser::new_ext(source, Options::ENABLE_TABLES).collect());
    let mut body = String::new();
    html::push_html(&mut body, events.into_iter());
    // The rows of tables that begin with a code can be linked to: `errors#app.blocked`.
    let mut parts = body.split("<tr><td><code>");
    let mut linked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.split('<').next().unwrap_or_default();
        linked.push_str(&format!("<tr id=\"{code}\"><td><code>{part}"));
    }
    linked
}

/// Headings get their words as ids, and links between pages lose their ending.
fn with_anchors(events: Vec<Event<'_>>) -> Vec<Event<'_>> {
    let mut anchored = Vec::with_capacity(events.len());
    for (at, event) in events.iter().enumerate() {
        anchored.push(match event {
            Event::Start(Tag::Heading { level, classes, attrs, .. }) => {
                let words =
                    events[at..].iter().take_while(|one| !matches!(one, Event::End(TagEnd::Heading(_))));
                let text: String = words.filter_map(text_of).collect();
                let id = (*level != HeadingLevel::H1).then(|| CowStr::from(slug_of(&text)));
                Event::Start(Tag::Heading {
                    level: *level,
                    id,
                    classes: classes.clone(),
                    attrs: attrs.clone(),
                })
            }
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => Event::Start(Tag::Link {
                link_type: *link_type,
                dest_url: CowStr::from(dest_url.replacen(".md", "", 1)),
                title: title.clone(),
                id: id.clone(),
            }),
            // What stands here was written by the makers, and still nothing of it is markup.
            Event::Html(text) | Event::InlineHtml(text) => Event::Text(text.clone()),
            other => other.clone(),
        });
    }
    anchored
}

fn text_of<'a>(event: &'a Event<'_>) -> Option<&'a str> {
    match event {
        Event::Text(text) | Event::Code(text) => Some(text),
        _ => None,
    }
}

fn slug_of(text: &str) -> String {
    let letters = text.to_lowercase();
    let words = letters.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// A whole HTML page, with the way to all others.
pub(super) fn to_html(page: &DocPage, all: &[DocPage]) -> String {
    let links: String = all
        .iter()
        .map(|one| {
            let current = if one.name == page.name { " aria-current=\"page\"" } else { "" };
            format!("<li><a href=\"/docs/{}\"{current}>{}</a></li>", one.name, escape(&one.title))
        })
        .collect();
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, \
         initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\"><title>{title} · Towpath</title><link rel=\"icon\" \
         href=\"/icon.svg\"><link rel=\"stylesheet\" href=\"/docs/style.css\"></head><body><nav aria-label=\"Documentation\"><a \
         class=\"home\" href=\"/\">Towpath</a><ul>{links}</ul></nav><main>{body}<footer>All pages in one list, for machines \
         too: <a href=\"/llms.txt\">/llms.txt</a></footer></main></body></html>\n",
        title = escape(&page.title),
        body = page.body,
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_and_rows_can_be_linked_to() {
        let source = "# Errors\n\nWhat went wrong. And more.\n\n## Signing in\n\n| code | what |\n|---|---|\n| `app.blocked` | x |\n\n\
                      See [connect](connect.md#roles) and <script>.\n";
        let page = DocPage::read("errors", source);

        assert_eq!((&*page.title, &*page.summary), ("Errors", "What went wrong."));
        let html = to_html(&page, std::slice::from_ref(&page));
        for part in [
            "<h2 id=\"signing-in\">",
            "<tr id=\"app.blocked\"><td><code>app.blocked</code>",
            "<a href=\"connect#roles\">",
            "&lt;script&gt;",
            "aria-current=\"page\">Errors</a>",
            "<footer>All pages in one list, for machines too: <a href=\"/llms.txt\">",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
    }
}
