//! System calls that fail from now on, in every thread of this process.

use crate::child::wire::Calls;

/// Has these calls fail with EIO, by a seccomp filter, which cannot be taken back.
///
/// # Errors
/// Why this system allows no such filter.
#[cfg(target_os = "linux")]
pub(crate) fn fail(calls: Calls) -> Result<(), String> {
    filter(calls).map_err(|error| format!("system calls cannot be filtered: {error}"))
}

#[cfg(target_os = "linux")]
fn filter(calls: Calls) -> Result<(), crate::subject::BoxError> {
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
        SeccompRule, apply_filter_all_threads,
    };

    let numbers = match calls {
        Calls::Syncs => [
            libc::SYS_fsync,
            libc::SYS_fdatasync,
            libc::SYS_msync,
            libc::SYS_sync_file_range,
            libc::SYS_syncfs,
        ],
        Calls::Reads => [
            libc::SYS_read,
            libc::SYS_pread64,
            libc::SYS_readv,
            libc::SYS_preadv,
            libc::SYS_preadv2,
        ],
    };
    // Requests come over stdin, whose number no sync has.
    let elsewhere = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, 0)?;
    let elsewhere = vec![SeccompRule::new(vec![elsewhere])?];
    let rules = numbers.map(|number| (number, elsewhere.clone())).into();
    let eio = SeccompAction::Errno(libc::EIO.unsigned_abs());
    let arch = std::env::consts::ARCH.try_into()?;
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, eio, arch)?;
    let program: BpfProgram = filter.try_into()?;
    Ok(apply_filter_all_threads(&program)?)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn fail(_: Calls) -> Result<(), String> {
    Err("system calls can be filtered on Linux alone".into())
}
