//! Baskets: in `AsyncSessions`, for a session of tower-sessions is read at a request's begin and
//! stored at its end, and of two requests at once the later would undo the earlier.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::response::Redirect;
use maud::Markup;
use serde::{Deserialize, Serialize};
use session_driver_tower::session_driver::{Result, Session, SessionId};
use session_driver_tower::session_driver_async::AsyncSessions;

use super::failure::Failure;
use super::goods::{self, Price, Tea};
use super::visitor::{BASKET, NOTE, Visitor};
use super::{Driver, Site, pages};

/// So many of one tea are enough.
const MOST: u32 = 999;

const LONGEST_NOTE: usize = 200;

/// What somebody wants to buy.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Basket {
    counts: BTreeMap<String, u32>,
}

impl Basket {
    fn add(&mut self, tea: &Tea) {
        let count = self.counts.entry(tea.key.to_owned()).or_default();
        *count = MOST.min(*count + 1);
    }

    fn remove(&mut self, tea: &Tea) {
        self.counts.remove(tea.key);
    }

    /// The teas and how many of each; what is no longer sold is left out.
    pub(super) fn lines(&self) -> impl Iterator<Item = (&'static Tea, u32)> {
        let counts = self.counts.iter();
        counts.filter_map(|(key, &count)| Some((goods::find(key)?, count)))
    }

    pub(super) fn count(&self) -> u32 {
        self.lines().map(|(_, count)| count).sum()
    }

    pub(super) fn total(&self) -> Price {
        let prices = self.lines().map(|(tea, count)| tea.price.times(count));
        prices.fold(Price(0), Price::plus)
    }
}

/// All baskets. A session holds the id of its own, and so a login, which gives the session another
/// id, leaves the basket where it is.
#[derive(Clone)]
pub(super) struct Baskets {
    sessions: AsyncSessions<Basket, Arc<Driver>>,
}

impl Baskets {
    pub(super) fn new(driver: Arc<Driver>) -> Baskets {
        Baskets {
            sessions: AsyncSessions::new(driver),
        }
    }

    /// The visitor's basket with its deadline, if there is one.
    pub(super) async fn find(&self, visitor: &Visitor) -> Result<Option<Session<Basket>>> {
        match &visitor.basket {
            Some(id) => self.sessions.retrieve(id).await,
            None => Ok(None),
        }
    }

    /// What is in the visitor's basket; nothing if there is none.
    pub(super) async fn look(&self, visitor: &Visitor) -> Result<Basket> {
        let basket = self.find(visitor).await?;
        Ok(basket.map(Session::into_inner).unwrap_or_default())
    }

    /// What is in the visitor's basket, which is made if there is none.
    pub(super) async fn ensure(&self, visitor: &Visitor) -> Result<Basket, Failure> {
        match self.find(visitor).await? {
            Some(basket) => Ok(basket.into_inner()),
            None => self.start(visitor, Basket::default()).await,
        }
    }

    /// Adds to the visitor's basket. Whatever others do to it at the same time happens as well.
    async fn add(&self, visitor: &Visitor, tea: &Tea) -> Result<(), Failure> {
        if let Some(id) = &visitor.basket {
            let added = self.sessions.update(id, |basket| basket.add(tea));
            if let Some(()) = added.await? {
                return Ok(());
            }
        }
        let mut basket = Basket::default();
        basket.add(tea);
        self.start(visitor, basket).await.map(drop)
    }

    async fn start(&self, visitor: &Visitor, basket: Basket) -> Result<Basket, Failure> {
        let basket = self.sessions.create(basket).await?;
        let id = basket.id().as_str();
        visitor.session.insert(BASKET, id).await?;
        Ok(basket.into_inner())
    }

    /// Ends a basket, for nobody knows its id any more.
    pub(super) async fn discard(&self, id: &SessionId) -> Result<()> {
        self.sessions.remove(id).await.map(drop)
    }
}

/// A form that names a tea.
#[derive(Deserialize)]
pub(super) struct Choice {
    tea: String,
}

impl Choice {
    fn tea(&self) -> Result<&'static Tea, Failure> {
        goods::find(&self.tea).ok_or(Failure::NotFound)
    }
}

/// A form with a text for the courier.
#[derive(Deserialize)]
pub(super) struct Note {
    note: String,
}

pub(super) async fn show(State(site): State<Site>, visitor: Visitor) -> Result<Markup, Failure> {
    let basket = site.baskets.look(&visitor).await?;
    let note: Option<String> = visitor.session.get(NOTE).await?;
    Ok(pages::basket(
        &visitor.header(&basket),
        &basket,
        note.as_deref().unwrap_or_default(),
    ))
}

pub(super) async fn add(
    State(site): State<Site>,
    visitor: Visitor,
    Form(choice): Form<Choice>,
) -> Result<Redirect, Failure> {
    let tea = choice.tea()?;
    site.baskets.add(&visitor, tea).await?;
    Ok(Redirect::to(&format!("/#{}", tea.key)))
}

pub(super) async fn remove(
    State(site): State<Site>,
    visitor: Visitor,
    Form(choice): Form<Choice>,
) -> Result<Redirect, Failure> {
    let tea = choice.tea()?;
    if let Some(id) = &visitor.basket {
        let baskets = &site.baskets.sessions;
        baskets.update(id, |basket| basket.remove(tea)).await?;
    }
    Ok(Redirect::to("/basket"))
}

/// Keeps a note in the session itself: one text, where the later of two may well win.
pub(super) async fn note(visitor: Visitor, Form(form): Form<Note>) -> Result<Redirect, Failure> {
    let note: String = form.note.trim().chars().take(LONGEST_NOTE).collect();
    visitor.session.insert(NOTE, note).await?;
    Ok(Redirect::to("/basket"))
}
