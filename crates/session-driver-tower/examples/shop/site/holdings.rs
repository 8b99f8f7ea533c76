//! What a session holds, as the store has it.

use axum::extract::State;
use maud::Markup;
use session_driver_tower::session_driver::{Session, SessionId, Timestamp};
use time::OffsetDateTime;

use super::failure::Failure;
use super::visitor::{BASKET, Visitor};
use super::{Site, pages};

/// A record, fit to be shown.
pub(super) struct Holdings {
    /// The values by name, in order.
    pub(super) values: Vec<(String, String)>,
    pub(super) ends: String,
}

pub(super) async fn show(State(site): State<Site>, visitor: Visitor) -> Result<Markup, Failure> {
    let basket = site.baskets.find(&visitor).await?;
    let basket_ends = basket.as_ref().map(|basket| date(basket.expires_at()));
    let contents = basket.map(Session::into_inner).unwrap_or_default();
    Ok(pages::session(
        &visitor.header(&contents),
        holdings(&site, &visitor).await?.as_ref(),
        basket_ends.as_deref(),
    ))
}

/// tower-sessions would say when the session would end were it saved now; the record says when it
/// ends.
async fn holdings(site: &Site, visitor: &Visitor) -> Result<Option<Holdings>, Failure> {
    let id = visitor.session.id().map(|id| id.to_string());
    let Some(id) = id.and_then(|id| SessionId::parse(&id).ok()) else {
        return Ok(None);
    };
    Ok(site.records.retrieve(&id).await?.map(|record| {
        let ends = date(record.expires_at());
        let mut values: Vec<_> = record
            .iter()
            .map(|(name, value)| (name.clone(), shown(name, value)))
            .collect();
        values.sort();
        Holdings { values, ends }
    }))
}

/// Who knows an id has what it names, so that none stands on a page.
fn shown(name: &str, value: &serde_json::Value) -> String {
    match value {
        _ if name == BASKET => "an id, which nobody is shown".into(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn date(deadline: Option<Timestamp>) -> String {
    let seconds = deadline.map(|deadline| deadline.as_millis() / 1000);
    match seconds.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok()) {
        Some(at) => format!("{}, {:02}:{:02} UTC", at.date(), at.hour(), at.minute()),
        None => "never".into(),
    }
}
