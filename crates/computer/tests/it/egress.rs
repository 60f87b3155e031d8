//! The way out: what a network policy lets through, and that nothing else gets through.

mod attacks;
pub mod outside;
pub mod registries;
mod ways;
