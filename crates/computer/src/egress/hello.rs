//! Reads the beginning of a TLS connection as far as its greeting goes: which name it asks for.
//! Pure; nothing is decrypted, and nothing is changed.

/// Of a greeting with its records' headers; with keys for after quantum computers it is 2 KiB.
pub const HELLO_BYTES_MAX: usize = 16 * 1024;

const RECORD_HANDSHAKE: u8 = 22;
const RECORD_HEADER_BYTES: usize = 5;
/// RFC 8446, section 5.1.
const RECORD_BYTES_MAX: usize = 16 * 1024;
const HANDSHAKE_CLIENT_HELLO: u8 = 1;
const HANDSHAKE_HEADER_BYTES: usize = 4;
const EXTENSION_SERVER_NAME: u16 = 0;
/// RFC 9849.
const EXTENSION_ENCRYPTED_HELLO: u16 = 0xfe0d;
const NAME_IS_A_HOST: u8 = 0;

/// What a connection begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beginning {
    /// Too little is there to tell.
    Incomplete,
    Hello(Hello),
    /// Something else, or a greeting that nobody would understand.
    Other,
}

/// What a client says in the clear.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hello {
    /// As it was sent.
    pub name: Option<String>,
    /// There is a second greeting in it that only the server can read, maybe with another name.
    pub encrypted: bool,
}

pub fn read(bytes: &[u8]) -> Beginning {
    match handshake(bytes) {
        Ok(Some(message)) => {
            client_hello(message.as_slice()).map_or(Beginning::Other, Beginning::Hello)
        }
        Ok(None) => Beginning::Incomplete,
        Err(NotTls) => Beginning::Other,
    }
}

struct NotTls;

/// The first handshake message, put together from its records.
fn handshake(mut bytes: &[u8]) -> Result<Option<Vec<u8>>, NotTls> {
    let mut message = Vec::new();
    loop {
        if let Some(length) = whole(&message)? {
            message.truncate(length);
            message.drain(..HANDSHAKE_HEADER_BYTES);
            return Ok(Some(message));
        }
        let Some(record) = record(bytes)? else { return Ok(None) };
        message.extend_from_slice(record);
        bytes = &bytes[RECORD_HEADER_BYTES + record.len()..];
    }
}

/// The message's length with its header, where all of it is there.
fn whole(message: &[u8]) -> Result<Option<usize>, NotTls> {
    let Some(&kind) = message.first() else { return Ok(None) };
    if kind != HANDSHAKE_CLIENT_HELLO {
        return Err(NotTls);
    }
    let Some(&[a, b, c]) = message.get(1..HANDSHAKE_HEADER_BYTES) else {
        return Ok(None);
    };
    let length =
        HANDSHAKE_HEADER_BYTES + usize::from(a) * 65_536 + usize::from(b) * 256 + usize::from(c);
    if length > HELLO_BYTES_MAX {
        return Err(NotTls);
    }
    Ok((message.len() >= length).then_some(length))
}

/// The first record's content, where all of it is there.
fn record(bytes: &[u8]) -> Result<Option<&[u8]>, NotTls> {
    if bytes.first().is_some_and(|&kind| kind != RECORD_HANDSHAKE)
        || bytes.get(1).is_some_and(|&major| major != 3)
    {
        return Err(NotTls);
    }
    let Some(&[a, b]) = bytes.get(3..RECORD_HEADER_BYTES) else {
        return Ok(None);
    };
    let length = usize::from(u16::from_be_bytes([a, b]));
    if !(1..=RECORD_BYTES_MAX).contains(&length) {
        return Err(NotTls);
    }
    Ok(bytes.get(RECORD_HEADER_BYTES..RECORD_HEADER_BYTES + length))
}

/// Takes bytes from the front, or nothing at all.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn u8(&mut self) -> Option<u8> {
        self.bytes(1).map(|bytes| bytes[0])
    }

    fn u16(&mut self) -> Option<u16> {
        self.bytes(2).map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    /// What a length of one byte announces.
    fn short(&mut self) -> Option<&'a [u8]> {
        let length = self.u8()?;
        self.bytes(length.into())
    }

    /// What a length of two bytes announces.
    fn long(&mut self) -> Option<Self> {
        let length = self.u16()?;
        self.bytes(length.into()).map(Self)
    }
}

/// RFC 8446, section 4.1.2.
fn client_hello(message: &[u8]) -> Option<Hello> {
    const VERSION_AND_RANDOM_BYTES: usize = 2 + 32;
    let mut reader = Reader(message);
    reader.bytes(VERSION_AND_RANDOM_BYTES)?;
    let _session = reader.short()?;
    let _cipher_suites = reader.long()?;
    let _compression = reader.short()?;
    let mut hello = Hello::default();
    if reader.0.is_empty() {
        return Some(hello);
    }
    let mut extensions = reader.long()?;
    let mut seen = Vec::new();
    while !extensions.0.is_empty() {
        let kind = extensions.u16()?;
        let body = extensions.long()?;
        // Two of a kind are forbidden, and each side might take another one.
        if seen.contains(&kind) {
            return None;
        }
        seen.push(kind);
        match kind {
            EXTENSION_SERVER_NAME => hello.name = Some(server_name(body)?),
            EXTENSION_ENCRYPTED_HELLO => hello.encrypted = true,
            _ => {}
        }
    }
    reader.0.is_empty().then_some(hello)
}

/// RFC 6066, section 3: a list that may hold one name of each kind, of which there is one.
fn server_name(mut body: Reader<'_>) -> Option<String> {
    let mut list = body.long()?;
    let kind = list.u8()?;
    let name = list.long()?;
    let alone = list.0.is_empty() && body.0.is_empty() && kind == NAME_IS_A_HOST;
    String::from_utf8(name.0.to_vec()).ok().filter(|_| alone)
}

#[cfg(test)]
mod tests;
