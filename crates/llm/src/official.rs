//! The wire formats against their makers' own packages.
