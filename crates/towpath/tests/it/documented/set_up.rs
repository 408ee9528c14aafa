//! The commands that start something, and those of a copy without a server.

use std::fs;
use std::path::Path;
use std::process::Command;

use benches::postgres::{create_database, drop_database};
use benches::process::{self, Finished};
use orgsim::{Simulator, SimulatorConfig};

use super::page::{Written, block_of};
use super::{Way, commands_to_run};
use crate::running::Running;
use crate::scene::towpath;

/// Runs a line of a page in a shell that knows the program, with a folder of its own in place of the machine's.
fn run_in_shell(home: &Path, text: &str, variables: &[(&str, &str)]) -> Finished {
    let path = std::env::var("PATH").unwrap();
    let program = towpath().parent().unwrap().display();
    let mut shell = Command::new("bash");
    shell.env("PATH", format!("{program}:{path}")).env("HOME", home).current_dir(home);
    process::run(shell.envs(variables.iter().copied()).args(["-euc", text])).unwrap()
}

/// The paths of a page, in a folder.
fn move_to(home: &Path, text: &str) -> String {
    let home = home.display();
    let text = text.replace("/etc/towpath", &format!("{home}/etc"));
    text.replace("/var/lib/towpath", &format!("{home}/data")).replace("/backup/", &format!("{home}/"))
}

/// The one command to run that begins so, in a folder.
fn command(home: &Path, beginning: &str) -> String {
    let mut found = commands_to_run(Way::Started).into_iter().filter(|one| one.text.starts_with(beginning));
    let command = found.next().unwrap_or_else(|| panic!("no page has {beginning}"));
    assert!(found.next().is_none(), "two pages have {beginning}");
    move_to(home, &command.text)
}

#[tokio::test]
async fn a_server_and_a_worker_are_set_up_as_the_page_says() {
    let home = tempfile::tempdir().unwrap();
    let etc = home.path().join("etc");
    fs::create_dir(&etc).unwrap();
    fs::write(etc.join("production-secret"), "a secret").unwrap();
    let settings = move_to(home.path(), &block_of("docs/serve.md", "# /etc/towpath/towpath.toml"));
    let config = etc.join("towpath.toml");
    fs::write(&config, &settings).unwrap();
    run_in_shell(home.path(), &command(home.path(), "(umask 377; head "), &[]).succeeded().unwrap();
    let served = ["serve", "--config", config.to_str().unwrap()];

    let running =
        Running::start_with_config(home.path(), &served, "Towpath is at https://towpath.example.com");
    run_in_shell(home.path(), &command(home.path(), "sqlite3 "), &[]).succeeded().unwrap();
    assert!(running.stop().success());
    assert!(fs::metadata(home.path().join("towpath.db")).unwrap().len() > 0);

    // The first key of the file comes before its first table.
    let database = create_database().await.unwrap();
    let shared = block_of("docs/serve.md", "database_url = ");
    let (key, _) = shared.split_once("postgres://").unwrap();
    fs::write(&config, format!("{key}{database}\"\n{settings}")).unwrap();
    let worker = command(home.path(), "towpath worker ");
    let words: Vec<&str> = worker.split_whitespace().skip(1).collect();
    assert!(Running::start_with_config(home.path(), &words, "The worker works").stop().success());
    drop_database(&database).await.unwrap();
}

#[test]
fn demos_and_servers_start_as_the_pages_say() {
    let commands = commands_to_run(Way::Started);
    let starts = |program: &str| -> Vec<Vec<String>> {
        let found = commands.iter().map(Written::words).filter(|words| words[1] == program);
        found.map(|words| words[2..].to_vec()).collect()
    };
    let (demos, servers) = (starts("demo"), starts("serve"));
    assert!(demos.len() > 1 && servers.len() > 1, "{demos:?} {servers:?}");

    for words in demos {
        let home = tempfile::tempdir().unwrap();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (running, demo) = Running::demo(home.path(), &words);
        assert!(demo["sign_in_link"].as_str().unwrap().starts_with("http://"), "{words:?}: {demo}");
        assert!(running.stop().success());
    }
    for words in servers {
        assert_eq!(words, Vec::<String>::new());
        let home = tempfile::tempdir().unwrap();
        let (running, _, setup_token) = Running::serve(home.path());
        assert!(setup_token.is_some());
        assert!(running.stop().success());
    }
}

#[test]
fn an_org_is_copied_as_the_pages_say() {
    let home = tempfile::tempdir().unwrap();
    let counts = ["Account", "Contact", "Opportunity", "Case"].map(|sobject| (sobject.to_owned(), 5)).into();
    let org = Simulator::start(SimulatorConfig { counts, ..SimulatorConfig::default() }).unwrap();
    let line = org.start_line();
    let host = line.base_url.strip_prefix("http://").unwrap();
    let commands = commands_to_run(Way::Copied);
    let (exports, copies): (Vec<_>, Vec<_>) =
        commands.into_iter().partition(|command| command.text.starts_with("export "));
    let given = [&line.client_id, &line.client_secret, &line.refresh_token];
    let export = given.iter().fold(exports[0].text.clone(), |text, value| text.replacen('…', value, 1));
    let login = format!("--login-url {} --dev-allow-host {host}", line.base_url);
    let filters = block_of("docs/copy.md", "'Opportunity where ").replace('\n', " ");
    let filtered = format!("towpath copy --to sqlite:filtered.db {filters}");

    let mut texts: Vec<String> = copies.into_iter().map(|command| command.text).collect();
    assert!(texts.len() > 1, "{texts:?}");
    texts.push(filtered);
    for text in texts {
        let text = text.replace("--login-url https://login.salesforce.com ", "");
        let text = text.replace("towpath copy ", &format!("towpath copy {login} "));
        run_in_shell(home.path(), &format!("{export}\n{text}"), &[]).succeeded().unwrap();
    }

    for file in ["crm.db", "filtered.db"] {
        assert!(home.path().join(file).exists(), "{file}");
    }
}
