//! Room for one path or one command line, without allocation.

pub struct Buffer {
    bytes: [u8; Buffer::SIZE],
    length: usize,
}

impl Buffer {
    /// PATH_MAX.
    pub const SIZE: usize = 4096;

    pub fn empty() -> Self {
        Buffer {
            bytes: [0; Buffer::SIZE],
            length: 0,
        }
    }

    /// What `write` leaves in the buffer, which is given by address and size; it answers how much, or less than 0.
    pub fn filled(write: impl FnOnce(usize, usize) -> i64) -> Option<Self> {
        let mut buffer = Buffer::empty();
        let count = write(buffer.bytes.as_mut_ptr() as usize, Buffer::SIZE);
        buffer.length = usize::try_from(count).ok()?.min(Buffer::SIZE);
        Some(buffer)
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// The address of the text as C wants it; None where its NUL has no room.
    pub fn c_text(&self) -> Option<usize> {
        (self.length < Buffer::SIZE).then_some(self.bytes.as_ptr() as usize)
    }

    pub fn push(&mut self, more: &[u8]) -> Option<()> {
        let room = self.bytes.get_mut(self.length..self.length + more.len())?;
        room.copy_from_slice(more);
        self.length += more.len();
        Some(())
    }

    pub fn push_number(&mut self, number: u32) -> Option<()> {
        if number >= 10 {
            self.push_number(number / 10)?;
        }
        self.push(&[b'0' + (number % 10) as u8])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_takes_what_fits_and_nothing_else() {
        let mut buffer = Buffer::empty();
        assert_eq!(buffer.push(&[b'x'; Buffer::SIZE - 3]), Some(()));
        assert_eq!(buffer.push_number(407), Some(()));
        assert_eq!(buffer.push(b"y"), None);
        assert_eq!(buffer.c_text(), None);
        assert!(buffer.bytes().ends_with(b"x407"));
    }
}
