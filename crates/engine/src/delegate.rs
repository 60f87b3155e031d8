//! From a sentence to a stored task. Starts nothing yet: that is a reconciler's job.

use domain::audit::Action;
use domain::project::Origin;
use domain::task::{AgentName, Base, Mode, Settings, State};
use domain::{Attempt, AttemptId, Limits, Project, ProjectId, Task, TaskId, attempt};
use environment::Environment;
use forge::Mirror;

use crate::other::Other;
use crate::runner::random;
use crate::{Engine, Error, audit, explain};

/// The longest sentence that is taken, in bytes.
const TEXT_BYTES_MAX: usize = 64 * 1024;

/// What a person asked for. What they left open is the repository's choice, then ours.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub text: String,
    /// A folder or a URL, as typed.
    pub repo: String,
    pub base: Option<String>,
    pub attempts: Option<u32>,
    pub agent: Option<AgentName>,
    pub model: Option<String>,
    pub wall_ms: Option<u64>,
    pub memory_bytes: Option<u64>,
    pub seed: Option<u64>,
    /// Leaves the environment's setup out.
    pub without_setup: bool,
    /// Ends in an answer where it is [`Mode::Ask`].
    pub mode: Option<Mode>,
    pub plan_first: bool,
    /// So many attempts that hold are enough.
    pub enough: Option<u32>,
    /// The uncommitted work in the folder is part of what the task starts from.
    pub with_changes: bool,
    /// What the models may cost, in millionths of a US dollar.
    pub usd_micros: Option<u64>,
    /// What the models may read and write, in tokens.
    pub tokens: Option<u64>,
    /// Of the task, where what is asked may be asked again: it is made once.
    pub id: Option<TaskId>,
}

/// A stored task, and what its person should know about it.
#[derive(Debug)]
pub struct Delegated {
    pub task: Task,
    pub notes: Vec<String>,
}

pub async fn delegate(engine: &Engine, request: Request) -> Result<Delegated, Error> {
    let text = checked_text(&request.text)?;
    if let Some(id) = &request.id
        && let Some(task) = made_before(engine, id).await?
    {
        return Ok(Delegated { task, notes: Vec::new() });
    }
    let (mirror, project) = project(engine, &request.repo).await?;
    let mut base = mirror.fetch().await?.base(request.base.as_deref())?;
    if request.with_changes {
        base = with_changes(engine, &mirror, base).await?;
    }
    let mut environment = explain::at(&mirror, &base.commit).await?;
    engine.config.allow(&environment)?;
    let settings = settings(engine, &request, &environment)?;
    let other = Other::asked_for(engine, settings.agent, &text, &project).await?;
    if let Some(other) = &other {
        base = other.base.clone();
        environment = explain::at(&mirror, &base.commit).await?;
        engine.config.allow(&environment)?;
    }
    // Before it is stored: whoever is told of a failure must find nothing begun.
    let mut notes = notes(&mirror, &environment, &request).await?;
    notes.extend(other.map(|other| other.note()));
    let task = Task {
        id: request.id.map_or_else(|| random().map(TaskId::from_random), Ok)?,
        project: project.id.clone(),
        person: engine.person.clone(),
        text,
        mode: request.mode.unwrap_or(Mode::Code),
        settings,
        base,
        created: engine.clock.now(),
        state: State::Open,
    };
    store::task::create(&engine.store, &task, &attempts(&task)).await?;
    audit::record(engine, Action::Delegated, &task.id, &task.text).await?;
    if let Some(model) = &task.settings.model {
        notes.extend(engine.config.warnings(model, task.settings.limits));
    }
    Ok(Delegated { task, notes })
}

