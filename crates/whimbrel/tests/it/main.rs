//! Stories through the real binary: real git repositories, real computers, a scripted model over
//! real HTTP. The only integration test of the program.

#![expect(clippy::unwrap_used, reason = "a test that can not go on has failed")]

mod api;
mod architecture;
mod asking;
mod browser;
mod cancelling;
mod chaos;
mod cheating;
mod checking_out;
mod commenting;
mod computers;
mod deciding;
mod doctor;
mod environments;
mod filming;
mod guarding;
mod hostile;
mod houses;
mod index;
mod jobs;
mod keeping;
mod languages;
mod lifecycle;
mod limits;
mod mechanic;
mod mechanic_languages;
mod native;
mod odd_repositories;
mod origins;
mod planning;
mod providers;
mod pull_request;
mod python;
mod ranking;
mod remote;
mod replaying;
mod reporting;
mod repository;
mod scripted;
mod sealing;
mod serving;
mod steering;
mod tidy;
mod traces;
mod trouble;
mod watching;
mod world;
