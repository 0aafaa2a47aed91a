//! Parse, run, exit.

use std::process::ExitCode;

use redis_doctor::{
    cli::{self, Ask},
    exit::Exit,
    run,
};

fn main() -> ExitCode {
    let cli = match cli::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(Ask::Print(text)) => {
            // A reader that went away is no failure.
            let _ = text.print();
            return if text.use_stderr() { Exit::Failed } else { Exit::Well }.into();
        }
        Err(Ask::Refuse(sentence)) => {
            run::complain(&sentence);
            return Exit::Failed.into();
        }
    };
    match run::run(&cli) {
        Ok(exit) => exit.into(),
        Err(error) => {
            run::complain(&format!("{error:#}"));
            Exit::Failed.into()
        }
    }
}
