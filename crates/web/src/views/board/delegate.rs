//! The box to delegate from. What was typed stays where something of it can't be done.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use domain::Scope;
use domain::task::{AgentName, Mode};
use engine::delegate::Request;
use maud::{Markup, html};
use serde::Deserialize;

use crate::failure::Failure;
use crate::fragment::Fragment;
use crate::look::board::{Board, Filter};
use crate::views::{brief, icon, text};
use crate::{Person, Shared, look};

/// Attempts that the page lets somebody ask for at once.
const ATTEMPTS_MAX: u32 = 8;
const MINUTES_MAX: u64 = 24 * 60;
const MINUTE_MS: u64 = 60_000;
const USD_MAX: u64 = 10_000;

/// As the form sends it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Form {
    text: String,
    /// An id; empty for the repository in `repo`.
    project: String,
    repo: String,
    base: String,
    mode: String,
    attempts: String,
    agent: String,
    model: String,
    usd: String,
    minutes: String,
    plan_first: Option<String>,
    #[serde(skip)]
    wrong: Option<String>,
}

impl Form {
    /// An empty one, for the project that is looked at.
    pub fn new(board: &Board) -> Self {
        let project = board.filter.project.as_ref().or_else(|| newest_project(board));
        Self {
            project: project.map_or_else(String::new, ToString::to_string),
            attempts: "1".into(),
            ..Self::default()
        }
    }

    /// What the engine is asked for.
    async fn request(&self, site: &Shared) -> Result<Request, Failure> {
        Ok(Request {
            text: self.text.replace("\r\n", "\n"),
            repo: self.repository(site).await?,
            base: filled(&self.base).map(str::to_owned),
            attempts: Some(number("attempts", &self.attempts, ATTEMPTS_MAX.into())?.unwrap_or(1))
                .and_then(|count| u32::try_from(count).ok()),
            agent: self.agent()?,
            model: filled(&self.model).map(str::to_owned),
            wall_ms: number("minutes", &self.minutes, MINUTES_MAX)?.map(|count| count * MINUTE_MS),
            usd_micros: micros(&self.usd)?,
            mode: Some(if self.mode == "ask" { Mode::Ask } else { Mode::Code }),
            plan_first: self.plan_first.is_some(),
            ..Request::default()
        })
    }

    /// A repository that is typed counts; else the project that is chosen.
    async fn repository(&self, site: &Shared) -> Result<String, Failure> {
        if let Some(repo) = filled(&self.repo) {
            return Ok(repo.to_owned());
        }
        let Some(project) = filled(&self.project) else {
            return Err(unusable("Choose a project, or name a repository."));
        };
        let id = project.parse().map_err(|_| unusable("There is no such project."))?;
        let project = store::project::get(&site.engine.store, &id).await?;
        Ok(project.origin.as_str().to_owned())
    }

    fn agent(&self) -> Result<Option<AgentName>, Failure> {
        let Some(name) = filled(&self.agent) else { return Ok(None) };
        AgentName::parse(name).map(Some).ok_or_else(|| unusable("There is no such agent."))
    }

    fn is_opened(&self) -> bool {
        let more = [&self.base, &self.agent, &self.model, &self.usd, &self.minutes];
        more.iter().any(|field| filled(field).is_some()) || self.plan_first.is_some()
    }
}

fn newest_project(board: &Board) -> Option<&domain::ProjectId> {
    let rows = board.waiting.iter().chain(&board.running).chain(&board.done);
    let newest = rows.max_by_key(|row| row.summary.task.created);
    newest.map(|row| &row.summary.task.project).or_else(|| board.projects.first().map(|p| &p.id))
}

fn filled(text: &str) -> Option<&str> {
    let text = text.trim();
    (!text.is_empty()).then_some(text)
}

fn unusable(words: impl Into<String>) -> Failure {
    Failure::new(StatusCode::UNPROCESSABLE_ENTITY, words)
}

fn number(what: &str, text: &str, max: u64) -> Result<Option<u64>, Failure> {
    let Some(text) = filled(text) else { return Ok(None) };
    let found = text.parse().ok().filter(|number| (1..=max).contains(number));
    found.map(Some).ok_or_else(|| unusable(format!("The {what} are a number from 1 to {max}.")))
}

/// Dollars, with cents or finer: `2`, `0.50`.
fn micros(text: &str) -> Result<Option<u64>, Failure> {
    const DIGITS: usize = 6;
    let Some(text) = filled(text) else { return Ok(None) };
    let text = text.trim_start_matches('$');
    let (whole, part) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    let is_one = !whole.is_empty() && digits(whole) && digits(part) && part.len() <= DIGITS;
    let found = is_one.then(|| format!("{whole}{part:0<DIGITS$}").parse::<u64>().ok()).flatten();
    let found = found.filter(|micros| (1..=USD_MAX * 1_000_000).contains(micros));
    let wrong = || unusable(format!("The budget is in dollars, as 2 or 0.50, at most {USD_MAX}."));
    found.map(Some).ok_or_else(wrong)
}

/// `POST /tasks`
pub async fn post(
    State(site): State<Shared>,
    person: Person,
    axum::Form(form): axum::Form<Form>,
) -> Result<Response, Failure> {
    person.needs(Scope::Task)?;
    match delegate(&site, &person, &form).await {
        Ok(to) => Ok(Redirect::to(&to).into_response()),
        // The board is around the box, and not for everybody to see.
        Err(failure) if failure.status.is_client_error() && person.needs(Scope::Read).is_ok() => {
            let board = look::board::board(&site.engine, Filter::default()).await?;
            let form = Form { wrong: Some(failure.words), ..form };
            let page = super::answer(&person, Fragment(false), &board, &form);
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok((status, Html(page.into_string())).into_response())
        }
        Err(failure) => Err(failure),
    }
}

