//! Computers made of Linux namespaces and an overlay.
