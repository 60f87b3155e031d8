//! The person's own terminal: given to a program in a computer, key by key, and taken back
//! whatever happens; or asked for a line that isn't shown.

use std::fs::File;
use std::io::{BufRead, IsTerminal, Read, Stdin as StandardInput, stdin};
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, FromRawFd};

use anyhow::{Context, Result};
use computer::{Computer, Exec, Execution, Input, Output, Status, Stdin, Tty};
use nix::sys::termios::{self, LocalFlags, SetArg, Termios};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use crate::ui;

/// Of one read of what was typed or pasted.
const TYPED_BYTES_MAX: usize = 4 * 1024;
/// Reads that wait for a program that doesn't read.
const TYPED_QUEUE_MAX: usize = 16;
const LINE_BYTES_MAX: u64 = 64 * 1024;

nix::ioctl_read_bad!(window_size, libc::TIOCGWINSZ, libc::winsize);

/// Runs `exec` on a terminal of its own inside, which this one is the window to.
pub async fn attach(computer: &dyn Computer, exec: Exec) -> Result<Status> {
    let size = size().unwrap_or_default();
    let mut execution = computer.exec(exec.tty(size).stdin(Stdin::Open)).await?;
    let raw = Raw::enter()?;
    let status = relay(&mut execution).await;
    // Before anything else is said.
    drop(raw);
    status?;
    Ok(execution.wait().await?.status)
}

/// Both ways, until the program and all that hold its terminal are gone, or we are told to end.
async fn relay(execution: &mut Execution) -> Result<()> {
    let mut resized = listen(SignalKind::window_change())?;
    let (mut ended, mut hung_up) =
        (listen(SignalKind::terminate())?, listen(SignalKind::hangup())?);
    if let Some(input) = execution.input() {
        forward(input);
    }
    loop {
        tokio::select! {
            piece = execution.next() => match piece {
                Some(Output::Stdout(bytes) | Output::Stderr(bytes)) => ui::out_bytes(&bytes),
                None => return Ok(()),
            },
            _ = resized.recv() => {
                // It is over where nobody hears it.
                let _heard = execution.resize(size().unwrap_or_default()).await;
            }
            _ = ended.recv() => execution.kill(),
            _ = hung_up.recv() => execution.kill(),
        }
    }
}

fn listen(kind: SignalKind) -> Result<Signal> {
    signal(kind).context("can't listen to signals")
}

/// In a thread that nobody waits for: a read of a terminal ends when somebody types.
fn forward(input: Input) {
    let (typed, mut queue) = mpsc::channel::<Vec<u8>>(TYPED_QUEUE_MAX);
    std::thread::spawn(move || {
        let standard = stdin();
        let mut unbuffered = unbuffered(&standard);
        let mut buffer = [0; TYPED_BYTES_MAX];
        while let Ok(count @ 1..) = unbuffered.read(&mut buffer) {
            if typed.blocking_send(buffer[..count].to_vec()).is_err() {
                return;
            }
        }
    });
    tokio::spawn(async move {
        while let Some(bytes) = queue.recv().await {
            if !input.write(bytes).await {
                return;
            }
        }
    });
}

/// Keys as they come: the standard library's buffer would wait for lines.
fn unbuffered(standard: &StandardInput) -> ManuallyDrop<File> {
    // SAFETY: standard input stays open as long as the process, and the wrapper never closes it.
    ManuallyDrop::new(unsafe { File::from_raw_fd(standard.as_raw_fd()) })
}

/// None where standard input is no terminal.
fn size() -> Option<Tty> {
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the kernel writes into `size`, which is of the type that this request has.
    unsafe { window_size(stdin().as_raw_fd(), &raw mut size) }.ok()?;
    let is_known = size.ws_row > 0 && size.ws_col > 0;
    is_known.then_some(Tty { rows: size.ws_row, columns: size.ws_col })
}

/// The terminal gives every key as it is; as it was before when this is dropped.
struct Raw(Option<Termios>);

impl Raw {
    /// Does nothing where standard input is no terminal.
    fn enter() -> Result<Self> {
        Self::change(termios::cfmakeraw)
    }

    fn without_echo() -> Result<Self> {
        Self::change(|settings| settings.local_flags.remove(LocalFlags::ECHO))
    }

    fn change(how: impl FnOnce(&mut Termios)) -> Result<Self> {
        if !stdin().is_terminal() {
            return Ok(Self(None));
        }
        let before = termios::tcgetattr(stdin()).context("can't ask the terminal how it is")?;
        let mut changed = before.clone();
        how(&mut changed);
        termios::tcsetattr(stdin(), SetArg::TCSADRAIN, &changed)
            .context("can't change the terminal")?;
        Ok(Self(Some(before)))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            // A terminal that is gone needs nothing any more.
            let _gone = termios::tcsetattr(stdin(), SetArg::TCSADRAIN, before);
        }
    }
}

/// A line that is typed without being shown.
pub fn ask(prompt: &str) -> Result<String> {
    ui::err_bytes(prompt.as_bytes());
    let hidden = Raw::without_echo()?;
    let mut line = String::new();
    let read = stdin().lock().take(LINE_BYTES_MAX).read_line(&mut line);
    drop(hidden);
    ui::err("");
    read.context("can't read from the terminal")?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}

/// A key that somebody pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Left,
    Right,
    Up,
    Down,
    Char(char),
    /// Ctrl-C, Ctrl-D, or nobody types any more.
    End,
    Other,
}

/// The next key, without its being shown.
pub fn key() -> Result<Key> {
    let raw = Raw::enter()?;
    let mut bytes = [0; 8];
    let read = stdin().lock().read(&mut bytes);
    drop(raw);
    Ok(key_of(&bytes[..read.context("can't read from the terminal")?]))
}

fn key_of(bytes: &[u8]) -> Key {
    match bytes {
        [] | [3 | 4] => Key::End,
        [0x1b, b'[' | b'O', b'A'] => Key::Up,
        [0x1b, b'[' | b'O', b'B'] => Key::Down,
        [0x1b, b'[' | b'O', b'C'] => Key::Right,
        [0x1b, b'[' | b'O', b'D'] => Key::Left,
        [byte] if byte.is_ascii_graphic() => Key::Char(char::from(*byte)),
        _others => Key::Other,
    }
}

/// A line that is typed, and shown.
pub fn line(prompt: &str) -> Result<String> {
    ui::err_bytes(prompt.as_bytes());
    let mut line = String::new();
    let read = stdin().lock().take(LINE_BYTES_MAX).read_line(&mut line);
    read.context("can't read from the terminal")?;
    Ok(line.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_by_what_a_terminal_sends() {
        assert_eq!(key_of(b"\x1b[C"), Key::Right);
        assert_eq!(key_of(b"\x1bOD"), Key::Left);
        assert_eq!(key_of(b"a"), Key::Char('a'));
        assert_eq!(key_of(b"\x03"), Key::End);
        assert_eq!(key_of(b""), Key::End);
        assert_eq!(key_of(b"\x1b[15~"), Key::Other);
    }
}
