//! The simulator as a program.

use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    orgsim::run(std::env::args_os())
}
