//! Lines of bounded length: whatever is read, the memory it takes is known beforehand.

use std::io::{self, BufRead, Read};

/// Reads lines, and passes over those that are too long.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    reader: R,
    limit: usize,
    buffer: Vec<u8>,
    /// The number of the last line, counted from 1.
    pub(crate) number: u64,
    /// The bytes read so far.
    pub(crate) bytes: u64,
}

/// One line, without its end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    Whole(&'a [u8]),
    TooLong,
}

impl<R: BufRead> Lines<R> {
    /// Lines of at most `limit` bytes.
    pub(crate) fn new(reader: R, limit: usize) -> Lines<R> {
        Lines {
            reader,
            limit,
            buffer: Vec::new(),
            number: 0,
            bytes: 0,
        }
    }

    /// The next line, `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.buffer.clear();
        let room = self.limit as u64 + 1;
        let read = self
            .reader
            .by_ref()
            .take(room)
            .read_until(b'\n', &mut self.buffer)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.bytes += read as u64;
        if self.buffer.last() == Some(&b'\n') {
            self.buffer.pop();
        } else if read as u64 == room {
            self.skip_to_end()?;
            return Ok(Some(Line::TooLong));
        }
        Ok(Some(Line::Whole(&self.buffer)))
    }

    fn skip_to_end(&mut self) -> io::Result<()> {
        loop {
            let piece = self.reader.fill_buf()?;
            let end = piece.iter().position(|&byte| byte == b'\n');
            let length = end.map_or(piece.len(), |end| end + 1);
            self.reader.consume(length);
            self.bytes += length as u64;
            if end.is_some() || length == 0 {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    #[test]
    fn lines_at_and_over_the_limit() {
        let text = b"abc\n\nabcd\nabcde\nab";
        let mut lines = Lines::new(BufReader::with_capacity(2, &text[..]), 4);
        for due in [
            Line::Whole(b"abc"),
            Line::Whole(b""),
            Line::Whole(b"abcd"),
            Line::TooLong,
            Line::Whole(b"ab"),
        ] {
            assert_eq!(lines.next().expect("memory can be read"), Some(due));
        }
        assert_eq!(lines.next().expect("memory can be read"), None);
        assert_eq!((lines.number, lines.bytes), (5, text.len() as u64));
    }

    #[test]
    fn a_last_line_without_an_end_may_be_too_long() {
        let mut lines = Lines::new(&b"abcdefgh"[..], 4);
        assert_eq!(
            lines.next().expect("memory can be read"),
            Some(Line::TooLong)
        );
        assert_eq!(lines.next().expect("memory can be read"), None);
    }

    #[test]
    fn an_endless_line_takes_no_more_than_the_limit() {
        let endless = io::repeat(b'x').take(50_000_000);
        let mut lines = Lines::new(BufReader::new(endless), 1000);
        assert_eq!(
            lines.next().expect("memory can be read"),
            Some(Line::TooLong)
        );
        assert!(lines.buffer.capacity() < 10_000);
    }
}
