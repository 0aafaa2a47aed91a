//! Parse, run, exit.

use std::process::ExitCode;

use clap::Parser;
use redis_doctor::{cli::Cli, exit::Exit, run};

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run::run(&cli) {
        Ok(exit) => exit.into(),
        Err(error) => {
            run::complain(&error);
            Exit::Failed.into()
        }
    }
}
