//! How a report is asked for, and handed over: `NAME [--OPTION VALUE]... -- COMMAND [ARG...]`.

use std::collections::HashMap;
use std::ffi::OsString;
use std::{fs, io};

pub struct Request {
    pub options: HashMap<&'static str, OsString>,
    pub command: Vec<OsString>,
}

impl Request {
    /// Understands the words of a command line; None for an unknown option, a missing value or no command.
    pub fn parse(
        mut words: impl Iterator<Item = OsString>,
        known: &[&'static str],
    ) -> Option<Self> {
        let mut options = HashMap::new();
        loop {
            let word = words.next()?;
            if word == "--" {
                let command: Vec<_> = words.collect();
                return (!command.is_empty()).then_some(Request { options, command });
            }
            let option = known.iter().find(|&&option| word == option)?;
            options.insert(*option, words.next()?);
        }
    }

    /// Writes a report to the file that `--report` names, without it to standard error, as `time` does it.
    pub fn publish(&self, report: &str) -> io::Result<()> {
        match self.options.get("--report") {
            Some(path) => fs::write(path, format!("{report}\n")),
            None => {
                eprintln!("{report}");
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Option<Request> {
        Request::parse(line.split_whitespace().map(OsString::from), &["--report"])
    }

    #[test]
    fn a_report_file_and_a_command_are_understood() {
        let request = parse("--report out.json -- ls -l").unwrap();
        assert_eq!(request.options["--report"], "out.json");
        assert_eq!(request.command, ["ls", "-l"]);
    }

    #[test]
    fn a_call_without_a_command_or_with_an_unknown_option_is_refused() {
        for line in [
            "",
            "--",
            "ls",
            "--report",
            "--report x --",
            "--other x -- ls",
        ] {
            assert!(parse(line).is_none(), "{line}");
        }
    }
}
