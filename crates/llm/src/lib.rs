//! One message vocabulary over every model provider, streaming.
