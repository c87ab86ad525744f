//! `tally [--report FILE] -- COMMAND [ARG...]`: run a command and say, as JSON, how it ended and what it cost.
//!
//! Without `--report` the report goes to standard error, as `time` does it. The exit status is the command's own,
//! 128 + N after signal N, 127 where the command could not be started and 2 where tally was called wrongly.

mod report;
mod wait;

use report::Report;
use std::ffi::OsString;
use std::process::{Command, ExitCode};
use std::time::Instant;
use std::{env, fs, io};

const USAGE: &str = "usage: tally [--report FILE] -- COMMAND [ARG...]";

struct Request {
    report: Option<OsString>,
    command: Vec<OsString>,
}

fn parse(mut words: impl Iterator<Item = OsString>) -> Option<Request> {
    let mut report = None;
    loop {
        let word = words.next()?;
        if word == "--report" {
            report = Some(words.next()?);
        } else if word == "--" {
            let command: Vec<_> = words.collect();
            return (!command.is_empty()).then_some(Request { report, command });
        } else {
            return None;
        }
    }
}

fn run(request: &Request) -> io::Result<Report> {
    let began = Instant::now();
    let child = Command::new(&request.command[0])
        .args(&request.command[1..])
        .spawn()?;
    let (ending, usage) = wait::wait(child.id())?;
    Ok(Report {
        command: request.command.clone(),
        wall: began.elapsed(),
        ending,
        usage,
    })
}

fn publish(report: &Report, path: Option<&OsString>) -> io::Result<()> {
    match path {
        Some(path) => fs::write(path, format!("{report}\n")),
        None => {
            eprintln!("{report}");
            Ok(())
        }
    }
}

fn main() -> ExitCode {
    let Some(request) = parse(env::args_os().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let report = match run(&request) {
        Ok(report) => report,
        Err(why) => {
            eprintln!("tally: {}: {why}", request.command[0].to_string_lossy());
            return ExitCode::from(127);
        }
    };
    if let Err(why) = publish(&report, request.report.as_ref()) {
        eprintln!("tally: the report could not be written: {why}");
        return ExitCode::from(1);
    }
    ExitCode::from(report.ending.exit_code())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> impl Iterator<Item = OsString> + '_ {
        text.split_whitespace().map(OsString::from)
    }

    #[test]
    fn a_report_file_and_a_command_are_understood() {
        let request = parse(words("--report out.json -- ls -l")).unwrap();
        assert_eq!(request.report, Some("out.json".into()));
        assert_eq!(request.command, ["ls", "-l"]);
    }

    #[test]
    fn a_call_without_a_command_is_refused() {
        for line in ["", "--", "ls", "--report", "--report x --"] {
            assert!(parse(words(line)).is_none(), "{line}");
        }
    }
}
