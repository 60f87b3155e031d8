//! Model-free repair: fault localisation, syntax edits, fast validation.
