//! What the programs of `calls.bpf.c` put into the ring: `struct event` there.

use linux::arch::{Call, HERE};

#[derive(Debug, PartialEq)]
pub struct Record<'a> {
    pub process: u32,
    pub task: u32,
    /// Nanoseconds since the machine started.
    pub time: u64,
    pub what: What<'a>,
}

#[derive(Debug, PartialEq)]
pub enum What<'a> {
    Entered(Call, [u64; 3]),
    /// A path or a word of the call that was entered last; None where it could not be read.
    Text(Option<&'a [u8]>),
    /// What the call that was entered last returned.
    Left(i64),
    Forked(u32),
    Executed,
    Ended,
    Unknown,
}

const HEAD: usize = 48;

impl<'a> Record<'a> {
    pub fn read(bytes: &'a [u8]) -> Self {
        let Some((head, text)) = (bytes.len() >= HEAD).then(|| bytes.split_at(HEAD)) else {
            return Record {
                process: 0,
                task: 0,
                time: 0,
                what: What::Unknown,
            };
        };
        let word =
            |at: usize| u32::from_ne_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let wide = |at| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
        let values = [wide(24), wide(32), wide(40)];
        let what = match (word(0), HERE.call(word(4).into())) {
            (1, Some(call)) => What::Entered(call, values),
            (2, _) => What::Text((values[0] == 0).then_some(text)),
            (3, _) => What::Left(values[0] as i64),
            (4, _) => What::Forked(values[0] as u32),
            (5, _) => What::Executed,
            (6, _) => What::Ended,
            _ => What::Unknown,
        };
        Record {
            process: word(8),
            task: word(12),
            time: wide(16),
            what,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(kind: u32, call: u32, first: u64, text: &[u8]) -> Vec<u8> {
        let words = [kind, call, 7, 8].map(u32::to_ne_bytes).concat();
        let wide = [9, first, 0, 0].map(u64::to_ne_bytes).concat();
        [&words, &wide, text].concat()
    }

    fn what(bytes: &[u8]) -> String {
        format!("{:?}", Record::read(bytes).what)
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let openat = HERE.number(Call::Openat).unwrap();
        let read = bytes(1, openat, 3, b"");
        let record = Record::read(&read);
        assert_eq!((record.process, record.task, record.time), (7, 8, 9));
        assert_eq!(record.what, What::Entered(Call::Openat, [3, 0, 0]));
        assert_eq!(
            Record::read(&bytes(2, 0, 0, b"/x")).what,
            What::Text(Some(b"/x"))
        );
        assert_eq!(what(&bytes(2, 0, 1, b"")), "Text(None)");
        assert_eq!(what(&bytes(3, 0, u64::MAX, b"")), "Left(-1)");
    }

    #[test]
    fn another_record_is_unknown() {
        for other in [
            &b""[..],
            &[0; 47],
            &bytes(9, 0, 0, b""),
            &bytes(1, 9999, 0, b""),
        ] {
            assert_eq!(what(other), "Unknown");
        }
    }
}
