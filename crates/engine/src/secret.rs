//! The operator's secrets: values that setups are given by name, each for one project, or for all
//! where the operator says so. A repository names what it wants; it gets what was set for it.
//!
//! `HOME/secrets/SCOPE/NAME.json`, readable by this user alone. Values leave this file only as
//! [`computer::Secret`], which never shows them.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use computer::Secret;
use domain::audit::Action;
use domain::{ProjectId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::home::{private_folder, write_private};
use crate::{Engine, Error, Home, audit};

/// The folder of those that every project may name.
const ALL: &str = "all";

/// Whose setups may have a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Project(ProjectId),
    All,
}

impl Scope {
    fn words(&self) -> String {
        match self {
            Self::Project(id) => format!("for project {id}"),
            Self::All => "for all projects".into(),
        }
    }

    fn folder(&self) -> &str {
        match self {
            Self::Project(id) => id.as_str(),
            Self::All => ALL,
        }
    }
}

/// Where a value is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Stored(String),
    /// In this variable of whoever builds.
    Variable(String),
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stored(_) => f.write_str("Stored"),
            Self::Variable(name) => write!(f, "Variable({name})"),
        }
    }
}

/// A secret, without its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    pub name: String,
    pub scope: Scope,
    /// The variable that it is read from; none where the value is stored.
    pub variable: Option<String>,
    /// When this was said last.
    pub set: Option<Timestamp>,
}

/// Stores a secret, or puts another value in its place.
pub fn set(home: &Home, scope: &Scope, name: &str, source: &Source) -> Result<(), Error> {
    check_name(name)?;
    match source {
        Source::Stored(value) => check_value(name, value)?,
        Source::Variable(variable) => check_name(variable)?,
    }
    let folder = home.secrets().join(scope.folder());
    private_folder(&folder)?;
    let text = serde_json::to_vec(source).expect("a text can be written as JSON");
    let path = folder.join(format!("{name}.json"));
    write_private(&path, &text).map_err(|source| Error::Write { path, source })
}

fn check_name(name: &str) -> Result<(), Error> {
    if environment::is_variable_name(name) {
        return Ok(());
    }
    let name = stdx::cut::line(name, 80);
    Err(Error::Unusable(format!(
        "{name:?} can't be a variable's name: use letters, digits and _, and start with no digit"
    )))
}

fn check_value(name: &str, value: &str) -> Result<(), Error> {
    if value.contains('\0') {
        return Err(Error::Unusable(format!("the secret {name} has a NUL in it")));
    }
    let checked = Secret::new(name, value).map(drop);
    checked.map_err(|error| Error::Unusable(error.to_string()))
}

/// Whether there was one.
pub fn remove(home: &Home, scope: &Scope, name: &str) -> Result<bool, Error> {
    check_name(name)?;
    let path = file(home, scope, name);
    match fs::remove_file(&path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(Error::Write { path, source }),
    }
}

/// Names only, those of all projects first.
pub fn list(home: &Home) -> Result<Vec<Listed>, Error> {
    let mut listed = Vec::new();
    for folder in entries(&home.secrets())? {
        let Some(scope) = folder.file_name().and_then(|name| scope_of(name.to_str()?)) else {
            continue;
        };
        for path in entries(&folder)? {
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let variable = match read(&path)? {
                Some(Source::Variable(variable)) => Some(variable),
                Some(Source::Stored(_)) | None => None,
            };
            let set = written(&path);
            listed.push(Listed { name, scope: scope.clone(), variable, set });
        }
    }
    listed.sort_by(|a, b| (a.scope.folder(), &a.name).cmp(&(b.scope.folder(), &b.name)));
    Ok(listed)
}

fn written(path: &Path) -> Option<Timestamp> {
    let since = fs::metadata(path).ok()?.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(Timestamp)
}

/// [`set`], kept in the audit log by its name alone.
pub async fn keep(
    engine: &Engine,
    scope: &Scope,
    name: &str,
    source: &Source,
) -> Result<(), Error> {
    set(&engine.home, scope, name, source)?;
    audit::record(engine, Action::SecretSet, name, &scope.words()).await
}

/// [`remove`], kept in the audit log. Whether there was one.
pub async fn forget(engine: &Engine, scope: &Scope, name: &str) -> Result<bool, Error> {
    let was_there = remove(&engine.home, scope, name)?;
    if was_there {
        audit::record(engine, Action::SecretRemoved, name, &scope.words()).await?;
    }
    Ok(was_there)
}

