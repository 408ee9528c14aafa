//! A server with a PostgreSQL database, connected to an org, and workers beside it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::json;
use sqlx::{Connection, PgConnection};
use url::Url;

use crate::destination::Destination;
use crate::org::Org;
use crate::postgres::{create_database, drop_database};
use crate::visitor::Visitor;

/// A running process that ends when this is dropped.
#[derive(Debug)]
pub struct Process(Child);

impl Process {
    /// Kills it at once (SIGKILL).
    pub fn kill(mut self) -> Result<()> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }

    /// Tells it to stop (SIGTERM) and waits until it has.
    pub fn stop(mut self) -> Result<()> {
        let told = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status()?;
        ensure!(told.success(), "the process could not be told to stop");
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Nothing can be done about a process that has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server's folder and database.
#[derive(Debug)]
pub struct Site {
    towpath: PathBuf,
    config: PathBuf,
    database_url: String,
}

impl Site {
    /// Writes the configuration of a server that takes `org` for Salesforce. Everything is kept below `folder`.
    pub async fn create(towpath: &Path, org: &Org, folder: &Path) -> Result<Self> {
        let database_url = create_database().await?;
        let line = &org.start_line;
        let secret = folder.join("secret");
        fs::write(&secret, &line.client_secret)?;
        let config = folder.join("towpath.toml");
        let host = line.base_url.trim_start_matches("http://");
        fs::write(
            &config,
            format!(
                "data_dir = {:?}\ndatabase_url = {database_url:?}\nlisten = \"127.0.0.1:0\"\ndev_allow_hosts = [{host:?}]\n\
                 [salesforce.simulated]\nclient_id = {:?}\nclient_secret_file = {secret:?}\n",
                folder.join("data"),
                line.client_id
            ),
        )?;
        Ok(Self { towpath: towpath.to_owned(), config, database_url })
    }

    /// Starts the server for the first time and connects the org. Returns who did, and the integration's path.
    pub async fn serve(&self, org: &Org) -> Result<(Process, Visitor, String)> {
        let (process, lines) = self.start("serve", |line| line.contains("Make the first owner"))?;
        let url = |words: &str| -> Result<Url> {
            let line =
                lines.iter().find(|line| line.contains(words)).context("the server names no address")?;
            Ok(line.split_whitespace().last().unwrap_or_default().parse()?)
        };
        let link = url("Make the first owner")?;
        let token = link.fragment().context("the link has no token")?;
        let mut visitor = Visitor::set_up(url("Towpath is at")?, token).await?;
        let line = &org.start_line;
        let integration = visitor.connect(line, &line.username, &line.password).await?;
        Ok((process, visitor, integration))
    }

    /// Starts a worker.
    pub fn work(&self) -> Result<Process> {
        self.start("worker", |line| line.contains("The worker works")).map(|(process, _)| process)
    }

    /// Starts a command and reads what it says until it is ready.
    fn start(&self, command: &str, is_ready: impl Fn(&str) -> bool) -> Result<(Process, Vec<String>)> {
        let mut child = Command::new(&self.towpath)
            .args([command, "--config"])
            .arg(&self.config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let stderr = child.stderr.take().context("its words cannot be read")?;
        let process = Process(child);
        let mut reader = BufReader::new(stderr);
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            ensure!(reader.read_line(&mut line)? > 0, "towpath {command} ended: {}", lines.concat());
            let is_last = is_ready(&line);
            lines.push(line);
            if is_last {
                break;
            }
        }
        // What it says later is not read, and must not block it.
        std::thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
        Ok((process, lines))
    }

    /// The database, as a place that copies go to.
    pub fn destination(&self) -> Destination {
        Destination::Postgres(self.database_url.clone())
    }

    /// Opens the database.
    pub async fn database(&self) -> Result<PgConnection> {
        Ok(PgConnection::connect(&self.database_url).await?)
    }

    /// Removes the database.
    pub async fn remove(self) -> Result<()> {
        drop_database(&self.database_url).await
    }
}

/// Saves a rule on Account and a mapping, so that the first run begins.
pub async fn activate(visitor: &mut Visitor, integration: &str, cadence_seconds: u64) -> Result<()> {
    let rule = json!({ "cadence_seconds": cadence_seconds });
    visitor.ask(Method::PUT, &format!("{integration}/sync-rules/Account"), Some(rule)).await?;
    let mapping = json!({ "entity": "company", "property": "name", "sobject": "Account", "field": "Name" });
    let mappings = json!({ "items": [mapping] });
    visitor.ask(Method::PUT, &format!("{integration}/field-mappings"), Some(mappings)).await?;
    Ok(())
}

/// Waits until a run of an integration has ended well.
pub async fn wait_for_run(visitor: &mut Visitor, integration: &str) -> Result<()> {
    loop {
        let found = visitor.ask(Method::GET, integration, None).await?;
        match found["last_run"]["outcome"].as_str() {
            Some("succeeded") => return Ok(()),
            Some(outcome) => anyhow::bail!("the first run ended as {outcome}: {found}"),
            None => tokio::time::sleep(std::time::Duration::from_millis(100)).await,
        }
    }
}
