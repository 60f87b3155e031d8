//! Runs of checks, each in a clean computer that goes afterwards: told as they begin and end, with
//! their logs and what they took. Any number may be under way at once.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use computer::Computer;
use domain::evidence::Spent;
use environment::Check;

use crate::clean::Yard;
use crate::inject::Tools;
use crate::job::{Log, Place, Progress};
use crate::run::{self, Bounds, CheckRun};
use crate::select::Selection;
use crate::{Error, inject};

/// Checks to run in one computer, one after the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Errand<'a> {
    pub checks: &'a [&'a Check],
    pub place: Place,
    /// Which time it is that they run there, from 1.
    pub round: u32,
    pub bounds: Bounds,
    /// Of single tests, by the check's name; all of them where there is none.
    pub selections: &'a Selections,
}

pub(crate) type Selections = BTreeMap<String, Selection>;

/// All tests of all checks.
pub(crate) static ALL: Selections = BTreeMap::new();

pub(crate) struct Runs<'a> {
    pub yard: Yard<'a>,
    tools: Tools,
    tell: Mutex<&'a mut (dyn FnMut(Progress) + Send)>,
    kept: Mutex<Records>,
}

#[derive(Debug, Default)]
struct Records {
    logs: Vec<Log>,
    spent: Vec<Spent>,
}

impl<'a> Runs<'a> {
    pub fn new(yard: Yard<'a>, tell: &'a mut (dyn FnMut(Progress) + Send)) -> Self {
        Self { yard, tools: Tools::default(), tell: Mutex::new(tell), kept: Mutex::default() }
    }

    /// Runs `errand` in the computer that `making` gives.
    pub async fn run(
        &self,
        making: impl Future<Output = Result<Box<dyn Computer>, Error>>,
        errand: Errand<'_>,
    ) -> Result<Vec<CheckRun>, Error> {
        let began = Instant::now();
        let computer = making.await?;
        let injection = inject::prepare(&*computer, &self.tools)
            .await
            .map_err(Error::at("be given its reporters"))?;
        let mut runs = Vec::new();
        for check in errand.checks {
            self.tell_start(check, errand.place);
            let selection = errand.selections.get(&check.name);
            let run = run::check(&*computer, &injection, check, selection, errand.bounds).await?;
            self.tell_end(check, errand, &run);
            runs.push(run);
        }
        computer.destroy().await.map_err(Error::at("be removed"))?;
        let checks_ms = runs.iter().map(|run| run.duration_ms).sum();
        self.spend(format!("checks at {}", errand.place.name()), began, checks_ms);
        Ok(runs)
    }

    /// Notes what a step of another kind took since `began`, of that `checks_ms` in the project's
    /// own commands.
    pub fn spend(&self, step: impl Into<String>, began: Instant, checks_ms: u64) {
        let step = step.into();
        let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let spent = &mut self.records().spent;
        match spent.iter_mut().find(|spent| spent.step == step) {
            Some(spent) => {
                spent.ms += ms;
                spent.checks_ms += checks_ms;
            }
            None => spent.push(Spent { step, ms, checks_ms }),
        }
    }

    /// The log of a run that was not made now.
    pub fn keep_log(&self, log: Log) {
        self.records().logs.push(log);
    }

    pub fn take_records(&self) -> (Vec<Log>, Vec<Spent>) {
        let Records { logs, spent } = std::mem::take(&mut *self.records());
        (logs, spent)
    }

    /// The logs so far.
    pub fn logs(&self) -> Vec<Log> {
        self.records().logs.clone()
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        // Nothing panics while holding it.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn tell(&self, progress: Progress) {
        let mut tell = self.tell.lock().unwrap_or_else(PoisonError::into_inner);
        (*tell)(progress);
    }

    fn tell_start(&self, check: &Check, place: Place) {
        self.tell(Progress::Started { check: check.name.clone(), place });
    }

    fn tell_end(&self, check: &Check, errand: Errand<'_>, run: &CheckRun) {
        self.tell(Progress::Ended {
            check: check.name.clone(),
            place: errand.place,
            exit: run.exit.clone(),
            duration_ms: run.duration_ms,
        });
        self.keep_log(Log { name: log_name(check, errand), bytes: run.log.clone() });
    }
}

fn log_name(check: &Check, errand: Errand<'_>) -> String {
    match errand.round {
        0 | 1 => run_log_name(check, errand.place),
        round => format!("{}-{}-{round}.log", check.name, errand.place.name()),
    }
}

/// The log of a check's first run at `place`.
pub(crate) fn run_log_name(check: &Check, place: Place) -> String {
    format!("{}-{}.log", check.name, place.name())
}
