//! Towpath, the program.

mod cli;
mod copy;
mod exit;
mod logging;

use std::process::ExitCode;

use clap::Parser;

use crate::{
    cli::{Cli, Command},
    exit::Exit,
};

fn main() -> ExitCode {
    let cli = Cli::parse();
    logging::start(cli.log_json);
    match cli.command {
        Command::Copy(args) => run_async(copy::run(*args)).into(),
        Command::Orgsim(args) => orgsim::run(args.with_program_name())
            .unwrap_or_else(|error| exit::say(&format!("orgsim: {error:#}"), Exit::Failed).into()),
        Command::Version => {
            cli::print_line(concat!("towpath ", env!("CARGO_PKG_VERSION")));
            ExitCode::SUCCESS
        }
    }
}

fn run_async(command: impl Future<Output = Exit>) -> Exit {
    // Two threads: one keeps the network moving while the other encodes. A copy needs no more, and each costs memory.
    // The same goes for the threads that may block: one reads a page, one checks the next, one stores, one is to spare.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(4)
        .enable_all()
        .build()
        .expect("the system lets a program start threads");
    let exit = runtime.block_on(command);
    runtime.shutdown_background();
    exit
}
