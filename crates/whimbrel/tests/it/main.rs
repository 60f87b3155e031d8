//! Stories through the real binary: real git repositories, real computers, a scripted model over
//! real HTTP. The only integration test of the program.

#![expect(clippy::unwrap_used, reason = "a test that can not go on has failed")]

mod architecture;
mod chaos;
mod computers;
mod doctor;
mod environments;
mod index;
mod languages;
mod lifecycle;
mod mechanic;
mod native;
mod odd_repositories;
mod origins;
mod pull_request;
mod repository;
mod scripted;
mod tidy;
mod traces;
mod trouble;
mod world;
