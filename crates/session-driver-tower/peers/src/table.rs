//! What was measured, as tables of Markdown.

use std::fmt::Write;

use crate::contest::{Measured, OPERATIONS, Outcome, TASKS};

/// One table for each number of tasks.
pub(crate) fn text(outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    for (by_tasks, tasks) in TASKS.into_iter().enumerate() {
        let unit = if tasks == 1 {
            "One task: µs a call".to_owned()
        } else {
            format!("{tasks} tasks: calls a second")
        };
        let _ = writeln!(text, "| {unit} | load | save | create + delete |");
        let _ = writeln!(text, "|---|--:|--:|--:|");
        for outcome in outcomes {
            let _ = writeln!(text, "| **{}** | | | |", outcome.title);
            let ours = &outcome.stores[0];
            for store in &outcome.stores {
                let _ = write!(text, "| {} |", store.name);
                for by_operation in 0..OPERATIONS.len() {
                    let figure = figure(tasks, &store.figures[by_tasks][by_operation]);
                    let _ = write!(text, " {figure}");
                    if store.name != ours.name {
                        let ratio = ratio(ours, store, by_tasks, by_operation);
                        let _ = write!(text, " ({ratio:.2}×)");
                    }
                    let _ = write!(text, " |");
                }
                text.push('\n');
            }
        }
        text.push('\n');
    }
    text
}

/// How many times as fast as this store ours is: the median of the rounds' own ratios.
fn ratio(ours: &Measured, store: &Measured, by_tasks: usize, by_operation: usize) -> f64 {
    let ours = &ours.figures[by_tasks][by_operation];
    let theirs = &store.figures[by_tasks][by_operation];
    let pairs = ours.iter().zip(theirs);
    median(pairs.map(|(ours, theirs)| {
        if TASKS[by_tasks] == 1 {
            theirs / ours
        } else {
            ours / theirs
        }
    }))
}

fn figure(tasks: usize, rounds: &[f64]) -> String {
    let figure = median(rounds.iter().copied());
    if tasks == 1 {
        format!("{figure:.1}")
    } else {
        thousands(figure)
    }
}

fn thousands(figure: f64) -> String {
    let figure = figure.round() as u64;
    if figure < 1_000 {
        return figure.to_string();
    }
    format!("{},{:03}", figure / 1_000, figure % 1_000)
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
