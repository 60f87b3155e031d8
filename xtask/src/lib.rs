//! Chores of this repository. A library too, so that the stories can play a few seeds of
//! [`chaos`].

pub mod chaos;