fn scope_of(folder: &str) -> Option<Scope> {
    if folder == ALL { Some(Scope::All) } else { folder.parse().ok().map(Scope::Project) }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let read = |source| Error::Read { path: folder.to_owned(), source };
    match fs::read_dir(folder) {
        Ok(entries) => {
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
    .map_err(read)
}

fn read(path: &Path) -> Result<Option<Source>, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| {
            // The parser's words could quote what it read.
            failed(io::Error::new(io::ErrorKind::InvalidData, format!("{:?}", error.classify())))
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

/// The values of `names` for a setup of `project`, its own before those of all projects.
/// `variable` reads the environment of whoever builds.
pub fn resolve(
    home: &Home,
    project: &ProjectId,
    names: &[String],
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Secret>, Error> {
    names.iter().map(|name| resolve_one(home, project, name, variable)).collect()
}

fn resolve_one(
    home: &Home,
    project: &ProjectId,
    name: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Secret, Error> {
    check_name(name)?;
    let own = Scope::Project(project.clone());
    let scope = if file(home, &own, name).exists() { own } else { Scope::All };
    value(home, &scope, name, variable)
}

fn file(home: &Home, scope: &Scope, name: &str) -> PathBuf {
    home.secrets().join(scope.folder()).join(format!("{name}.json"))
}

/// The value of one secret.
pub fn value(
    home: &Home,
    scope: &Scope,
    name: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Secret, Error> {
    check_name(name)?;
    let value = match read(&file(home, scope, name))? {
        Some(Source::Stored(value)) => value,
        Some(Source::Variable(from)) => variable(&from).ok_or_else(|| {
            Error::Unusable(format!(
                "the secret {name} is to be read from the variable {from}, which isn't set here"
            ))
        })?,
        None => return Err(unset(name)),
    };
    check_value(name, &value)?;
    Secret::new(name, value).map_err(|error| Error::Unusable(error.to_string()))
}

fn unset(name: &str) -> Error {
    Error::Unusable(format!(
        "the secret {name} isn't set here; set it for one project with `whimbrel env secret set \
         {name} --repo …`, which asks for its value"
    ))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn stored(text: &str) -> Source {
        Source::Stored(text.to_owned())
    }

    #[test]
    fn a_project_gets_what_was_set_for_it_and_nothing_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let (ours, theirs) = (ProjectId::from_random(1), ProjectId::from_random(2));
        let mine = Scope::Project(ours.clone());
        set(&home, &mine, "TOKEN", &stored("of the project")).unwrap();
        set(&home, &Scope::All, "SHARED", &stored("of everybody")).unwrap();
        set(&home, &mine, "FROM", &Source::Variable("CI_TOKEN".into())).unwrap();
        let variable = |name: &str| (name == "CI_TOKEN").then(|| "of the variable".to_owned());
        let value = |project: &ProjectId, name: &str| {
            resolve(&home, project, &[name.to_owned()], &variable)
                .map(|found| String::from_utf8(found[0].value().to_vec()).unwrap())
                .map_err(|error| error.to_string())
        };

        assert_eq!(value(&ours, "TOKEN").unwrap(), "of the project");
        assert_eq!(value(&theirs, "SHARED").unwrap(), "of everybody");
        assert_eq!(value(&ours, "FROM").unwrap(), "of the variable");
        assert!(value(&theirs, "TOKEN").unwrap_err().contains("whimbrel env secret set TOKEN"));

        let listed = format!("{:?}", list(&home).unwrap());
        assert!(listed.contains("TOKEN") && !listed.contains("of the project"), "{listed}");
        let file = home.secrets().join(ours.as_str()).join("TOKEN.json");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(remove(&home, &mine, "TOKEN").unwrap() && !remove(&home, &mine, "TOKEN").unwrap());
    }

    #[test]
    fn what_can_be_no_secret_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        for name in ["../x", "A-B", "", "1A"] {
            set(&home, &Scope::All, name, &stored("long enough")).unwrap_err();
        }
        for value in ["short", "with\0nul-and-more"] {
            let error = set(&home, &Scope::All, "A", &stored(value)).unwrap_err().to_string();
            assert!(!error.contains(value), "{error}");
        }
    }
}
