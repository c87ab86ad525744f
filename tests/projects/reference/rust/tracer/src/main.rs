//! `tracer [--preload LIBRARY | --ebpf OBJECT] [--report FILE] -- COMMAND [ARG...]`: run a command and say, as JSON, which processes it
//! started and which files they opened, read, wrote, renamed and removed. `tracer --checkpoint PID [--report FILE]`: say
//! where the threads of a running process stand.
//!
//! It watches with ptrace(2), or from inside the processes with the library that `--preload` names. The exit status is
//! the command's own or 128 + N after signal N; 127 where it could not be started, 125 where this machine does not let
//! it be watched (both say why as `{"not_started": …}` and `{"unavailable": …}`), 1 where tracer itself is damaged
//! (`{"broken": …}`), and 2 where it was called wrongly.

mod calls;
mod checkpoint;
mod ebpf;
mod memory;
mod preload;
mod ptrace;
mod trace;

use linux::Ending;
use report::{json, Report, Request};
use std::env;
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;

const USAGE: &str =
    "usage: tracer [--preload LIBRARY | --ebpf OBJECT] [--report FILE] -- COMMAND [ARG...]
       tracer --checkpoint PID [--report FILE]";

/// Why there is no report.
enum Failure {
    Unavailable(String),
    /// What tracer brings along is damaged, or the kernel refuses it: nothing that another machine would cure.
    Broken(String),
    NotStarted(String),
}

fn watch(request: &Request) -> Result<(Report, Ending), Failure> {
    let option = |name| request.options.get(name);
    match (option("--preload"), option("--ebpf")) {
        (Some(library), _) => preload::run(&request.command, library, empty(request, "preload")),
        (_, Some(object)) => ebpf::run(&request.command, object, empty(request, "ebpf")),
        _ => trace::run(&request.command, empty(request, "ptrace")),
    }
}

fn empty(request: &Request, backend: &'static str) -> Report {
    let words = request.command.iter().map(|word| word.as_bytes().to_vec());
    Report::new(backend, words.collect())
}

/// What was asked for, and the exit status.
fn answer(request: &Request) -> Result<(String, u8), Failure> {
    if let Some(pid) = request.options.get("--checkpoint") {
        return Ok((checkpoint::take(pid)?, 0));
    }
    let (mut report, ending) = watch(request)?;
    report.seal();
    Ok((report.to_string(), ending.exit_code()))
}

fn outcome(request: &Request) -> (String, u8) {
    match answer(request) {
        Ok(told) => told,
        Err(Failure::Unavailable(why)) => (reason("unavailable", &why), 125),
        Err(Failure::Broken(why)) => (reason("broken", &why), 1),
        Err(Failure::NotStarted(why)) => (reason("not_started", &why), 127),
    }
}

fn reason(kind: &'static str, why: &str) -> String {
    json::object(&[(kind, json::text(why.as_bytes()))])
}

fn main() -> ExitCode {
    let options = ["--preload", "--ebpf", "--report", "--checkpoint"];
    let Some(request) = Request::parse(env::args_os().skip(1), &options, "--checkpoint") else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let (report, status) = outcome(&request);
    if let Err(why) = request.publish(&report) {
        eprintln!("tracer: the report could not be written: {why}");
        return ExitCode::from(1);
    }
    ExitCode::from(status)
}
