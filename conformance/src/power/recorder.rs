//! Records what a traced process syncs.

use std::collections::HashMap;
use std::ffi::c_long;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use nix::errno::Errno;
use nix::sys::ptrace::{self, Options};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::Pid;

use crate::power::Disk;

/// A record of what a child process syncs, from when it is attached to the process's end. A thread
/// of its own traces the process, as only the thread that attached to it may.
#[derive(Debug)]
pub(crate) struct Recorder {
    seen: Arc<Mutex<Seen>>,
}

/// What was seen so far.
#[derive(Debug)]
struct Seen {
    /// What a power cut leaves at the least.
    synced: Disk,
    /// That, and what the files held, when the process began to write to its stdout.
    answered: Option<(Disk, Disk)>,
    /// Why the record is worth nothing.
    spoilt: Option<String>,
}

impl Recorder {
    /// Begins. What lies below the directory now counts as synced.
    ///
    /// # Errors
    /// Why the process cannot be traced here.
    pub(crate) fn attach(process: u32, directory: &Path) -> Result<Recorder, String> {
        let synced = Disk::below(directory).map_err(|error| error.to_string())?;
        let seen = Arc::new(Mutex::new(Seen {
            synced,
            answered: None,
            spoilt: None,
        }));
        let leader = i32::try_from(process).map(Pid::from_raw);
        let tracer = Tracer {
            leader: leader.map_err(|error| error.to_string())?,
            directory: directory.to_owned(),
            seen: Arc::clone(&seen),
            under_way: HashMap::new(),
        };
        let (sender, attached) = mpsc::channel();
        thread::spawn(move || tracer.trace(&sender));
        match attached.recv() {
            Ok(Ok(())) => Ok(Recorder { seen }),
            Ok(Err(error)) => Err(format!("a child process cannot be traced: {error}")),
            Err(_) => Err("a child process cannot be traced".into()),
        }
    }

    /// The next answer is the one that counts.
    pub(crate) fn forget_answers(&self) {
        hold(&self.seen).answered = None;
    }

    /// What was synced, and what the files held, when the process began to answer.
    ///
    /// # Errors
    /// When it did not, or synced in a way that is not recorded.
    pub(crate) fn at_the_answer(&self) -> Result<(Disk, Disk), String> {
        let mut seen = hold(&self.seen);
        match (seen.spoilt.clone(), seen.answered.take()) {
            (Some(reason), _) => Err(reason),
            (None, Some(answered)) => Ok(answered),
            (None, None) => Err("the child process was not seen to answer".into()),
        }
    }
}

