//! A program: steps, one after another.

use crate::call::{Call, When};

/// Steps on a backend that is empty at first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    pub(crate) steps: Vec<Step>,
}

/// One step. Its label stays when others are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) label: u64,
    pub(crate) act: Act,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// An operation, through one of two instances on the backend. The version that a store asks for
    /// is the label of the step that gave it.
    Call { by: Hand, call: Call },
    /// Both instances are closed, and opened again.
    Reopen,
}

/// One of two instances on one backend; where a driver allows one alone, they are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Hand {
    First,
    Other,
}

impl Program {
    /// The ids it names, each once, in the order of their first appearance.
    pub(crate) fn ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = vec![];
        for id in self.calls().flat_map(Call::ids) {
            if !ids.iter().any(|known| known == id) {
                ids.push(id.into());
            }
        }
        ids
    }

    pub(crate) fn calls(&self) -> impl Iterator<Item = &Call> {
        self.steps.iter().filter_map(Step::call)
    }

    /// The program with labels that count from 1.
    pub(crate) fn relabelled(mut self) -> Program {
        let labels: Vec<u64> = self.steps.iter().map(|step| step.label).collect();
        let number = |label: u64| {
            let place = labels.iter().position(|known| *known == label);
            place.map_or(0, |place| 1 + place as u64)
        };
        for step in &mut self.steps {
            step.label = number(step.label);
            if let Some(version) = step.call_mut().and_then(Call::version_mut) {
                *version = number(*version);
            }
        }
        self
    }

    /// The labels of the steps whose versions stores ask for.
    pub(crate) fn asked_for(&self) -> impl Iterator<Item = u64> {
        self.calls().filter_map(|call| match call {
            Call::Store {
                when: When::Version(label),
                ..
            } => Some(*label),
            _ => None,
        })
    }
}

impl Step {
    /// Whether it goes through the other instance.
    pub(crate) fn is_by_other(&self) -> bool {
        let other = Hand::Other;
        matches!(&self.act, Act::Call { by, .. } if *by == other)
    }

    pub(crate) fn call(&self) -> Option<&Call> {
        match &self.act {
            Act::Call { call, .. } => Some(call),
            Act::Reopen => None,
        }
    }

    pub(crate) fn call_mut(&mut self) -> Option<&mut Call> {
        match &mut self.act {
            Act::Call { call, .. } => Some(call),
            Act::Reopen => None,
        }
    }
}
