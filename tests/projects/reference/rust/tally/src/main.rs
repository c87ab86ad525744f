//! `tally [--report FILE] -- COMMAND [ARG...]`: run a command and say, as JSON, how it ended and what it cost.
//!
//! Without `--report` the report goes to standard error, as `time` does it. The exit status is the command's own,
//! 128 + N after signal N, 127 where the command could not be started and 2 where tally was called wrongly.

mod cost;
mod wait;

use cost::Cost;
use report::Request;
use std::process::{Command, ExitCode};
use std::time::Instant;
use std::{env, io};

const USAGE: &str = "usage: tally [--report FILE] -- COMMAND [ARG...]";

fn run(request: &Request) -> io::Result<Cost> {
    let began = Instant::now();
    let child = Command::new(&request.command[0])
        .args(&request.command[1..])
        .spawn()?;
    let (ending, usage) = wait::wait(child.id())?;
    Ok(Cost {
        command: request.command.clone(),
        wall: began.elapsed(),
        ending,
        usage,
    })
}

fn main() -> ExitCode {
    let Some(request) = Request::parse(env::args_os().skip(1), &["--report"], "") else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let cost = match run(&request) {
        Ok(cost) => cost,
        Err(why) => {
            eprintln!("tally: {}: {why}", request.command[0].to_string_lossy());
            return ExitCode::from(127);
        }
    };
    if let Err(why) = request.publish(&cost.to_string()) {
        eprintln!("tally: the report could not be written: {why}");
        return ExitCode::from(1);
    }
    ExitCode::from(cost.ending.exit_code())
}
