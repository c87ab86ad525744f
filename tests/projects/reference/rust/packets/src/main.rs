//! `packets --interface NAME --object FILE [--report FILE] -- COMMAND [ARG...]`: run a command and say, as JSON, how many
//! packets a network interface received meanwhile.
//!
//! An XDP program counts, in the driver where that can (native), or else behind it (generic). It is detached when this
//! process ends, however it ends. The exit status is the command's own; 127 where it could not be started, 125 where this
//! machine does not let packets be counted, 1 where the program is damaged or refused, and 2 where packets was called wrongly.

mod count;

use report::{json, Request};
use std::env;
use std::io::{self, ErrorKind};
use std::process::ExitCode;

const USAGE: &str =
    "usage: packets --interface NAME --object FILE [--report FILE] -- COMMAND [ARG...]";

fn outcome(request: &Request) -> Option<(String, u8)> {
    let (interface, object) = (
        request.options.get("--interface")?,
        request.options.get("--object")?,
    );
    let reason = |kind, why: String| json::object(&[(kind, json::text(why.as_bytes()))]);
    Some(match count::Counter::attach(interface, object) {
        Err(why) if is_ours(&why) => (reason("broken", why.to_string()), 1),
        Err(why) => (reason("unavailable", why.to_string()), 125),
        Ok(counter) => match counter.run(&request.command) {
            Err(why) => (reason("not_started", why.to_string()), 127),
            Ok((report, ending)) => (report, ending.exit_code()),
        },
    })
}

/// A damaged object, or one that the verifier refuses, is no lack of this machine.
fn is_ours(why: &io::Error) -> bool {
    why.kind() == ErrorKind::InvalidData
}

fn main() -> ExitCode {
    let options = ["--interface", "--object", "--report"];
    let request = Request::parse(env::args_os().skip(1), &options, "");
    let Some((request, (report, status))) =
        request.and_then(|one| outcome(&one).map(|said| (one, said)))
    else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    if let Err(why) = request.publish(&report) {
        eprintln!("packets: the report could not be written: {why}");
        return ExitCode::from(1);
    }
    ExitCode::from(status)
}
