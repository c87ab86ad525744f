//! How a report is asked for, and handed over: `NAME [--OPTION VALUE]... -- COMMAND [ARG...]`.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::{fs, process};

pub struct Request {
    pub options: HashMap<&'static str, OsString>,
    pub command: Vec<OsString>,
}

impl Request {
    /// Understands the words of a command line; None for an unknown option, a missing value or no command. Only with the
    /// option `alone` there is no command, and without it there must be one.
    pub fn parse(
        mut words: impl Iterator<Item = OsString>,
        known: &[&'static str],
        alone: &'static str,
    ) -> Option<Self> {
        let mut options = HashMap::new();
        while let Some(word) = words.next() {
            if word == "--" {
                break;
            }
            let option = known.iter().find(|&&option| word == option)?;
            options.insert(*option, words.next()?);
        }
        let command: Vec<_> = words.collect();
        (command.is_empty() == options.contains_key(alone)).then_some(Request { options, command })
    }

    /// Writes a report to the file that `--report` names, without it to standard error, as `time` does it. Whoever reads
    /// the file meanwhile finds the old report or the new one, never half of it.
    pub fn publish(&self, report: &str) -> io::Result<()> {
        match self.options.get("--report") {
            Some(path) => replace(Path::new(path), &format!("{report}\n")),
            None => {
                eprintln!("{report}");
                Ok(())
            }
        }
    }
}

/// Writes a file whole beside its place and moves it there. What is no regular file, such as a pipe, stays what it is.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    if path.exists() && !path.is_file() {
        return fs::write(path, text);
    }
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.partial", process::id()));
    let partial = path.with_file_name(name);
    let written = fs::File::create(&partial)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())
                .and_then(|()| file.sync_all())
        })
        .and_then(|()| fs::rename(&partial, path));
    if written.is_err() {
        let _ = fs::remove_file(&partial);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_replaces_an_older_one_whole_and_leaves_nothing_beside_it() {
        let folder = std::env::temp_dir().join(format!("publish-{}", process::id()));
        fs::create_dir(&folder).unwrap();
        let request = parse(&format!("--report {}/r.json -- ls", folder.display())).unwrap();
        for text in ["a longer report", "short"] {
            request.publish(text).unwrap();
            let said = fs::read_to_string(folder.join("r.json")).unwrap();
            assert_eq!(said, format!("{text}\n"));
        }
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(&folder).unwrap();
        assert!(request.publish("nowhere").is_err());
    }

    fn parse(line: &str) -> Option<Request> {
        let words = line.split_whitespace().map(OsString::from);
        Request::parse(words, &["--report", "--pid"], "--pid")
    }

    #[test]
    fn a_report_file_and_a_command_are_understood() {
        let request = parse("--report out.json -- ls -l").unwrap();
        assert_eq!(request.options["--report"], "out.json");
        assert_eq!(request.command, ["ls", "-l"]);
    }

    #[test]
    fn one_option_stands_without_a_command() {
        let request = parse("--pid 7 --report out.json").unwrap();
        assert_eq!(request.options["--pid"], "7");
        assert!(request.command.is_empty());
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
            "--pid 7 -- ls",
            "--pid",
        ] {
            assert!(parse(line).is_none(), "{line}");
        }
    }
}
