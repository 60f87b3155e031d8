//! Git plumbing and where pull requests are offered.
