//! The specification: a rule, then its cases, then the next rule.

mod retrieve;

use crate::rule::Rule;

/// Every rule, in the specification's order.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    FAMILIES.iter().copied().flatten()
}

const FAMILIES: &[&[Rule]] = &[retrieve::RULES];
