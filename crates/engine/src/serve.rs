//! The engine as a process: the reconcilers again and again, until it is told to stop. One of them
//! leads a home, by a lock; it holds nothing that its death could lose, since runners are
//! processes of their own and everything else is in the store.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use stdx::lock::FileLock;

use crate::{Engine, Error, gc, group, reconcile};

/// How often the reconcilers look by themselves.
const LOOK: Duration = Duration::from_millis(500);
/// An engine in the background without anything to do ends after so many looks: 30 s.
const IDLE_LOOKS_MAX: u32 = 60;
/// So often old attempts are cleaned up: every 10 minutes.
const LOOKS_PER_CLEANING: u64 = 1_200;
/// So often the groups of killed runners are removed: every 5 seconds.
const LOOKS_PER_SWEEP: u64 = 10;
/// How long one that was asked to make way gets.
const WAY_TIME: Duration = Duration::from_secs(20);
const WAY_POLL: Duration = Duration::from_millis(50);
/// How often a lead that nobody seems to have is tried for.
const LEAD_TRIES: u32 = 8;
/// How long a new engine gets to take the lock.
const START_TIME: Duration = Duration::from_secs(10);

/// The lead of one home, until it is dropped.
#[derive(Debug)]
pub struct Lead {
    lock: FileLock,
}

/// Who has the lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leader {
    pub process: u32,
    /// Started by a command that found none, so it makes way for one that a person starts.
    pub background: bool,
}

/// The lead, if nobody has it.
pub fn try_lead(engine: &Engine, background: bool) -> Result<Option<Lead>, Error> {
    let path = engine.home.engine_lock();
    let failed = |source| Error::Write { path: path.clone(), source };
    let mut lock = FileLock::try_take(&path).map_err(failed)?;
    for _ in 0..LEAD_TRIES {
        // Somebody may only have looked whether anybody leads.
        if lock.is_some() || leader(engine)?.is_some() {
            break;
        }
        lock = FileLock::try_take(&path).map_err(failed)?;
    }
    let Some(lock) = lock else { return Ok(None) };
    let kind = if background { "background" } else { "foreground" };
    let mut file = lock.file();
    file.set_len(0).map_err(failed)?;
    // What it says is for people and for whoever wants the lead; the lock is what counts.
    write!(file, "{} {kind}", std::process::id()).map_err(failed)?;
    Ok(Some(Lead { lock }))
}

/// Who leads now, if anybody does.
pub fn leader(engine: &Engine) -> Result<Option<Leader>, Error> {
    let path = engine.home.engine_lock();
    let taken = FileLock::is_taken(&path);
    if !taken.map_err(|source| Error::Write { path: path.clone(), source })? {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).unwrap_or_default();
    let mut words = text.split(' ');
    let process = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
    Ok(Some(Leader { process, background: words.next() == Some("background") }))
}

/// Waits until the leader, which was asked to make way, has.
pub async fn lead_after(engine: &Engine) -> Result<Option<Lead>, Error> {
    let waiting = async {
        loop {
            if let Some(lead) = try_lead(engine, false)? {
                return Ok::<_, Error>(lead);
            }
            tokio::time::sleep(WAY_POLL).await;
        }
    };
    match tokio::time::timeout(WAY_TIME, waiting).await {
        Ok(lead) => lead.map(Some),
        Err(_elapsed) => Ok(None),
    }
}

/// Starts an engine in the background where none runs. Of many who want to at once, one does.
pub async fn ensure(engine: &Engine) -> Result<(), Error> {
    if leader(engine)?.is_some() {
        return Ok(());
    }
    let Some(_starting) = engine.home.try_lock("engine-start")? else { return Ok(()) };
    engine.fleet.start_engine()?;
    let led = async {
        while matches!(leader(engine), Ok(None)) {
            tokio::time::sleep(WAY_POLL).await;
        }
    };
    // One that doesn't begin says why in its log; the task is stored, and the next command tries.
    let _too_slow = tokio::time::timeout(START_TIME, led).await;
    Ok(())
}

/// What an engine tells whoever watches it.
#[derive(Debug)]
pub enum Told {
    /// A task that can't be moved on now, and why; said once for each reason.
    Stuck {
        task: domain::TaskId,
        why: String,
    },
    /// A look that failed as a whole, as with a full disk. The next one tries again.
    Failed {
        why: String,
    },
    Cleaned {
        what: gc::Cleaned,
    },
}

impl Lead {
    /// Moves everything on until `stop` is ready, or, in the background, until there has been
    /// nothing to do for a while. Stopping lets the look that is under way come to its end.
    pub async fn run(
        self,
        engine: &Engine,
        background: bool,
        stop: impl Future<Output = ()>,
        tell: &mut (dyn FnMut(Told) + Send),
    ) {
        tokio::pin!(stop);
        let (mut said, mut idle, mut looks) = (std::collections::BTreeMap::new(), 0, 0_u64);
        loop {
            let moving = look(engine, &mut said, tell).await;
            if looks.is_multiple_of(LOOKS_PER_SWEEP) {
                group::sweep();
            }
            if looks.is_multiple_of(LOOKS_PER_CLEANING) {
                clean(engine, tell).await;
            }
            looks += 1;
            idle = if moving { 0 } else { idle + 1 };
            if background && (idle > IDLE_LOOKS_MAX || self.is_orphaned(engine)) {
                break;
            }
            tokio::select! {
                biased;
                () = &mut stop => break,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        group::sweep();
    }

    /// The home was removed, or another engine has made itself a lock there.
    fn is_orphaned(&self, engine: &Engine) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        let same = |path: &Path| {
            let (mine, there) = (self.lock.file().metadata().ok()?, fs::metadata(path).ok()?);
            Some((mine.dev(), mine.ino()) == (there.dev(), there.ino()))
        };
        same(&engine.home.engine_lock()) != Some(true)
    }
}

type Said = std::collections::BTreeMap<domain::TaskId, String>;

/// Whether there is anything on its way.
async fn look(engine: &Engine, said: &mut Said, tell: &mut (dyn FnMut(Told) + Send)) -> bool {
    match reconcile::all_and_tell(engine).await {
        Ok(stuck) => {
            let ids: Vec<_> = stuck.iter().map(|(id, _)| id.clone()).collect();
            said.retain(|id, _| ids.contains(id));
            for (task, error) in stuck {
                let why = llm::words(&error);
                if said.get(&task) != Some(&why) {
                    tell(Told::Stuck { task: task.clone(), why: why.clone() });
                    said.insert(task, why);
                }
            }
        }
        Err(error) => tell(Told::Failed { why: llm::words(&error) }),
    }
    reconcile::is_anything_moving(engine).await.unwrap_or(true)
}

async fn clean(engine: &Engine, tell: &mut (dyn FnMut(Told) + Send)) {
    match gc::clean(engine, gc::Rule::of(engine), false).await {
        Ok(what) if what.is_empty() => {}
        Ok(what) => tell(Told::Cleaned { what }),
        Err(error) => tell(Told::Failed { why: llm::words(&error) }),
    }
}
