//! Requests at fixed times, however long earlier ones take. A time counts from when the request
//! should have left: what waits behind a slow answer is slow too, and is seen to be.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use super::client::Connection;
use super::pages::Pages;
use super::server::Place;

/// Requests at once; more wait here, and their times count.
const AT_ONCE_MAX: usize = 256;
/// For one answer.
const ANSWER_TIME: Duration = Duration::from_secs(30);

/// What became of the requests for one kind of page.
#[derive(Debug, Clone, Default)]
pub struct Answered {
    pub name: &'static str,
    pub bytes: usize,
    pub times: Vec<Duration>,
    pub errors: u64,
}

/// Asks `rate` times a second, for so long.
pub async fn run(place: &Place, pages: &Pages, rate: u32, time: Duration) -> Result<Vec<Answered>> {
    let idle = Idle::default();
    let turns = Arc::new(Semaphore::new(AT_ONCE_MAX));
    let started = Instant::now();
    let count = (time.as_secs_f64() * f64::from(rate)) as u32;
    let empty = |kind: &super::pages::Kind| Answered {
        name: kind.name,
        bytes: kind.bytes,
        ..Answered::default()
    };
    let mut answered: Vec<Answered> = pages.kinds.iter().map(empty).collect();
    let mut asking = JoinSet::new();
    for number in 0..count {
        let due = started + Duration::from_secs(1) * number / rate;
        sleep_until(due).await;
        let (kind, path) = pages.of(number as usize);
        let asked = Asked { place: place.clone(), path: path.to_owned(), due, kind };
        asking.spawn(asked.answer(idle.clone(), Arc::clone(&turns)));
        while let Some(done) = asking.try_join_next() {
            count_in(&mut answered, done?);
        }
    }
    while let Some(done) = asking.join_next().await {
        count_in(&mut answered, done?);
    }
    ensure!(answered.iter().any(|kind| !kind.times.is_empty()), "no request was answered");
    Ok(answered)
}

fn count_in(answered: &mut [Answered], (kind, time): (usize, Option<Duration>)) {
    match time {
        Some(time) => answered[kind].times.push(time),
        None => answered[kind].errors += 1,
    }
}

/// Connections that nobody uses just now.
#[derive(Clone, Default)]
struct Idle(Arc<Mutex<Vec<Connection>>>);

impl Idle {
    fn take(&self) -> Option<Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn give_back(&self, connection: Connection) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}

struct Asked {
    place: Place,
    path: String,
    due: Instant,
    kind: usize,
}

impl Asked {
    /// The time it took, or none where it failed.
    async fn answer(self, idle: Idle, turns: Arc<Semaphore>) -> (usize, Option<Duration>) {
        let Ok(_turn) = turns.acquire().await else { return (self.kind, None) };
        let answered = timeout(ANSWER_TIME, self.once(&idle)).await;
        let is_good = answered.is_ok_and(|status| status.is_ok_and(|status| status == 200));
        (self.kind, is_good.then(|| self.due.elapsed()))
    }

    async fn once(&self, idle: &Idle) -> Result<u16> {
        let mut connection = match idle.take() {
            Some(connection) => connection,
            None => Connection::open(&self.place).await?,
        };
        let answer = connection.get(&self.place, &self.path).await?;
        idle.give_back(connection);
        Ok(answer.status)
    }
}
