//! A server or a demo under test, and somebody who uses it.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use benches::process::{self, Finished};
use reqwest::header;
use serde_json::{Value as Json, json};

use crate::scene::towpath;

/// A server that has said nothing for this long will say nothing more.
const LONGEST_SILENCE: Duration = Duration::from_secs(60);

/// The password of the first owner.
pub(crate) const PASSWORD: &str = "a lock keeper's password";

/// The program without the variables of whoever runs the tests.
pub(crate) fn program(home: &Path) -> Command {
    let mut command = Command::new(towpath());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TOWPATH_")) {
        command.env_remove(name);
    }
    command.env("HOME", home).env_remove("XDG_DATA_HOME").env_remove("XDG_CONFIG_HOME").current_dir(home);
    command
}

/// Runs the program to its end.
pub(crate) fn run(home: &Path, arguments: &[&str]) -> Finished {
    process::run(program(home).args(arguments)).unwrap()
}

/// A process that runs until it is told to stop, or dropped.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    /// Starts it and listens to what it says on one of its outputs.
    fn start(command: &mut Command, hears_stdout: bool) -> Self {
        let (heard, other) = (Stdio::piped(), Stdio::inherit());
        let (stdout, stderr) = if hears_stdout { (heard, other) } else { (other, heard) };
        let mut child = command.stdin(Stdio::null()).stdout(stdout).stderr(stderr).spawn().unwrap();
        let output: Box<dyn Read + Send> = match hears_stdout {
            true => Box::new(child.stdout.take().unwrap()),
            false => Box::new(child.stderr.take().unwrap()),
        };
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // Read to the end, so that the process never waits for us.
                let _ = sender.send(line);
            }
        });
        Self { child, lines }
    }

    /// Starts a server in a folder. Returns its address, and the token of its setup link where it has no owner.
    pub(crate) fn serve(home: &Path) -> (Self, String, Option<String>) {
        Self::serve_with(home, &[])
    }

    /// The same, with more variables.
    pub(crate) fn serve_with(home: &Path, variables: &[(&str, &str)]) -> (Self, String, Option<String>) {
        let mut command = program(home);
        command.envs(variables.iter().copied());
        command.arg("serve").env("TOWPATH_LISTEN", "127.0.0.1:0").env("TOWPATH_DATA_DIR", home.join("data"));
        let running = Self::start(&mut command, false);
        let url = after(&running.line_with("Towpath is at"), "http");
        let next = running.line_with("");
        let token = next.split_once('#').map(|(_, token)| token.to_owned());
        (running, format!("http{}", url.trim_end_matches('/')), token)
    }

    /// Starts a server or a worker that has a configuration, and waits until it says so.
    pub(crate) fn start_with_config(home: &Path, arguments: &[&str], says: &str) -> Self {
        let mut command = program(home);
        let running = Self::start(command.args(arguments).env("TOWPATH_LISTEN", "127.0.0.1:0"), false);
        running.line_with(says);
        running
    }

    /// Starts a demo with a folder of its own. Returns what it says of itself.
    pub(crate) fn demo(home: &Path, arguments: &[&str]) -> (Self, Json) {
        let running = Self::start_demo(home, arguments);
        let line = running.line_with("{");
        (running, serde_json::from_str(&line).unwrap())
    }

    /// Starts a demo that may never be ready.
    pub(crate) fn start_demo(home: &Path, arguments: &[&str]) -> Self {
        let mut command = program(home);
        command
            .args(["demo", "--json", "--port", "0", "--org-port", "0", "--data-dir"])
            .arg(home.join("demo"));
        Self::start(command.args(arguments), true)
    }

    /// Waits for a line that contains a text.
    fn line_with(&self, text: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(LONGEST_SILENCE).expect("it says so");
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Stops it as a service manager does, and returns how it ended.
    pub(crate) fn stop(mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().unwrap();
        self.child.wait().unwrap()
    }

    /// Waits until it has ended by itself.
    pub(crate) fn wait(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody who is signed in with a browser.
pub(crate) struct Member {
    http: reqwest::Client,
    url: String,
    cookie: String,
    csrf_token: String,
}

impl Member {
    /// Makes the first owner of a server.
    pub(crate) async fn set_up(url: &str, token: &str) -> Self {
        let body = json!({ "token": token, "workspace_name": "Lockside", "name": "Ada", "email": "ada@example.com",
            "password": PASSWORD, "time_zone": "Europe/Berlin" });
        Self::enter(url, "setup", body).await.unwrap()
    }

    /// Signs in; answers the status where that is refused.
    pub(crate) async fn sign_in(url: &str, body: Json) -> Result<Self, u16> {
        Self::enter(url, "session", body).await
    }

    async fn enter(url: &str, path: &str, body: Json) -> Result<Self, u16> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::new();
        let answer = http.post(format!("{url}/api/v1/{path}")).json(&body).send().await.unwrap();
        if !answer.status().is_success() {
            return Err(answer.status().as_u16());
        }
        let cookie =
            answer.headers()[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
        let session: Json = answer.json().await.unwrap();
        let csrf_token = session["csrf_token"].as_str().unwrap().to_owned();
        Ok(Self { http, url: url.to_owned(), cookie, csrf_token })
    }

    /// How the server answers them.
    pub(crate) async fn status_of(&self, path: &str) -> u16 {
        let request = self.http.get(format!("{}/api/v1/{path}", self.url));
        request.header(header::COOKIE, &self.cookie).send().await.unwrap().status().as_u16()
    }

    /// Makes an API key.
    pub(crate) async fn make_key(&self, role: &str) -> String {
        let request = self
            .http
            .post(format!("{}/api/v1/api-keys", self.url))
            .header(header::COOKIE, &self.cookie)
            .header("x-csrf-token", &self.csrf_token)
            .json(&json!({ "name": "Test", "role": role }));
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 201);
        answer.json::<Json>().await.unwrap()["token"].as_str().unwrap().to_owned()
    }
}

/// The command line of somebody with a key.
pub(crate) fn run_with_key(home: &Path, url: &str, key: &str, arguments: &[&str]) -> Finished {
    let mut command = program(home);
    process::run(command.env("TOWPATH_URL", url).env("TOWPATH_TOKEN", key).args(arguments)).unwrap()
}

/// What stands behind a text.
fn after(line: &str, text: &str) -> String {
    line.split_once(text).map(|(_, rest)| rest.to_owned()).unwrap()
}
