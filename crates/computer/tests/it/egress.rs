//! The way out: what a network policy lets through, and that nothing else gets through.

mod attacks;
mod outside;
mod registries;
mod ways;
