//! What of a computer works on this machine, for `whimbrel doctor`.

use std::path::Path;
use std::time::Instant;

use super::{CpuBy, DiskBy, LimitsBy, Namespaces};
use crate::{Backend, Computer, Error, Exec, Spec, Status};

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    pub name: &'static str,
    pub works: bool,
    /// What was seen.
    pub detail: String,
    /// What to do, where something is to be done.
    pub remedy: Option<String>,
}

/// Makes a computer in `home`, runs a program in it and destroys it.
pub async fn probe(home: &Path, helper: &Path) -> Vec<Finding> {
    let backend = match Namespaces::new(home, helper.to_owned()) {
        Ok(backend) => backend,
        Err(error) => return vec![broken("home", &error)],
    };
    let held = backend.held_by();
    let mut findings = vec![limits(held.memory), cpu(held.cpu), disk(&backend)];
    findings.extend(runs(&backend).await);
    findings
}

fn limits(by: LimitsBy) -> Finding {
    let (detail, remedy) = match by {
        LimitsBy::CgroupV1 => ("memory and processes are held by cgroups, version 1", None),
        LimitsBy::CgroupV2 => ("memory and processes are held by cgroups, version 2", None),
        LimitsBy::Rlimits => (
            "memory is looked at 20 times a second, processes are held by resource limits",
            Some("for exact limits: systemd-run --user --scope -p Delegate=yes whimbrel …".into()),
        ),
    };
    Finding { name: "limits", works: true, detail: detail.into(), remedy }
}

fn cpu(by: CpuBy) -> Finding {
    let detail = match by {
        CpuBy::CgroupV1 => "a quota of CPU time is held by cgroups, version 1",
        CpuBy::CgroupV2 => "a quota of CPU time is held by cgroups, version 2",
        CpuBy::Nothing => "nothing here holds a quota of CPU time: a computer may use all CPUs",
    };
    works("cpu limit", detail.into())
}

fn disk(backend: &Namespaces) -> Finding {
    let detail = match backend.disk_by() {
        DiskBy::Image => "a computer's disk is held by a file system of its own".to_owned(),
        DiskBy::Watch => {
            let why = backend.disk_lack().unwrap_or_default();
            format!("a computer's disk is looked at several times a second ({why})")
        }
    };
    works("disk limit", detail)
}

async fn runs(backend: &Namespaces) -> Vec<Finding> {
    let spec = Spec::default();
    let started = Instant::now();
    let computer = match backend.fork(&backend.bare(), &spec).await {
        Ok(computer) => computer,
        Err(error) => return vec![broken("computer", &error)],
    };
    let ran = run_true(computer.as_ref()).await;
    let took_ms = started.elapsed().as_secs_f64() * 1e3;
    let first = match ran {
        Ok(()) => works("computer", format!("made one and ran a program in {took_ms:.1} ms")),
        Err(error) => broken("computer", &error),
    };
    let last = match computer.destroy().await {
        Ok(()) => works("destroy", "nothing is left of it".into()),
        Err(error) => broken("destroy", &error),
    };
    vec![first, last]
}

async fn run_true(computer: &dyn Computer) -> Result<(), Error> {
    let exited = computer.run(Exec::new(["true"])).await?;
    match exited.status {
        Status::Exited(0) => Ok(()),
        other => Err(Error::Exec {
            argv0: "true".into(),
            source: std::io::Error::other(format!("it ended with {other:?}")),
        }),
    }
}

fn works(name: &'static str, detail: String) -> Finding {
    Finding { name, works: true, detail, remedy: None }
}

fn broken(name: &'static str, error: &Error) -> Finding {
    let (detail, remedy) = match error {
        Error::Refused { step, remedy } => (step.clone(), Some(remedy.clone())),
        other => (with_sources(other), None),
    };
    Finding { name, works: false, detail, remedy }
}

fn with_sources(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(next) = source {
        text.push_str(&format!(": {next}"));
        source = next.source();
    }
    text
}
