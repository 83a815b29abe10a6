//! A log cut into the texts of its records, each read by itself: a bad one spoils no other.

use std::io::{self, BufRead};

/// Longest record, in bytes; a longer one is passed over.
const LONGEST: usize = 64 << 20;
/// How much is looked at to tell lines from one large value.
const GLANCE: usize = 256 * 1024;
/// Lists of records inside an object, as the exports of help desks and test runs wrap them.
const LISTS: [&str; 7] = [
    "conversations",
    "tickets",
    "simulations",
    "payload",
    "data",
    "items",
    "results",
];

/// A record, or why there is none.
#[derive(Debug, PartialEq)]
pub(super) struct Piece {
    /// The line it begins on, from 1.
    pub(super) line: u64,
    /// Its bytes; too many of them are an error.
    pub(super) text: Result<Vec<u8>, &'static str>,
}

/// How records follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// One on each line.
    Lines,
    /// Values one after the other, lists of which are their elements.
    Values,
}

/// The records of a log of JSON, in order.
pub(super) struct Pieces<R> {
    from: R,
    layout: Layout,
    line: u64,
    /// Whether the elements of a list are coming.
    inside: bool,
    /// How many objects are open around the list.
    wrapped: usize,
    ended: bool,
}

impl<R: BufRead> Pieces<R> {
    /// Looks at the beginning of `from`, of which `glance` holds as much as is there at once.
    pub(super) fn new(from: R, glance: &[u8]) -> Self {
        Self {
            from,
            layout: layout(glance),
            line: 1,
            inside: false,
            wrapped: 0,
            ended: false,
        }
    }

    /// The next record.
    pub(super) fn next(&mut self) -> io::Result<Option<Piece>> {
        match self.layout {
            Layout::Lines => self.next_line(),
            Layout::Values => self.next_value(),
        }
    }

    fn next_line(&mut self) -> io::Result<Option<Piece>> {
        loop {
            let line = self.line;
            let mut text = Vec::new();
            let mut too_long = false;
            loop {
                let buffer = self.from.fill_buf()?;
                if buffer.is_empty() {
                    break;
                }
                let end = buffer.iter().position(|byte| *byte == b'\n');
                let taken = end.map_or(buffer.len(), |end| end + 1);
                too_long |= text.len() + taken > LONGEST;
                if !too_long {
                    text.extend_from_slice(&buffer[..taken]);
                }
                self.from.consume(taken);
                if end.is_some() {
                    self.line += 1;
                    break;
                }
            }
            if too_long {
                let text = Err("the line is longer than 64 MiB");
                return Ok(Some(Piece { line, text }));
            }
            if text.is_empty() {
                return Ok(None);
            }
            if text.iter().any(|byte| !byte.is_ascii_whitespace()) {
                return Ok(Some(Piece {
                    line,
                    text: Ok(text),
                }));
            }
        }
    }

    fn next_value(&mut self) -> io::Result<Option<Piece>> {
        if self.ended {
            return Ok(None);
        }
        loop {
            let Some(byte) = self.peek()? else {
                self.ended = true;
                return Ok(None);
            };
            match byte {
                b'\n' => self.line += 1,
                b'[' if !self.inside => self.inside = true,
                b']' if self.inside => {
                    self.inside = false;
                    self.from.consume(1);
                    self.leave_wrapper()?;
                    continue;
                }
                b'{' if !self.inside => return self.object(),
                b' ' | b'\t' | b'\r' | b',' | b']' | b'}' => {}
                _ => return self.value(),
            }
            self.from.consume(1);
        }
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.from.fill_buf()?.first().copied())
    }

    /// Passes over what follows a list in the objects around it.
    fn leave_wrapper(&mut self) -> io::Result<()> {
        let mut scan = Scan {
            depth: std::mem::take(&mut self.wrapped),
            ..Scan::default()
        };
        while scan.depth > 0 {
            let Some(byte) = self.peek()? else {
                return Ok(());
            };
            self.from.consume(1);
            self.line += u64::from(byte == b'\n');
            scan.see(byte);
        }
        Ok(())
    }

    /// A value inside a list.
    fn value(&mut self) -> io::Result<Option<Piece>> {
        let line = self.line;
        let mut scan = Scan::default();
        let mut text = Vec::new();
        let mut too_long = false;
        while let Some(byte) = self.peek()? {
            if scan.depth == 0 && !scan.quoted && matches!(byte, b',' | b']') {
                break;
            }
            self.from.consume(1);
            self.line += u64::from(byte == b'\n');
            scan.see(byte);
            too_long |= text.len() >= LONGEST;
            if !too_long {
                text.push(byte);
            }
            if scan.closed {
                break;
            }
        }
        let text = match too_long {
            true => Err("the record is longer than 64 MiB"),
            false => Ok(text),
        };
        Ok(Some(Piece { line, text }))
    }

    /// An object outside of lists: a record, or a wrapper around a list of them. It ends where a
    /// list of records begins, whose elements come next.
    fn object(&mut self) -> io::Result<Option<Piece>> {
        let line = self.line;
        let mut scan = Scan::default();
        let mut text = Vec::new();
        let mut too_long = false;
        let mut key: Vec<u8> = Vec::new();
        while let Some(byte) = self.peek()? {
            self.from.consume(1);
            self.line += u64::from(byte == b'\n');
            let is_list = byte == b'[' && !scan.quoted && scan.depth == scan.wrapped;
            if is_list && LISTS.iter().any(|list| list.as_bytes() == key) {
                self.inside = true;
                self.wrapped = scan.wrapped;
                return self.next_value();
            }
            let was_quoted = scan.quoted;
            scan.see(byte);
            // A wrapper may stand in a wrapper: `{"data": {"payload": [`.
            let is_wrapper = byte == b'{' && !was_quoted && scan.depth == scan.wrapped + 1;
            if is_wrapper && LISTS.iter().any(|list| list.as_bytes() == key) {
                scan.wrapped += 1;
            }
            if scan.depth == scan.wrapped {
                match (was_quoted, scan.quoted) {
                    (false, true) => key.clear(),
                    (true, true) if key.len() < 64 => key.push(byte),
                    _ => {}
                }
            }
            too_long |= text.len() >= LONGEST;
            if !too_long {
                text.push(byte);
            }
            if scan.closed {
                break;
            }
        }
        let text = match too_long {
            true => Err("the record is longer than 64 MiB"),
            false => Ok(text),
        };
        Ok(Some(Piece { line, text }))
    }
}

