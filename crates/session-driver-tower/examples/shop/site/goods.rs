//! What the shop sells.

use std::fmt;

/// One of the goods.
#[derive(Debug)]
pub(super) struct Tea {
    /// Its name in forms and baskets.
    pub(super) key: &'static str,
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) price: Price,
    /// The colour of a cup of it, for the style sheet.
    pub(super) colour: &'static str,
}

/// An amount of money, in cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Price(pub(super) u32);

impl Price {
    pub(super) fn times(self, count: u32) -> Price {
        Price(self.0.saturating_mul(count))
    }

    pub(super) fn plus(self, other: Price) -> Price {
        Price(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "€ {}.{:02}", self.0 / 100, self.0 % 100)
    }
}

/// All there is.
pub(super) const TEAS: &[Tea] = &[
    Tea {
        key: "sencha",
        name: "Sencha",
        about: "First flush, steamed. Fresh grass and a little sea.",
        price: Price(1250),
        colour: "#c9cf6b",
    },
    Tea {
        key: "oolong",
        name: "Dong Ding Oolong",
        about: "Rolled and roasted. Chestnut, honey, long in the mouth.",
        price: Price(1680),
        colour: "#d9a441",
    },
    Tea {
        key: "darjeeling",
        name: "Darjeeling",
        about: "Second flush. Muscat grapes and warm wood.",
        price: Price(1490),
        colour: "#c8692f",
    },
    Tea {
        key: "assam",
        name: "Assam",
        about: "Strong and malty; takes milk and early mornings.",
        price: Price(890),
        colour: "#8f3a1e",
    },
    Tea {
        key: "pu-erh",
        name: "Ripe Pu-erh",
        about: "Aged nine years. Earth after rain, smooth as slate.",
        price: Price(2240),
        colour: "#47211a",
    },
    Tea {
        key: "hibiscus",
        name: "Hibiscus",
        about: "No tea at all, whole flowers. Sour cherry, no sleep lost.",
        price: Price(640),
        colour: "#a81f4c",
    },
];

/// The tea of this key.
pub(super) fn find(key: &str) -> Option<&'static Tea> {
    TEAS.iter().find(|tea| tea.key == key)
}
