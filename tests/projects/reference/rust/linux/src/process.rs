//! Which process a number means: the kernel uses numbers again, so its start time belongs to it.

/// When a process started, in clock ticks since the machine did, from its `/proc/PID/stat`. None where the text is
/// something else. Allocates nothing: it may be called between fork and exec.
pub fn start_time(stat: &[u8]) -> Option<u64> {
    // the name of the program, in brackets, may hold anything: brackets and spaces too
    let behind = stat.iter().rposition(|&byte| byte == b')')? + 2;
    let field = stat.get(behind..)?.split(|&byte| byte == b' ').nth(FIELD)?;
    std::str::from_utf8(field).ok()?.parse().ok()
}

/// proc(5) counts `starttime` as field 22; the first behind the name is field 3.
const FIELD: usize = 22 - 3;

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &str = "R 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 19\n";

    #[test]
    fn the_name_of_a_program_does_not_hide_its_start() {
        for name in ["sh", "a b", "x) R 1 2 3 4 5 6 7 8 9 (y"] {
            let stat = format!("7 ({name}) {REST}");
            assert_eq!(start_time(stat.as_bytes()), Some(4711), "{name}");
        }
    }

    #[test]
    fn another_text_has_no_start() {
        for text in [
            "",
            "7 (sh",
            "7 (sh) R 1",
            "7 (sh) R 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 x 19",
        ] {
            assert_eq!(start_time(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn this_process_started() {
        let stat = std::fs::read("/proc/self/stat").unwrap();
        assert!(start_time(&stat).unwrap() > 0);
    }
}
