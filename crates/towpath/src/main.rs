//! Towpath, the program.

mod adopt;
mod cli;
mod client;
mod config;
mod connect;
mod connection_check;
mod copy;
mod demo;
mod exit;
mod groups;
mod integrations;
mod limits;
mod lock;
mod logging;
mod login;
mod mappings;
mod members;
mod output;
mod query;
mod row_errors;
mod rules;
mod runs;
mod serve;
mod server;
mod sessions;
mod settings_file;
mod sharing;
mod sobjects;
mod timeline;
mod verify;
mod why;

use std::{io, process::ExitCode};

use clap::Parser;
use tokio::runtime::{Builder, Runtime};

use crate::{
    cli::{Cli, Command, server::OpenapiCommand},
    client::Failure,
    config::LogFormat,
    exit::Exit,
};

fn main() -> ExitCode {
    let cli = Cli::parse();
    // The one TLS library, for whoever speaks https. A library that puts it in place again finds it there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // A server writes logs as its configuration says, and tells more.
    let log_format = cli.log_json.then_some(LogFormat::Json);
    if !matches!(cli.command, Command::Serve(_) | Command::Worker(_)) {
        logging::start(log_format.unwrap_or_default(), "warn");
    }
    match cli.command {
        Command::Copy(args) => block_on(small_runtime(), copy::run(*args)).into(),
        Command::Orgsim(args) => orgsim::run(args.with_program_name())
            .unwrap_or_else(|error| exit::say(&format!("orgsim: {error:#}"), Exit::Failed).into()),
        Command::Serve(args) => block_on(server_runtime(), serve::serve(args, log_format)).into(),
        Command::Worker(args) => block_on(server_runtime(), serve::work(args, log_format)).into(),
        Command::Demo(args) => block_on(server_runtime(), demo::run(args)).into(),
        Command::Migrate(args) => block_on(small_runtime(), serve::migrate(args)).into(),
        Command::Adopt(args) => block_on(small_runtime(), adopt::adopt(args)).into(),
        Command::Login(args) => ask_server(login::log_in(args)),
        Command::Logout => ask_server(async { login::log_out() }),
        Command::Whoami(args) => ask_server(login::who_am_i(args)),
        Command::Connect(command) => ask_server(connect::run(command)),
        Command::Integrations(command) => ask_server(integrations::run(command)),
        Command::Runs(command) => ask_server(runs::run(command)),
        Command::Rules(command) => ask_server(rules::run(command)),
        Command::SObjects(args) => ask_server(sobjects::run(args)),
        Command::Mappings(command) => ask_server(mappings::run(command)),
        Command::Groups(command) => ask_server(groups::run(command)),
        Command::Members(command) => ask_server(members::run(command)),
        Command::Sessions(command) => ask_server(sessions::run(command)),
        Command::ExportConfig(args) => ask_server(settings_file::export(args)),
        Command::Plan(args) => ask_server(settings_file::plan(args)),
        Command::Apply(args) => ask_server(settings_file::apply(args)),
        Command::Timeline(args) => ask_server(timeline::run(args)),
        Command::Query(args) => ask_server(query::run(args)),
        Command::Why(args) => ask_server(why::run(args)),
        Command::Verify(args) => ask_server(verify::run(args)),
        Command::Openapi(OpenapiCommand::Print) => {
            ask_server(async { output::print_text(&api::openapi()).map(|()| Exit::Ok) })
        }
        Command::Version => {
            cli::print_line(concat!("towpath ", env!("CARGO_PKG_VERSION")));
            ExitCode::SUCCESS
        }
    }
}

/// Runs a command that asks a server, and says what went wrong.
fn ask_server(command: impl Future<Output = Result<Exit, Failure>>) -> ExitCode {
    let interruptible = async {
        tokio::select! {
            outcome = command => outcome,
            _ = tokio::signal::ctrl_c() => Ok(Exit::Interrupted),
        }
    };
    let exit = match block_on(small_runtime(), interruptible) {
        Ok(exit) => exit,
        // Who closes the pipe has seen enough.
        Err(Failure::Print(error)) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Ok,
        Err(failure) => exit::say(&failure.sentence(), failure.exit()),
    };
    exit.into()
}

/// Two threads: one keeps the network moving while the other encodes. A copy needs no more, and each costs memory.
/// The same goes for the threads that may block: one reads a page, one checks the next, one stores, one is to spare.
fn small_runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(4)
        .enable_all()
        .build()
        .expect("the system lets a program start threads")
}

/// As many threads as the machine has cores.
fn server_runtime() -> Runtime {
    Builder::new_multi_thread().enable_all().build().expect("the system lets a program start threads")
}

fn block_on<T>(runtime: Runtime, command: impl Future<Output = T>) -> T {
    let outcome = runtime.block_on(command);
    runtime.shutdown_background();
    outcome
}