fn hold(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Tracer {
    leader: Pid,
    directory: PathBuf,
    seen: Arc<Mutex<Seen>>,
    /// What each thread's system call will have done when it returns.
    under_way: HashMap<Pid, Effect>,
}

/// What a system call does once it has succeeded.
enum Effect {
    Nothing,
    /// What this disk has is synced, as it was when the call began.
    Syncs(Disk),
    /// What it wrote is synced with it.
    WritesThrough(PathBuf),
}

/// A system call, at its beginning or its end.
struct SystemCall {
    number: c_long,
    arguments: [u64; 6],
    /// Meaningful at the end.
    returns: i64,
}

impl Tracer {
    fn trace(mut self, attached: &Sender<Result<(), Errno>>) {
        let options = Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_TRACECLONE;
        let begun =
            ptrace::seize(self.leader, options).and_then(|()| ptrace::interrupt(self.leader));
        // Whoever attaches waits for this.
        let _ = attached.send(begun);
        if begun.is_ok() {
            while self.next().is_some() {}
        }
    }

    /// Waits until a thread stops, and lets it go on; `None` at the end of the process.
    fn next(&mut self) -> Option<()> {
        // Only this thread's tracees, and not the children of others.
        let ours = WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD;
        let look = ours | WaitPidFlag::WEXITED | WaitPidFlag::WSTOPPED | WaitPidFlag::WNOWAIT;
        let stopped = match waitid(Id::All, look) {
            // Its end is for its parent to take.
            Ok(WaitStatus::Exited(pid, _) | WaitStatus::Signaled(pid, ..))
                if pid == self.leader =>
            {
                return None;
            }
            Ok(status) => status.pid()?,
            Err(Errno::EINTR) => return Some(()),
            Err(_) => return None,
        };
        // One that cannot go on was killed meanwhile, which the next look shows.
        match waitpid(stopped, Some(WaitPidFlag::__WALL)) {
            Ok(WaitStatus::PtraceSyscall(thread)) => {
                self.passes(thread);
                let _ = ptrace::syscall(thread, None);
            }
            Ok(WaitStatus::PtraceEvent(thread, ..)) => drop(ptrace::syscall(thread, None)),
            Ok(WaitStatus::Stopped(thread, signal)) => drop(ptrace::syscall(thread, signal)),
            Ok(WaitStatus::Exited(thread, _)) => drop(self.under_way.remove(&thread)),
            _ => {}
        }
        Some(())
    }

    /// A thread is at the beginning of a system call, or at the end of the one that it began.
    fn passes(&mut self, thread: Pid) {
        let Ok(call) = SystemCall::of(thread) else {
            return;
        };
        match self.under_way.remove(&thread) {
            None => {
                let effect = self.begins(&call);
                self.under_way.insert(thread, effect);
            }
            Some(effect) if call.returns >= 0 => self.happens(effect),
            Some(_) => {}
        }
    }

    fn begins(&self, call: &SystemCall) -> Effect {
        match call.number {
            libc::SYS_fsync | libc::SYS_fdatasync => {
                let mut disk = Disk::default();
                // What cannot be read any more is not kept, and found missing.
                let _ = disk.keep(&self.descriptor("fd", call.arguments[0]));
                Effect::Syncs(disk)
            }
            libc::SYS_sync | libc::SYS_syncfs => {
                Effect::Syncs(Disk::below(&self.directory).unwrap_or_default())
            }
            libc::SYS_write if call.arguments[0] == STDOUT => {
                self.answers();
                Effect::Nothing
            }
            libc::SYS_write
            | libc::SYS_writev
            | libc::SYS_pwrite64
            | libc::SYS_pwritev
            | libc::SYS_pwritev2 => {
                let at_once = call.number == libc::SYS_pwritev2
                    && call.arguments[5] & (libc::RWF_DSYNC | libc::RWF_SYNC) as u64 != 0;
                match at_once || self.is_synchronous(call.arguments[0]) {
                    true => Effect::WritesThrough(self.descriptor("fd", call.arguments[0])),
                    false => Effect::Nothing,
                }
            }
            libc::SYS_msync | libc::SYS_io_uring_enter => {
                let reason =
                    "the driver writes or syncs by msync or io_uring, which is not recorded";
                hold(&self.seen).spoilt = Some(reason.into());
                Effect::Nothing
            }
            _ => Effect::Nothing,
        }
    }

    fn happens(&self, effect: Effect) {
        match effect {
            Effect::Nothing => {}
            Effect::Syncs(disk) => hold(&self.seen).synced.learn(disk),
            Effect::WritesThrough(path) => drop(hold(&self.seen).synced.keep(&path)),
        }
    }

    fn answers(&self) {
        let mut seen = hold(&self.seen);
        if seen.answered.is_none() {
            let now = Disk::below(&self.directory).unwrap_or_default();
            seen.answered = Some((seen.synced.clone(), now));
        }
    }

    /// What `/proc` has of a descriptor: `fd`, which leads to the file, or `fdinfo`.
    fn descriptor(&self, what: &str, number: u64) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{what}/{number}", self.leader))
    }

    /// Whether writes through the descriptor are synced each.
    fn is_synchronous(&self, descriptor: u64) -> bool {
        let info = fs::read_to_string(self.descriptor("fdinfo", descriptor)).unwrap_or_default();
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
        let flags = flags.and_then(|flags| i32::from_str_radix(flags.trim(), 8).ok());
        flags.is_some_and(|flags| flags & libc::O_DSYNC != 0)
    }
}

const STDOUT: u64 = libc::STDOUT_FILENO.unsigned_abs() as u64;

impl SystemCall {
    #[cfg(target_arch = "x86_64")]
    fn of(thread: Pid) -> Result<SystemCall, Errno> {
        let registers = ptrace::getregs(thread)?;
        Ok(SystemCall {
            number: registers.orig_rax.cast_signed(),
            arguments: [
                registers.rdi,
                registers.rsi,
                registers.rdx,
                registers.r10,
                registers.r8,
                registers.r9,
            ],
            returns: registers.rax.cast_signed(),
        })
    }

    #[cfg(target_arch = "aarch64")]
    fn of(thread: Pid) -> Result<SystemCall, Errno> {
        let registers = ptrace::getregs(thread)?.regs;
        Ok(SystemCall {
            number: registers[8].cast_signed(),
            arguments: [
                registers[0],
                registers[1],
                registers[2],
                registers[3],
                registers[4],
                registers[5],
            ],
            returns: registers[0].cast_signed(),
        })
    }
}
