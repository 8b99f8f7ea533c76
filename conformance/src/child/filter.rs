//! System calls that fail from now on, in every thread of this process, or end it.

use crate::child::wire::{Calls, Fate};

/// Gives these calls their fate, by a seccomp filter, which cannot be taken back.
///
/// # Errors
/// Why this system allows no such filter.
#[cfg(target_os = "linux")]
pub(crate) fn filter(calls: Calls, fate: Fate) -> Result<(), String> {
    apply(calls, fate).map_err(|error| format!("system calls cannot be filtered: {error}"))
}

#[cfg(target_os = "linux")]
fn apply(calls: Calls, fate: Fate) -> Result<(), crate::subject::BoxError> {
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
        SeccompRule, apply_filter_all_threads,
    };

    let is = |argument, operator, value| {
        let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)?;
        SeccompRule::new(vec![condition])
    };
    // Requests come over stdin, whose number no sync has.
    let elsewhere = vec![is(0, SeccompCmpOp::Ne, 0)?];
    let (rules, error) = match calls {
        Calls::Syncs => {
            let numbers = [
                libc::SYS_fsync,
                libc::SYS_fdatasync,
                libc::SYS_msync,
                libc::SYS_sync_file_range,
                libc::SYS_syncfs,
            ];
            (
                numbers.map(|number| (number, elsewhere.clone())).into(),
                libc::EIO,
            )
        }
        Calls::Reads => {
            let numbers = [
                libc::SYS_read,
                libc::SYS_pread64,
                libc::SYS_readv,
                libc::SYS_preadv,
                libc::SYS_preadv2,
            ];
            (
                numbers.map(|number| (number, elsewhere.clone())).into(),
                libc::EIO,
            )
        }
        Calls::Locks => {
            let commands = [
                libc::F_SETLK,
                libc::F_SETLKW,
                libc::F_OFD_SETLK,
                libc::F_OFD_SETLKW,
            ];
            let command = |command: i32| is(1, SeccompCmpOp::Eq, command.unsigned_abs().into());
            let commands: Result<Vec<_>, _> = commands.into_iter().map(command).collect();
            let rules = [(libc::SYS_flock, vec![]), (libc::SYS_fcntl, commands?)];
            (rules.into(), libc::ENOLCK)
        }
    };
    let action = match fate {
        Fate::Fail => SeccompAction::Errno(error.unsigned_abs()),
        Fate::EndTheProcess => SeccompAction::KillProcess,
    };
    let arch = std::env::consts::ARCH.try_into()?;
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, action, arch)?;
    let program: BpfProgram = filter.try_into()?;
    Ok(apply_filter_all_threads(&program)?)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn filter(_: Calls, _: Fate) -> Result<(), String> {
    Err("system calls can be filtered on Linux alone".into())
}
