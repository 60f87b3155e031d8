//! HTTP/1.1 over a plain connection, as little of it as a load needs: what a library would do
//! between the request and the socket would be in the figures.

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::server::Place;

/// A longer head is no answer of ours.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// No page is as long.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A connection that is used again.
pub struct Connection {
    socket: BufReader<TcpStream>,
}

/// What came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub bytes: usize,
}

struct Head {
    status: u16,
    length: Option<usize>,
    chunked: bool,
}

impl Connection {
    pub async fn open(place: &Place) -> Result<Self> {
        let socket = TcpStream::connect(place.address).await.context("can't connect")?;
        socket.set_nodelay(true)?;
        Ok(Self { socket: BufReader::new(socket) })
    }

    /// Asks, and reads the whole answer.
    pub async fn get(&mut self, place: &Place, path: &str) -> Result<Answer> {
        self.ask(place, path, "*/*").await?;
        let head = self.head().await?;
        let bytes = match head {
            Head { chunked: true, .. } => self.chunks().await?,
            Head { length: Some(length), .. } => self.skip(length).await?,
            Head { .. } => bail!("an answer without a length"),
        };
        Ok(Answer { status: head.status, bytes })
    }

    /// Asks for a stream, and gives what comes of it.
    pub async fn stream(mut self, place: &Place, path: &str) -> Result<BufReader<TcpStream>> {
        self.ask(place, path, "text/event-stream").await?;
        let head = self.head().await?;
        ensure!(head.status == 200, "{path} answers {}", head.status);
        Ok(self.socket)
    }

    async fn ask(&mut self, place: &Place, path: &str, accept: &str) -> Result<()> {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nAccept: {accept}\r\nAuthorization: Bearer {}\r\n\r\n",
            place.address, place.token
        );
        Ok(self.socket.get_mut().write_all(request.as_bytes()).await?)
    }

    async fn head(&mut self) -> Result<Head> {
        let mut head = Head { status: 0, length: None, chunked: false };
        let (mut line, mut read) = (String::new(), 0);
        loop {
            line.clear();
            read += self.socket.read_line(&mut line).await?;
            ensure!(!line.is_empty() && read <= HEAD_BYTES_MAX, "the answer's head is cut off");
            let text = line.trim_end().to_ascii_lowercase();
            match text.split_once(": ") {
                None if text.is_empty() => return Ok(head),
                None => {
                    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
                    head.status = status.with_context(|| format!("{text:?} is no status"))?;
                }
                Some(("content-length", length)) => head.length = Some(length.parse()?),
                Some(("transfer-encoding", how)) => head.chunked = how.contains("chunked"),
                Some(_other) => {}
            }
        }
    }

    async fn chunks(&mut self) -> Result<usize> {
        let mut all = 0;
        loop {
            let mut line = String::new();
            self.socket.read_line(&mut line).await?;
            let length =
                usize::from_str_radix(line.trim_end(), 16).context("a chunk without a length")?;
            all += self.skip(length).await?;
            self.skip(2).await?;
            if length == 0 {
                return Ok(all);
            }
        }
    }

    async fn skip(&mut self, length: usize) -> Result<usize> {
        ensure!(length <= BODY_BYTES_MAX, "an answer of {length} bytes");
        let mut body = (&mut self.socket).take(length as u64);
        let read = tokio::io::copy_buf(&mut body, &mut tokio::io::sink()).await?;
        ensure!(read == length as u64, "the answer is cut off");
        Ok(length)
    }
}
