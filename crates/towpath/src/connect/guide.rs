//! `towpath connect guide`: what the app in Salesforce needs.

use std::{
    fs,
    io::Write,
    path::{Component, Path},
};

use serde::Deserialize;
use serde_json::{Value as Json, json, value::to_raw_value};

use crate::{
    cli::connect::{GuideArgs, SignIn},
    client::{Client, Failure},
    exit::{self, Exit},
    output::{Format, Listing, print_text},
};

/// What can be connected, as the API tells it.
#[derive(Deserialize)]
struct OptionsBody {
    callback_url: String,
    scopes: Vec<ScopeBody>,
    egress_addresses: Vec<String>,
    install_links: Option<LinksBody>,
}

#[derive(Deserialize)]
struct ScopeBody {
    name: String,
    why: String,
}

#[derive(Deserialize)]
struct LinksBody {
    production: String,
    sandbox: String,
}

/// The files that make the app: they come in one page.
#[derive(Deserialize)]
struct FilePage {
    items: Vec<FileBody>,
}

#[derive(Deserialize)]
struct FileBody {
    path: String,
    text: String,
}

/// Prints what the app needs, and writes the files that make it where that is wanted.
pub(super) async fn show(client: &Client, args: &GuideArgs) -> Result<Exit, Failure> {
    let mut whole: Json = client.get(&["connect-options"]).await?;
    let options: OptionsBody = serde_json::from_value(whole.clone()).map_err(Failure::NotAnAnswer)?;
    let sign_in = args.sign_in.map_or("consent", SignIn::as_str);
    let path = ["connect-options", "app-files"];
    let page: FilePage = client.get_with(&path, &[("sign_in", sign_in.to_owned())]).await?;
    if let Some(folder) = &args.write {
        write_files(folder, &page.items)?;
    }
    let files: Vec<_> =
        page.items.iter().map(|file| json!({ "path": file.path, "text": file.text })).collect();
    whole["files"] = files.into();
    match args.output.format() {
        Format::Json => {
            let raw = to_raw_value(&whole).map_err(Failure::NotAnAnswer)?;
            print_text(&format!("{}\n", raw.get()))?;
        }
        format => listing(&options, &page.items).print(format)?,
    }
    Ok(Exit::Ok)
}

fn listing(options: &OptionsBody, files: &[FileBody]) -> Listing {
    let mut listing = Listing::new(["WHAT", "VALUE", "WHY"]);
    let mut add = |what: &str, value: &str, why: &str| {
        listing.rows.push([what, value, why].map(str::to_owned).to_vec());
    };
    add(
        "callback address",
        &options.callback_url,
        "Salesforce sends people back there; the app lists it exactly.",
    );
    for scope in &options.scopes {
        add("scope", &scope.name, &scope.why);
    }
    for address in &options.egress_addresses {
        add("address", address, "This server calls from there: for the app's and the profile's IP ranges.");
    }
    if options.egress_addresses.is_empty() {
        add("address", "", "Nobody has told it: egress_addresses in the server's configuration.");
    }
    if let Some(links) = &options.install_links {
        add("install link", &links.production, "Production and Developer Edition orgs.");
        add("install link", &links.sandbox, "Sandboxes.");
    }
    for file in files {
        add("file", &file.path, "Written by --write, deployed by sf project deploy start.");
    }
    if !files.is_empty() {
        let assign = "sf org assign permset --name Towpath_Sync";
        add("command", assign, "Then, for the user who signs in: the app admits nobody without it.");
    }
    listing
}

/// Writes the files below a folder, each where there is none yet.
fn write_files(folder: &Path, files: &[FileBody]) -> Result<(), Failure> {
    for file in files {
        let relative = Path::new(&file.path);
        // A server cannot say where else on this machine something is written.
        if !relative.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(Failure::Unclear(format!("{:?} is no path within a folder.", file.path)));
        }
        let path = folder.join(relative);
        let written = match path.parent() {
            Some(parent) => fs::create_dir_all(parent),
            None => Ok(()),
        };
        let made = written.and_then(|()| fs::File::create_new(&path));
        made.and_then(|mut made| made.write_all(file.text.as_bytes()))
            .map_err(|error| Failure::Unclear(format!("{} cannot be written: {error}.", path.display())))?;
    }
    exit::tell(&format!("{} files were written to {}.", files.len(), folder.display()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_written_below_the_folder_and_over_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = |path: &str| vec![FileBody { path: path.to_owned(), text: "<x/>".to_owned() }];

        write_files(folder.path(), &file("force-app/app.xml")).unwrap();

        assert_eq!(fs::read_to_string(folder.path().join("force-app/app.xml")).unwrap(), "<x/>");
        for path in ["force-app/app.xml", "../app.xml", "/tmp/app.xml"] {
            assert!(matches!(write_files(folder.path(), &file(path)), Err(Failure::Unclear(_))), "{path}");
        }
    }
}
