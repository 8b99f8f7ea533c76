//! Looking out for something for a moment, before going to sleep.

use std::hint;
use std::time::{Duration, Instant};

/// About what it costs to be woken on another processor, twice over: who has waited in vain for so
/// long has lost as much as sleeping at once would have cost him.
const MOMENT: Duration = Duration::from_micros(25);

/// Whether it comes within a moment. Between the looks the processor is kept: one that is yielded
/// on a busy machine comes back after milliseconds.
pub(super) fn comes_in_a_moment(has_come: impl Fn() -> bool) -> bool {
    let begin = Instant::now();
    loop {
        if has_come() {
            return true;
        }
        if begin.elapsed() > MOMENT {
            return false;
        }
        hint::spin_loop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn what_is_there_is_seen_and_what_never_comes_is_not_waited_for() {
        assert!(comes_in_a_moment(|| true));
        let looks = Cell::new(0);
        let comes_third = || looks.replace(looks.get() + 1) == 2;
        let begin = Instant::now();
        let came = comes_in_a_moment(comes_third);
        assert!(came || begin.elapsed() > MOMENT);
        assert!(!comes_in_a_moment(|| false));
    }
}
