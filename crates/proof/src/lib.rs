//! Evidence: the checks at base and head, read, compared and ranked.
