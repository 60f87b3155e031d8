//! Pulls from a real registry, from servers that misbehave, and from files. Each image is made
//! here; what is in its layers doesn't matter to this crate.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod files;
mod made;
mod misbehaving;
mod pulling;
mod registry;
mod server;
