//! Real computers: what works in them, what is held, and what is left when they are gone. Each
//! test runs as root, where the tests do, and as an ordinary user.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

#[macro_use]
mod bench;

mod attacks;
mod containers;
mod contract;
mod disk;
mod durable;
mod egress;
mod ids;
mod images;
mod layers;
mod life;
mod limits;
mod programs;
mod records;
mod search;
mod secrets;
mod snapshots;
mod terminals;
mod work;
