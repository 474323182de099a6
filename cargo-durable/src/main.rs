//! `cargo durable`: keeps running executions safe from edits; looks into the database of a durable engine, whether the engine runs, was killed, or ended long ago; and serves Lambda functions on
//! this machine.
//!
//! What looks only reads, takes no lock, and leaves the file as it is. `cargo durable --help` teaches by example.
//!
//! Exit codes: 0 it was done, found and shown, or served until Ctrl-C; 1 there is no such execution or workflow, or the lock file is out of date; 2 the command
//! line or the configuration makes no sense, the code does not compile, or the database can't be read.

mod cli;
mod code;
mod failure;
mod find;
mod history;
mod list;
mod serve;
mod show;
mod text;
mod tree;

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};
use failure::Failure;

fn main() -> ExitCode {
    let cli = Cli::parse_from(cli::arguments(std::env::args_os().collect()));
    // Colours and styles pass to a terminal only.
    let mut out = anstream::AutoStream::auto(std::io::stdout().lock());
    let done = run(cli.command, &mut out).and_then(|()| Ok(out.flush()?));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read this has seen enough: `cargo durable history … | head`.
        Err(Failure::Output(error)) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            let failure_text = text::shown_lines(&failure.to_string());
            anstream::eprintln!("{}error:{:#} {failure_text}", text::BAD, text::BAD);
            failure.exit_code()
        }
    }
}

fn run(command: Command, out: &mut impl Write) -> Result<(), Failure> {
    match command {
        Command::Lock(lock) => code::lock::run(&lock, out),
        Command::Graph(graph) => code::graph::run(&graph, out),
        Command::Replay(replay) => code::replay::run(&replay, out),
        Command::Audit(audit) => code::audit::run(&audit, out),
        Command::List(list) => list::run(&list, out),
        Command::Show(show) => show::run(&show, out),
        Command::History(history) => history::run(&history, out),
        Command::Serve(serve) => serve::run(&serve, out),
    }
}
