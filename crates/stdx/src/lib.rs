//! What the standard library lacks, without knowing whimbrel.
