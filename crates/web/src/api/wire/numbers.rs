//! Counted over some days.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Numbers {
    /// `2026-11-29`, in UTC.
    pub first: String,
    pub last: String,
    pub total: Count,
    pub days: Vec<OnDay>,
    pub persons: Vec<Person>,
    /// From offered to decided.
    pub waits: Option<Waits>,
    pub cost: Cost,
    /// By agent and model.
    pub workers: Vec<Worker>,
    /// How attempts ended.
    pub outcomes: Vec<Named>,
    /// Why changes were rejected.
    pub rejections: Vec<Named>,
    /// Evidence that holds.
    pub evidence: Share,
}

/// Pull requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Count {
    pub offered: u64,
    pub merged: u64,
    pub closed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Share {
    pub part: u64,
    pub of: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OnDay {
    pub day: String,
    #[serde(flatten)]
    pub count: Count,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "NumbersOfPerson")]
pub struct Person {
    pub name: String,
    #[serde(flatten)]
    pub count: Count,
    pub offered_by_day: Vec<u64>,
    pub said: Said,
}

/// Verdicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "NumbersOfVerdicts")]
pub struct Said {
    pub approved: u64,
    pub rejected: u64,
    pub feedback: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Waits {
    pub decided: u64,
    pub shortest_ms: u64,
    pub p25_ms: u64,
    pub p50_ms: u64,
    pub p75_ms: u64,
    pub p90_ms: u64,
    pub longest_ms: u64,
}

/// In millionths of a US dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cost {
    pub micros: u64,
    pub requests: u64,
    /// Requests whose price isn't known.
    pub unpriced: u64,
    /// Everything that was spent, for each merged change.
    pub micros_per_merged: Option<u64>,
    /// What the merged attempts themselves spent.
    pub own_micros_per_merged: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Worker {
    pub agent: String,
    pub model: Option<String>,
    pub attempts: u64,
    /// Evidence that holds.
    pub evidence: Share,
    pub merged: u64,
    pub closed: u64,
    pub cost: Cost,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Named {
    pub name: String,
    pub count: u64,
}
