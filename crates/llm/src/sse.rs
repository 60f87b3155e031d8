//! Server-sent events, as far as model providers use them: the `data` of each event. Bytes come
//! in as the network cut them. Knows nothing of what the data means.
//!
//! Format: <https://html.spec.whatwg.org/multipage/server-sent-events.html>.

/// The largest event. The last one of a Responses stream repeats the whole answer.
pub(crate) const EVENT_BYTES_MAX: usize = 16 * 1024 * 1024;

#[derive(Debug, Default)]
pub(crate) struct Parser {
    line: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    /// The last byte was `\r`: a `\n` that follows belongs to it.
    after_cr: bool,
}

/// The stream sent more than [`EVENT_BYTES_MAX`] without ending the event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct EventTooLarge;

impl Parser {
    /// The data of each event that `bytes` completes.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, EventTooLarge> {
        let mut events = Vec::new();
        for &byte in bytes {
            let joined = std::mem::replace(&mut self.after_cr, byte == b'\r') && byte == b'\n';
            match byte {
                b'\n' if joined => {}
                b'\n' | b'\r' => events.extend(self.end_line()),
                _ => self.line.push(byte),
            }
            if self.line.len() + self.data.len() > EVENT_BYTES_MAX {
                return Err(EventTooLarge);
            }
        }
        Ok(events)
    }

    /// The event that a stream ended in, for servers that forget the last empty line.
    pub(crate) fn finish(&mut self) -> Option<String> {
        if !self.line.is_empty() {
            let _inside_the_event = self.end_line();
        }
        self.take()
    }

    fn end_line(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            return self.take();
        }
        // Comments start with a colon; event names and ids repeat what the data says.
        if let Some(value) = line.strip_prefix(b"data:") {
            self.add(value.strip_prefix(b" ").unwrap_or(value));
        }
        None
    }

    fn add(&mut self, value: &[u8]) {
        if self.has_data {
            self.data.push(b'\n');
        }
        self.has_data = true;
        self.data.extend_from_slice(value);
    }

    fn take(&mut self) -> Option<String> {
        let data = std::mem::take(&mut self.data);
        let has_data = std::mem::take(&mut self.has_data);
        // Some servers send empty data to keep a connection open.
        (has_data && !data.trim_ascii().is_empty())
            .then(|| String::from_utf8_lossy(&data).into_owned())
    }
}

#[cfg(test)]
mod tests;
