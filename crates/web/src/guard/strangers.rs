//! Those who come with codes that open nothing. They can't guess one; but they shouldn't be a load,
//! nor fill the log.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use axum::http::StatusCode;
use domain::Timestamp;

use crate::Shared;
use crate::failure::Failure;

/// So many wrong codes from one place within [`WINDOW_MS`] are heard.
const WRONG_MAX: u32 = 20;
const WINDOW_MS: u64 = 60_000;
/// Places that are remembered. Beyond that, all others are one place.
const PLACES_MAX: usize = 1_024;
/// Lines about them in the audit log within [`WINDOW_MS`].
const LINES_MAX: u32 = 20;

#[derive(Debug, Default)]
pub(crate) struct Strangers(Mutex<Window>);

/// What happened since it began.
#[derive(Debug, Default)]
struct Window {
    began: Option<Timestamp>,
    wrong: HashMap<IpAddr, u32>,
    lines: u32,
}

impl Window {
    fn at(&mut self, now: Timestamp) -> &mut Self {
        if self.began.is_none_or(|began| now.since_ms(began) >= WINDOW_MS || now < began) {
            *self = Self { began: Some(now), ..Self::default() };
        }
        self
    }

    fn place(&self, peer: IpAddr) -> IpAddr {
        let place = place(peer);
        let is_known = self.wrong.contains_key(&place) || self.wrong.len() < PLACES_MAX;
        if is_known { place } else { IpAddr::V6(Ipv6Addr::UNSPECIFIED) }
    }
}

/// Whoever has one address of version 6 has 2^64 of them.
fn place(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

impl Strangers {
    /// # Errors
    /// 429 where too many came from there.
    pub fn check(&self, now: Timestamp, peer: IpAddr) -> Result<(), Failure> {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let window = window.at(now);
        let place = window.place(peer);
        if window.wrong.get(&place).is_none_or(|wrong| *wrong < WRONG_MAX) {
            return Ok(());
        }
        let words = "Too many wrong links or tokens came from there. Wait a minute.";
        Err(Failure::new(StatusCode::TOO_MANY_REQUESTS, words))
    }

    /// Counts one. How many it is from there, if it is to be in the audit log: the first, and the
    /// one with which they aren't heard any more.
    fn count(&self, now: Timestamp, peer: IpAddr) -> Option<u32> {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let window = window.at(now);
        let place = window.place(peer);
        let wrong = window.wrong.entry(place).or_default();
        *wrong = wrong.saturating_add(1);
        let count = *wrong;
        let is_told = (count == 1 || count == WRONG_MAX) && window.lines < LINES_MAX;
        window.lines += u32::from(is_told);
        is_told.then_some(count)
    }
}

/// Remembers that a wrong code came from there.
pub(crate) async fn refused(site: &Shared, peer: IpAddr) {
    if let Some(times) = site.strangers.count(site.now(), peer) {
        let kept = engine::access::refused(&site.engine, &peer.to_string(), times.into()).await;
        if let Err(error) = kept {
            tracing::warn!("a refused sign-in isn't in the audit log: {}", engine::words(&error));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    #[test]
    fn a_place_is_heard_so_often_and_again_after_a_while() {
        let (strangers, now) = (Strangers::default(), Timestamp(1_000));
        let told: Vec<u32> = (0..WRONG_MAX).filter_map(|_| strangers.count(now, PEER)).collect();
        assert_eq!(told, [1, WRONG_MAX]);
        assert_eq!(strangers.check(now, PEER).unwrap_err().status, StatusCode::TOO_MANY_REQUESTS);
        strangers.check(now, IpAddr::from([192, 0, 2, 2])).unwrap();
        strangers.check(now.plus_ms(WINDOW_MS), PEER).unwrap();
    }

    #[test]
    fn neither_memory_nor_log_grows_without_end() {
        let (strangers, now) = (Strangers::default(), Timestamp(1_000));
        let ip = |n: u32| IpAddr::V6(Ipv6Addr::from_bits((u128::from(n) + 1) << 64));
        let told = (0..100_000).filter_map(|n| strangers.count(now, ip(n))).count();
        assert_eq!(told, LINES_MAX as usize);
        assert_eq!(strangers.0.lock().unwrap().wrong.len(), PLACES_MAX + 1);
        strangers.check(now, ip(200_000)).unwrap_err();
        strangers.check(now, ip(5)).unwrap();
        let (a, b) = ("2001:db8::1".parse().unwrap(), "2001:db8::2".parse().unwrap());
        assert_eq!(place(a), place(b));
    }
}
