//! The documentation, which is built into the program: as pages, as their sources, and as an index for machines.

mod page;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;

use crate::app_state::AppState;
use page::{DocPage, to_html};

/// The pages, in the order in which they are listed.
const SOURCES: [(&str, &str); 11] = [
    ("quick-start", include_str!("../../../docs/quick-start.md")),
    ("connect", include_str!("../../../docs/connect.md")),
    ("data-flows", include_str!("../../../docs/data-flows.md")),
    ("mappings", include_str!("../../../docs/mappings.md")),
    ("troubleshooting", include_str!("../../../docs/troubleshooting.md")),
    ("errors", include_str!("../../../docs/errors.md")),
    ("serve", include_str!("../../../docs/serve.md")),
    ("copy", include_str!("../../../docs/copy.md")),
    ("orgsim", include_str!("../../../docs/orgsim.md")),
    ("performance", include_str!("../../../docs/performance.md")),
    ("behaviours", include_str!("../../../docs/behaviours.md")),
];

const STYLE: &str = include_str!("docs/style.css");
const MARKDOWN: HeaderValue = HeaderValue::from_static("text/markdown; charset=utf-8");
const CSS: HeaderValue = HeaderValue::from_static("text/css; charset=utf-8");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// The routes of the documentation. Nobody need be signed in: whoever cannot sign in needs it most.
pub(crate) fn router() -> Router<AppState> {
    Router::new()
        .route("/llms.txt", get(show_index_for_machines))
        .route("/docs", get(|| async { Redirect::temporary("/docs/quick-start") }))
        .route("/docs/style.css", get(|| async { ([(header::CONTENT_TYPE, CSS)], STYLE) }))
        .route("/docs/{page}", get(show_page))
}

async fn show_page(Path(name): Path<String>) -> Response {
    if let Some(source) = name.strip_suffix(".md").and_then(find_source) {
        return ([(header::CONTENT_TYPE, MARKDOWN)], source).into_response();
    }
    match find_source(&name) {
        Some(source) => Html(to_html(&DocPage::read(&name, source), &all_pages())).into_response(),
        None => {
            let text = "There is no such page. All pages are listed at /llms.txt.\n";
            (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, TEXT)], text).into_response()
        }
    }
}

/// The index of all pages for machines, in the form of llms.txt: the place to start.
async fn show_index_for_machines() -> Response {
    ([(header::CONTENT_TYPE, TEXT)], index_for_machines()).into_response()
}

fn index_for_machines() -> String {
    let mut text = "# Towpath\n\n> A self-hosted server that connects a team to its Salesforce orgs and keeps copies of their records: \
                    searchable, shareable, in SQLite or PostgreSQL.\n\nStart with the quick start. Every page is Markdown under \
                    its address and `.md`.\n\n## Docs\n\n"
        .to_owned();
    for page in all_pages() {
        text.push_str(&format!("- [{}](/docs/{}.md): {}\n", page.title, page.name, page.summary));
    }
    text.push_str("\n## API\n\n- [OpenAPI document](/api/openapi.json): all routes of the HTTP API\n");
    text
}

fn all_pages() -> Vec<DocPage> {
    SOURCES.iter().map(|(name, source)| DocPage::read(name, source)).collect()
}

fn find_source(name: &str) -> Option<&'static str> {
    SOURCES.iter().find(|(known, _)| *known == name).map(|(_, source)| *source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_in_the_index_with_what_it_is() {
        let index = index_for_machines();

        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");
        let files =
            std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        for file in files.filter(|file| file.ends_with(".md")) {
            assert!(index.contains(&format!("(/docs/{file}): ")), "{file}: {index}");
        }
        assert!(all_pages().iter().all(|page| !page.title.is_empty() && !page.summary.is_empty()));
    }

    #[test]
    fn a_link_between_pages_leads_to_a_page() {
        let pages = all_pages();
        for page in &pages {
            for link in
                find_source(&page.name).unwrap().split("](").skip(1).filter_map(|rest| rest.split(')').next())
            {
                let Some((name, _)) = link.split_once(".md") else { continue };
                assert!(
                    link.contains('/') || pages.iter().any(|known| known.name == name),
                    "{}: {link}",
                    page.name
                );
            }
        }
    }
}
