//! The preload backend: run a command with a library in each of its processes, and read the log they write.

use crate::Failure;
use linux::Ending;
use report::{Line, Report};
use std::ffi::{OsStr, OsString};
use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::{env, process};

/// The variable by which the library learns where its log is.
const LOG: &str = "REFERENCE_PRELOAD_LOG";

/// The log, which is gone when this is.
struct Log(PathBuf);

impl Log {
    fn create() -> io::Result<Self> {
        let path = env::temp_dir().join(format!("tracer-{}.log", process::id()));
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        Ok(Log(path))
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Runs the command to its end. Processes that outlive it are heard up to then.
pub fn run(
    command: &[OsString],
    library: &OsStr,
    mut report: Report,
) -> Result<(Report, Ending), Failure> {
    let libraries = preloaded(library).map_err(Failure::Unavailable)?;
    let log = Log::create().map_err(unavailable)?;
    let mut child = Command::new(&command[0])
        .args(&command[1..])
        .env("LD_PRELOAD", libraries)
        .env(LOG, &log.0)
        .spawn()
        .map_err(|why| Failure::NotStarted(why.to_string()))?;
    let status = child.wait().map_err(unavailable)?;
    let lines = fs::read(&log.0).map_err(unavailable)?;
    read(&lines, &mut report);
    if !report.saw(child.id()) {
        return Err(Failure::Unavailable(
            "the command did not load the library: it is static, setuid or for another CPU".into(),
        ));
    }
    let ending = ending(status);
    report.end(child.id(), ending);
    Ok((report, ending))
}

fn unavailable(why: io::Error) -> Failure {
    Failure::Unavailable(why.to_string())
}

/// The value of LD_PRELOAD: the library, before what is preloaded already.
fn preloaded(library: &OsStr) -> Result<OsString, String> {
    let path =
        fs::canonicalize(library).map_err(|why| format!("{}: {why}", library.to_string_lossy()))?;
    if path
        .as_os_str()
        .as_bytes()
        .iter()
        .any(|byte| b" :".contains(byte))
    {
        return Err(format!(
            "{}: the loader takes no path with a space or colon",
            path.display()
        ));
    }
    let mut value = path.into_os_string();
    if let Some(others) = env::var_os("LD_PRELOAD") {
        value.push(":");
        value.push(others);
    }
    Ok(value)
}

fn read(lines: &[u8], report: &mut Report) {
    for line in lines
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        let (pid, event) = Line::parse(line).unwrap_or((0, report::Event::Lost));
        report.note(pid, &event);
    }
}

fn ending(status: ExitStatus) -> Ending {
    Ending::from_status(status.into_raw())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_is_not_understood_counts_as_lost() {
        let mut report = Report::new("preload", Vec::new());
        read(b"7 opened 0 /x \n7 op", &mut report);
        assert!(report.to_string().contains("\"lost\": 1,"));
    }

    #[test]
    fn a_library_that_is_not_there_is_named() {
        assert!(preloaded(OsStr::new("/no/such/library.so"))
            .unwrap_err()
            .starts_with("/no/such/library.so: "));
    }
}
