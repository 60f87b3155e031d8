//! A step of making a computer that failed, told by its name and the kernel's error.

use std::io;

#[derive(Debug, Clone)]
pub struct Step {
    pub name: String,
    pub errno: i32,
}

/// Names the step that a result is of.
pub trait Steps<T> {
    fn step(self, name: impl Into<String>) -> Result<T, Step>;
}

impl<T, E: Into<io::Error>> Steps<T> for Result<T, E> {
    fn step(self, name: impl Into<String>) -> Result<T, Step> {
        self.map_err(|error| {
            let errno = error.into().raw_os_error().unwrap_or(libc::EIO);
            Step { name: name.into(), errno }
        })
    }
}