async fn delegate(site: &Shared, person: &Person, form: &Form) -> Result<String, Failure> {
    let request = form.request(site).await?;
    if let Some(repo) = filled(&form.repo) {
        person.may_open(site, repo).await?;
    }
    match engine::delegate::delegate(&person.engine(site), request).await {
        Ok(delegated) => Ok(format!("/tasks/{}", delegated.task.id)),
        Err(engine::Error::Store(error)) => Err(error.into()),
        // A folder that isn't there, a server that refuses: nothing is begun, and who asked for it
        // can ask for something else.
        Err(error) => Err(unusable(engine::words(&error))),
    }
}

pub fn boxed(board: &Board, form: &Form) -> Markup {
    let is_wrong = form.wrong.is_some();
    html! {
        form.delegate.card #delegate method="post" action="/tasks" {
            @if let Some(wrong) = &form.wrong {
                div.notice.notice-bad #delegate-wrong role="alert" { (icon::warning()) p.pre-line { (text::shown(wrong)) } }
            }
            label.visually-hidden for="delegate-text" { "What is to be done" }
            textarea #delegate-text name="text" rows="2" required maxlength="65536" dir="auto" placeholder="What is to be done?"
                aria-invalid=[is_wrong.then_some("true")] aria-describedby=[is_wrong.then_some("delegate-wrong")] {
                "\n" (form.text)
            }
            (first_line(board, form))
            div.delegate-foot {
                @if !board.projects.is_empty() {
                    details.delegate-more open[filled(&form.repo).is_some()] {
                        summary { "Another repository" }
                        (repository(form))
                    }
                }
                (more(form))
            }
        }
    }
}

/// What is chosen for most tasks.
fn first_line(board: &Board, form: &Form) -> Markup {
    let has_projects = !board.projects.is_empty();
    html! {
        div.delegate-line {
            @if has_projects {
                div.field.delegate-project {
                    label for="delegate-project" { "Project" }
                    select #delegate-project name="project" {
                        @for project in &board.projects {
                            option value=(project.id.as_str()) selected[form.project == project.id.as_str()] { (brief::plain(project.origin.name(), 60)) }
                        }
                    }
                }
            } @else {
                (repository(form))
            }
            div.field.delegate-attempts {
                label for="delegate-attempts" { "Attempts" }
                select #delegate-attempts name="attempts" {
                    @for count in 1..=ATTEMPTS_MAX {
                        option value=(count) selected[form.attempts.trim() == count.to_string()] { (count) }
                    }
                }
            }
            fieldset.delegate-mode {
                legend { "Ends in" }
                div.row {
                    label.check { input type="radio" name="mode" value="code" checked[form.mode != "ask"]; "a change" }
                    label.check { input type="radio" name="mode" value="ask" checked[form.mode == "ask"]; "an answer" }
                }
            }
            button.button.button-primary.push type="submit" { (icon::send()) "Delegate" }
        }
    }
}

fn repository(form: &Form) -> Markup {
    html! {
        div.field.delegate-repo {
            label for="delegate-repo" { "Repository" }
            input #delegate-repo .mono type="text" name="repo" value=(form.repo) maxlength="4096" placeholder="/path/to/repository or https://…" autocomplete="off" spellcheck="false";
        }
    }
}

/// What the repository or the machine decides where it is left open.
fn more(form: &Form) -> Markup {
    let field = |id: &str, name: &str, label: &str, value: &str, placeholder: &str, mode: &str| {
        html! {
            div.field {
                label for=(id) { (label) }
                input id=(id) type="text" name=(name) value=(value) placeholder=(placeholder) inputmode=(mode) maxlength="200" autocomplete="off";
            }
        }
    };
    html! {
        details.delegate-more open[form.is_opened()] {
            summary { "Agent, budget, time" }
            div.fields {
                div.field {
                    label for="delegate-agent" { "Agent" }
                    select #delegate-agent name="agent" {
                        option value="" { "as configured" }
                        @for agent in AgentName::ALL {
                            option value=(agent.as_str()) selected[form.agent == agent.as_str()] { (agent.as_str()) }
                        }
                    }
                }
                (field("delegate-model", "model", "Model", &form.model, "as configured", "text"))
                (field("delegate-usd", "usd", "Budget in $", &form.usd, "no limit", "decimal"))
                (field("delegate-minutes", "minutes", "Minutes", &form.minutes, "30", "numeric"))
                (field("delegate-base", "base", "Base branch", &form.base, "the current one", "text"))
                label.check { input type="checkbox" name="plan_first" value="yes" checked[form.plan_first.is_some()]; "Plan first" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_dollars_and_never_guessed() {
        let read = |text| micros(text).map_err(|failure| failure.status);
        assert_eq!(read(""), Ok(None));
        assert_eq!(read(" 2 "), Ok(Some(2_000_000)));
        assert_eq!(read("$0.5"), Ok(Some(500_000)));
        assert_eq!(read("0,25"), Ok(Some(250_000)));
        for wrong in ["-1", "0", "1e3", "two", "1.2.3", "99999999", "."] {
            assert_eq!(read(wrong), Err(StatusCode::UNPROCESSABLE_ENTITY), "{wrong}");
        }
    }
}
