//! The documentation, as the server shows it.

use crate::test_app::{TestApp, client};

async fn page(app: &TestApp, path: &str) -> (u16, String, String) {
    let answer = client().get(format!("{}{path}", app.url)).send().await.unwrap();
    let media_type = answer.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
    (answer.status().as_u16(), media_type.unwrap_or_default(), answer.text().await.unwrap())
}

#[tokio::test]
async fn the_index_and_the_pages_are_there_for_everybody() {
    let app = TestApp::fresh().await;

    let (status, media_type, index) = page(&app, "/llms.txt").await;

    assert_eq!((status, &*media_type), (200, "text/plain; charset=utf-8"));
    assert!(index.starts_with("# Towpath\n"), "{index}");
    let links: Vec<&str> = index.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    assert!(links.len() >= 10, "{links:?}");
    for link in links {
        let (status, media_type, text) = page(&app, link).await;
        assert_eq!(status, 200, "{link}");
        assert!(!text.is_empty(), "{link}");
        if let Some(name) = link.strip_suffix(".md") {
            assert_eq!(media_type, "text/markdown; charset=utf-8");
            let (status, media_type, html) = page(&app, name).await;
            assert_eq!((status, &*media_type), (200, "text/html; charset=utf-8"), "{name}");
            assert!(html.contains("<main><h1>"), "{name}");
        }
    }
}

#[tokio::test]
async fn the_type_of_a_problem_leads_to_its_line() {
    let app = TestApp::fresh().await;

    let (_, _, html) = page(&app, "/docs/errors").await;

    assert!(html.contains("<tr id=\"app.blocked\">"), "{html}");
    assert_eq!(page(&app, "/docs/nothing").await.0, 404);
    assert_eq!(page(&app, "/docs").await.0, 307);
}
