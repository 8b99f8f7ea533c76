//! Child processes: a test binary runs itself again in a role.

use std::process::ExitCode;
use std::sync::Arc;

use crate::subject::AnySubject;

/// Plays the role the parent asks for, or `None` when this process is nobody's child.
pub(crate) fn run_if_child(_subject: &Arc<dyn AnySubject>) -> Option<ExitCode> {
    None
}
