//! All SQL: tasks, attempts, pull requests and the event log, in SQLite.