async fn made_before(engine: &Engine, id: &TaskId) -> Result<Option<Task>, Error> {
    match store::task::get(&engine.store, id).await {
        Ok(task) => Ok(Some(task)),
        Err(store::Error::Missing { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The project at `repo` as typed, and its mirror.
pub async fn project(engine: &Engine, repo: &str) -> Result<(Mirror, Project), Error> {
    let origin = forge::origin::resolve(repo).await?;
    let new_id = ProjectId::from_random(random()?);
    let project = store::project::find_or_create(&engine.store, &origin, &new_id).await?;
    Ok((Mirror::open(engine.home.path(), &project).await?, project))
}

fn checked_text(text: &str) -> Result<String, Error> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::Unusable("the task has no text: say in a sentence what to do".into()));
    }
    if text.len() > TEXT_BYTES_MAX {
        let limit = TEXT_BYTES_MAX / 1024;
        return Err(Error::Unusable(format!("the task's text is longer than {limit} KiB")));
    }
    Ok(text.to_owned())
}

fn settings(
    engine: &Engine,
    request: &Request,
    environment: &Environment,
) -> Result<Settings, Error> {
    let model = engine.config.model_name(request.model.as_deref(), environment);
    let agent = agent(request, environment, model.is_some())?;
    talks(request, agent)?;
    let model = if agent.has_model() { Some(engine.config.checked(model)?) } else { None };
    let limits = environment.limits;
    Ok(Settings {
        agent,
        model,
        attempts: request.attempts.or(environment.agent.attempts).unwrap_or(1),
        limits: Limits {
            wall_ms: request.wall_ms.unwrap_or(limits.wall_ms),
            memory_bytes: request.memory_bytes.unwrap_or(limits.memory_bytes),
            usd_micros: request.usd_micros.or(limits.usd_micros),
            tokens: request.tokens.unwrap_or(limits.tokens),
            ..limits
        },
        seed: request.seed.map_or_else(random, Ok)?,
        without_setup: request.without_setup,
        plan_first: request.plan_first,
        enough: request.enough.or(environment.agent.enough),
    })
}

/// Answers and plans are words, which the mechanic has none of.
fn talks(request: &Request, agent: AgentName) -> Result<(), Error> {
    let wants_words = request.mode == Some(Mode::Ask) || request.plan_first;
    if !agent.has_model() && wants_words {
        return Err(Error::Unusable(NO_WORDS.into()));
    }
    Ok(())
}

const NO_WORDS: &str = "the mechanic can't answer questions or make plans; name a model, as with \
    --model provider/model";

/// The uncommitted work becomes a commit in our mirror; the user's repository isn't touched.
async fn with_changes(engine: &Engine, mirror: &Mirror, base: Base) -> Result<Base, Error> {
    let commit = mirror.with_changes(&base, engine.clock.now()).await?;
    Ok(match commit {
        Some(commit) => Base { commit, ..base },
        None => base,
    })
}

/// The person's choice, then the repository's; else the native agent where there is a model.
fn agent(
    request: &Request,
    environment: &Environment,
    has_model: bool,
) -> Result<AgentName, Error> {
    let default = if has_model { AgentName::Native } else { AgentName::Mechanic };
    match (request.agent, environment.agent.name.as_deref()) {
        (Some(agent), _) => Ok(agent),
        // The repository's wish for the native agent needs a model that this machine may not have.
        (None, Some("native")) if !has_model => Ok(default),
        (None, Some(name)) => AgentName::parse(name).ok_or_else(|| {
            Error::Unusable(format!("whimbrel.toml asks for the agent {name:?}, which isn't there"))
        }),
        (None, None) => Ok(default),
    }
}

fn attempts(task: &Task) -> Vec<Attempt> {
    (1..=task.settings.attempts)
        .map(|number| Attempt {
            id: AttemptId::new(&task.id, number),
            state: attempt::State::Queued,
            created: task.created,
            started: None,
            ended: None,
            runs: 0,
            follows: None,
            waits: None,
        })
        .collect()
}

async fn notes(
    mirror: &Mirror,
    environment: &Environment,
    request: &Request,
) -> Result<Vec<String>, Error> {
    let matters = environment.unused.iter().filter(|unused| unused.matters);
    let mut notes: Vec<String> = matters
        .map(|unused| format!("{}: {} isn't used: {}", unused.file, unused.property, unused.why))
        .collect();
    if environment.checks.is_empty() {
        notes.push(
            "no check was found, so nothing can be proven; `whimbrel env explain` says more".into(),
        );
    }
    if !request.with_changes
        && let Origin::Path(path) = mirror.origin()
        && forge::origin::dirty(path.as_ref()).await? == Some(true)
    {
        notes.push("uncommitted changes are no part of the task, and are left alone (--with-changes takes them \
             along)".into());
    }
    Ok(notes)
}
