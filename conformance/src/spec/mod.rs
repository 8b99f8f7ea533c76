//! The specification: a rule, then its cases, then the next rule.

mod atomicity;
mod claims;
mod concurrency;
mod durability;
mod errors;
mod expiry;
mod hygiene;
mod identifiers;
mod isolation;
mod payload;
mod remove;
mod resurrection;
mod retrieve;
mod rotate;
mod store;
mod sweep;
mod traverse;
mod versions;

use crate::rule::Rule;

/// Every rule, in the specification's order.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    FAMILIES.iter().copied().flatten()
}

const FAMILIES: &[&[Rule]] = &[
    retrieve::RULES,
    store::RULES,
    versions::RULES,
    resurrection::RULES,
    remove::RULES,
    rotate::RULES,
    traverse::RULES,
    expiry::RULES,
    sweep::RULES,
    identifiers::RULES,
    payload::RULES,
    durability::RULES,
    atomicity::RULES,
    isolation::RULES,
    concurrency::RULES,
    errors::RULES,
    hygiene::RULES,
    claims::RULES,
];
