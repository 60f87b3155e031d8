//! Moves every task toward its intended state.
