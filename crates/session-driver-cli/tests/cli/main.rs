//! The tool as its users run it: a process, its output, its exit status.

mod copying;
mod looking;
mod proving;
mod tool;
mod urls;
