//! `towpath demo`: Towpath and a simulated org, ready to look at.

mod folder;
mod org;
mod visitor;
mod walk;

use std::{collections::BTreeMap, net::SocketAddr, path::Path};

use api::OneTimeLink;
use engine::Problem;
use orgsim::Simulator;
use salesforce::host::DevHost;
use secrecy::SecretString;
use serde_json::json;
use store::StoreUrl;

use crate::{
    cli::{print_line, server::DemoArgs},
    config::{App, AppFor, Config, Key, LogFormat},
    exit::Exit,
    serve::say_problem,
    server::{Server, stop_on_signals},
};
use visitor::Visitor;
use walk::{Owner, connect, set_up};

/// Runs until Ctrl-C or SIGTERM.
pub(crate) async fn run(args: DemoArgs) -> Exit {
    match demo(&args).await {
        Ok(()) => Exit::Ok,
        Err(problem) => say_problem(&problem),
    }
}

async fn demo(args: &DemoArgs) -> Result<(), Problem> {
    let stop = stop_on_signals().map_err(|error| failed("wait for signals", &error))?;
    let data_dir = folder::make(args.data_dir.as_deref()).map_err(|error| failed("make a folder", &error))?;
    let org = org::start(args, &data_dir)?;
    let config = config(args, &data_dir, &org)?;
    let server = Server::open(&config, args.dev_kill_at.as_deref()).await?;
    let (app, url) = (server.app().clone(), server.public_url().clone());
    let running = tokio::spawn(server.run(stop.clone()));

    let links = async || api::create_setup_link(&app).await.map_err(|error| failed("make a link", &error));
    let sign_in_link = async || match api::create_sign_in_link(&app).await {
        Ok(Some(link)) => Ok(link),
        Ok(None) => Err(failed_to("sign in", "the server has no owner")),
        Err(error) => Err(failed("make a link", &error)),
    };
    let ready = async {
        let mut visitor = Visitor::new(url.clone()).map_err(walk_failed)?;
        let owner = match links().await? {
            Some(link) => Some(set_up(&mut visitor, &link.url).await.map_err(walk_failed)?),
            None => None,
        };
        if args.connected {
            let link = sign_in_link().await?;
            connect(&mut visitor, &link.url, org.start_line()).await.map_err(walk_failed)?;
        }
        print(args, &data_dir, url.as_str(), &sign_in_link().await?, owner.as_ref(), &org);
        Ok(())
    };
    if let Err(problem) = ready.await {
        stop.tell();
        say_outcome(running.await);
        return Err(problem);
    }
    running.await.map_err(|error| failed("run the server", &error))?
}

fn say_outcome(outcome: Result<Result<(), Problem>, tokio::task::JoinError>) {
    if let Ok(Err(problem)) = outcome {
        say_problem(&problem);
    }
}

/// A server on this machine that takes the simulated org for Salesforce.
fn config(args: &DemoArgs, data_dir: &Path, org: &Simulator) -> Result<Config, Problem> {
    let port = if args.port == 0 { 0 } else { org::free_port(args.port)? };
    let host = org.base_url().trim_start_matches("http://").to_owned();
    let dev_host: DevHost = host.parse().map_err(|error| failed("name the simulated org", &error))?;
    let line = org.start_line();
    let app = App {
        client_id: line.client_id.clone(),
        client_secret: Some(SecretString::from(line.client_secret.as_str())),
    };
    Ok(Config {
        data_dir: data_dir.to_owned(),
        store_url: StoreUrl::sqlite(&data_dir.join("towpath.db")),
        listen: SocketAddr::from(([127, 0, 0, 1], port)),
        public_url: None,
        key: Key::Own(data_dir.join("keys").join("towpath.key")),
        dev_allow_hosts: vec![dev_host],
        dev_host_names: vec![host],
        egress_addresses: Vec::new(),
        package_id: None,
        integrations_per_org: None,
        proxy_url: None,
        ca_file: None,
        log_format: LogFormat::Text,
        apps: BTreeMap::from([(AppFor::Simulated, app)]),
    })
}

fn print(
    args: &DemoArgs,
    data_dir: &Path,
    url: &str,
    sign_in_link: &OneTimeLink,
    owner: Option<&Owner>,
    org: &Simulator,
) {
    let url = url.trim_end_matches('/');
    let line = org.start_line();
    if args.json {
        let answer = json!({
            "url": url,
            "sign_in_link": sign_in_link.url,
            "email": owner.map(|owner| owner.email),
            "password": owner.map(|owner| &owner.password),
            "data_dir": data_dir,
            "org": line,
        });
        return print_line(&answer.to_string());
    }
    let data_dir = data_dir.display();
    let again = owner.map(|owner| format!("Later            {}, password {}\n", owner.email, owner.password));
    print_line(&format!(
        "\nTowpath          {url}\n\
         Sign in here     {}\n                 \
         (once, within 10 minutes)\n\
         {}\
         Simulated org    {}\n                 \
         user {}, password {}\n\
         Data             {data_dir}\n                 \
         (to go on with it: towpath demo --data-dir {data_dir})\n\n\
         Ctrl-C stops both.",
        sign_in_link.url,
        again.unwrap_or_default(),
        line.base_url,
        line.username,
        line.password,
    ));
}

fn walk_failed(error: walk::Error) -> Problem {
    failed_to("prepare the demo", &error.to_string())
}

fn failed(attempted: &str, error: &dyn std::error::Error) -> Problem {
    failed_to(attempted, &error.to_string())
}

fn failed_to(attempted: &str, why: &str) -> Problem {
    Problem { code: "demo.failed", text: format!("Cannot {attempted}: {why}.") }
}
