//! A package index behind a proxy, as a company has one: it serves one package to whoever asks for
//! `http://index.test`, and remembers what it was asked for.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use crate::world::must;

const WHEEL: &str = "tiny-1.0-py3-none-any.whl";

/// Ends with the test program.
pub struct Index {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Index {
    pub fn start(folder: &Path) -> Self {
        let wheel = Arc::new(wheel(folder));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let heard = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (wheel, heard) = (Arc::clone(&wheel), Arc::clone(&heard));
                std::thread::spawn(move || serve(stream.unwrap(), &wheel, &heard));
            }
        });
        Self { address, asked }
    }

    /// The first line of each request.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, wheel: &[u8], heard: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    let _headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    heard.lock().unwrap().push(first.clone());
    let path = first.split(' ').nth(1).unwrap_or_default();
    let page = format!("<a href=\"http://index.test/{WHEEL}\">{WHEEL}</a>").into_bytes();
    let body = if path.ends_with(".whl") { wheel } else { &page };
    let kind = if path.ends_with(".whl") { "application/zip" } else { "text/html" };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let mut stream = stream;
    // Who asked may be gone.
    let _gone = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
}

const MAKE_WHEEL: &str = "
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as wheel:
    wheel.writestr('tiny.py', 'SIZE = 1\\n')
    info = 'tiny-1.0.dist-info/'
    wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n')
    wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr(info + 'RECORD', '')
";

#[expect(clippy::disallowed_methods, reason = "python makes a wheel like any other")]
fn wheel(folder: &Path) -> Vec<u8> {
    let path = folder.join(WHEEL);
    must(Command::new("python3").args(["-c", MAKE_WHEEL]).arg(&path));
    std::fs::read(path).unwrap()
}
