//! What an attempt may use at most.

use serde::{Deserialize, Serialize};

pub const MIB: u64 = 1024 * 1024;
pub const GIB: u64 = 1024 * MIB;

/// Hard limits of one computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Limits {
    /// Wall time of the work, in milliseconds.
    pub wall_ms: u64,
    /// Memory of all processes together, in bytes.
    pub memory_bytes: u64,
    /// Processes and threads at once.
    pub processes: u64,
    /// Output of one execution that is kept, in bytes; the rest is counted and dropped.
    pub output_bytes: u64,
    /// What its private layer may hold, in bytes.
    #[serde(default = "default_disk_bytes")]
    pub disk_bytes: u64,
    /// Files and folders in its private layer.
    #[serde(default = "default_files")]
    pub files: u64,
    /// CPU time per wall time, in thousandths of one CPU; none is as much as there is.
    #[serde(default)]
    pub cpu_millis: Option<u32>,
    /// What the models may cost, in millionths of a US dollar.
    #[serde(default)]
    pub usd_micros: Option<u64>,
    /// What the models may read and write together, in tokens.
    #[serde(default = "default_tokens")]
    pub tokens: u64,
    /// Times that a model may be asked.
    #[serde(default = "default_turns")]
    pub turns: u32,
    /// What all tools may print together, in bytes.
    #[serde(default = "default_output_total_bytes")]
    pub output_total_bytes: u64,
}

fn default_tokens() -> u64 {
    20_000_000
}

fn default_turns() -> u32 {
    400
}

fn default_output_total_bytes() -> u64 {
    GIB
}

fn default_disk_bytes() -> u64 {
    16 * GIB
}

fn default_files() -> u64 {
    1_000_000
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall_ms: 30 * 60_000,
            memory_bytes: 4 * GIB,
            processes: 512,
            output_bytes: 8 * MIB,
            disk_bytes: default_disk_bytes(),
            files: default_files(),
            cpu_millis: None,
            usd_micros: None,
            tokens: default_tokens(),
            turns: default_turns(),
            output_total_bytes: default_output_total_bytes(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a size; write it like 512MiB, 4GiB or 2G")]
pub struct MalformedSize(pub String);

/// Reads `1GiB`, `512M`, `2G` (binary units all) or a plain number of bytes.
pub fn parse_size(text: &str) -> Result<u64, MalformedSize> {
    let malformed = || MalformedSize(text.to_owned());
    let trimmed = text.trim();
    let digits = trimmed.len() - trimmed.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let number: u64 = trimmed[..digits].parse().map_err(|_| malformed())?;
    let unit = match trimmed[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1024,
        "m" | "mb" | "mib" => MIB,
        "g" | "gb" | "gib" => GIB,
        "t" | "tb" | "tib" => 1024 * GIB,
        _ => return Err(malformed()),
    };
    number.checked_mul(unit).filter(|&bytes| bytes > 0).ok_or_else(malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_binary_units() {
        assert_eq!(parse_size("1GiB"), Ok(GIB));
        assert_eq!(parse_size("512 m"), Ok(512 * MIB));
        assert_eq!(parse_size("4096"), Ok(4096));
        for text in ["", "GiB", "-1G", "1.5G", "1P", "0", "99999999999999G"] {
            assert_eq!(parse_size(text), Err(MalformedSize(text.to_owned())));
        }
    }
}