/// Where in a JSON text a byte stands.
struct Scan {
    depth: usize,
    /// At which depth the keys of wrappers stand.
    wrapped: usize,
    quoted: bool,
    escaped: bool,
    /// Whether the outermost value has just ended.
    closed: bool,
}

impl Default for Scan {
    fn default() -> Self {
        Self {
            depth: 0,
            wrapped: 1,
            quoted: false,
            escaped: false,
            closed: false,
        }
    }
}

impl Scan {
    fn see(&mut self, byte: u8) {
        if self.quoted {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.quoted = false,
                _ => {}
            }
            return;
        }
        match byte {
            b'"' => self.quoted = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                self.closed = self.depth == 0;
            }
            _ => {}
        }
    }
}

/// Lines, where a whole line that is not indented is a value and another follows it; else values.
fn layout(glance: &[u8]) -> Layout {
    let glance = &glance[..glance.len().min(GLANCE)];
    let mut lines = glance.split(|byte| *byte == b'\n').peekable();
    while let Some(line) = lines.next() {
        let more = lines.peek().is_some();
        if more && matches!(line.first(), Some(b'{' | b'[')) && is_value(line) {
            let followed = lines.any(|line| line.iter().any(|byte| !byte.is_ascii_whitespace()));
            // One line that is a list of everything is no line of many.
            return match followed || line.trim_ascii_start().starts_with(b"{") {
                true => Layout::Lines,
                false => Layout::Values,
            };
        }
        // An open bracket alone begins something that is spread over lines, and a comma after a
        // value goes on with it.
        let line = line.trim_ascii();
        if matches!(line, [b'[' | b'{']) || line.strip_suffix(b",").is_some_and(is_value) {
            return Layout::Values;
        }
    }
    Layout::Values
}

fn is_value(text: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<(u64, String)> {
        let mut pieces = Pieces::new(text.as_bytes(), text.as_bytes());
        let mut found = Vec::new();
        while let Some(piece) = pieces.next().unwrap() {
            let text = String::from_utf8(piece.text.unwrap()).unwrap();
            found.push((piece.line, text.trim().to_owned()));
        }
        found
    }

    #[test]
    fn lines_stand_alone_even_where_one_is_broken() {
        let found = pieces("{\"a\":1}\n{\"b\":\n\n{\"c\":\"}\"}\n");
        let lines: Vec<u64> = found.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [1, 2, 4]);
        assert_eq!(found[2].1, "{\"c\":\"}\"}");
        assert_eq!(pieces("nonsense\n{\"a\":1}\n{\"b\":2}\n").len(), 3);
    }

    #[test]
    fn a_list_is_read_element_by_element() {
        let found = pieces("[\n {\"a\": [1, 2]},\n {\"b\": \"],{\"}\n, oops, {}]");
        let texts: Vec<&str> = found.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["{\"a\": [1, 2]}", "{\"b\": \"],{\"}", "oops", "{}"]);
        assert_eq!(found[1].0, 3);
        assert_eq!(pieces("[{\"a\":1},{\"b\":2}]").len(), 2);
    }

    #[test]
    fn a_list_may_be_spread_over_lines_in_any_way() {
        for text in [
            "[{\"id\": 1, \"messages\": [\n {\"a\": 1},\n {\"a\": 2}\n]}, {\"id\": 2}]",
            "[{\"id\": 1, \"messages\": [\n  {\"a\": 1}\n]},\n{\"id\": 2}]",
            "[{\"id\": 1, \"messages\": [\n{\"a\": 1},\n{\"a\": 2}\n]},\n{\"id\": 2}\n]",
        ] {
            assert_eq!(pieces(text).len(), 2, "{text}");
        }
    }

    #[test]
    fn a_list_in_a_wrapper_is_unwrapped() {
        let text = "{\"info\": {\"l\": [1]}, \"tasks\": [{}],\n\"simulations\": [{\"a\": 1}, 2], \"n\": [3]}";
        let found = pieces(text);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].1, "{\"a\": 1}");
        let nested = "{\"data\": {\"meta\": {}, \"payload\": [{\"b\": 1}]}}";
        assert_eq!(pieces(nested), [(1, "{\"b\": 1}".to_owned())]);
    }

    #[test]
    fn an_object_without_a_list_is_a_record() {
        let text = "{\n \"id\": 1,\n \"messages\": [{\"role\": \"user\"}]\n}\n";
        assert_eq!(pieces(text).len(), 1);
    }
}
