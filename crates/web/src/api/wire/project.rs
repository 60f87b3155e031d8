//! Projects.

use domain::ProjectId;
use domain::project::Approval;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Project {
    pub id: ProjectId,
    /// The last part of where it is.
    pub name: String,
    /// A folder of the server's, or a URL without its passwords.
    pub origin: String,
    pub settings: Settings,
}

/// What its people chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ProjectSettings")]
pub struct Settings {
    pub approval: Approval,
}

/// A repository that becomes a project; one that is a project already stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProject {
    /// A folder of the server's, or a URL that git can fetch from.
    #[schemars(length(min = 1, max = 4096))]
    pub repo: String,
}
