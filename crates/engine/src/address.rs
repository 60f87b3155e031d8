//! Where the server that runs for a home can be reached, for commands that make links to it.

use std::fs;
use std::io;

use serde::{Deserialize, Serialize};

use crate::home::write_private;
use crate::{Engine, Error, serve};

/// What a server writes down of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    pub process: u32,
    /// `http://127.0.0.1:4747`: what it listens on.
    pub listening: String,
    /// What links to it begin with.
    pub url: String,
}

/// Says where this process's server is, until [`forget`].
pub fn tell(engine: &Engine, address: &Address) -> Result<(), Error> {
    let path = engine.home.server_file();
    let text = serde_json::to_vec(address).expect("texts and a number can be written as JSON");
    write_private(&path, &text).map_err(|source| Error::Write { path, source })
}

pub fn forget(engine: &Engine) -> Result<(), Error> {
    let path = engine.home.server_file();
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::Write { path, source: error })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Where the server is, if one runs: what a killed one left says nothing.
pub fn find(engine: &Engine) -> Result<Option<Address>, Error> {
    let path = engine.home.server_file();
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Error::Read { path, source }),
    };
    let Ok(found) = serde_json::from_slice::<Address>(&text) else { return Ok(None) };
    let leader = serve::leader(engine)?;
    Ok(leader.is_some_and(|leader| leader.process == found.process).then_some(found))
}
