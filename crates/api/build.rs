//! Refuses to build the program for use without the web build, which it carries inside.

use std::path::Path;

fn main() {
    let index = Path::new("../../web/dist/index.html");
    println!("cargo::rerun-if-changed=../../web/dist");
    if std::env::var("PROFILE").as_deref() == Ok("release") && !index.exists() {
        println!(
            "cargo::error=web/dist is missing: build the web application first, with npm run build in web"
        );
    }
}
