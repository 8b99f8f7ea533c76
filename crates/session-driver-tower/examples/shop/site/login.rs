//! Logging in and out.

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::Markup;
use serde::Deserialize;

use super::failure::Failure;
use super::visitor::{CUSTOMER, Visitor};
use super::{Site, pages};

/// Who may log in, with passwords. They stand on the page: a shop to try has no secrets.
pub(super) const CUSTOMERS: &[(&str, &str)] = &[("mira", "green-kettle"), ("tom", "blue-teapot")];

/// The login form as it is sent.
#[derive(Deserialize)]
pub(super) struct Credentials {
    name: String,
    password: String,
}

impl Credentials {
    fn are_known(&self) -> bool {
        CUSTOMERS.contains(&(&self.name, &self.password))
    }
}

pub(super) async fn form(State(site): State<Site>, visitor: Visitor) -> Result<Markup, Failure> {
    let basket = site.baskets.look(&visitor).await?;
    Ok(pages::login(&visitor.header(&basket), None))
}

/// Logs in, and gives the session another id: one that somebody planted before is worth nothing
/// after ([session fixation]).
///
/// [session fixation]: https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html#renew-the-session-id-after-any-privilege-level-change
pub(super) async fn log_in(
    State(site): State<Site>,
    visitor: Visitor,
    Form(credentials): Form<Credentials>,
) -> Result<Response, Failure> {
    if !credentials.are_known() {
        let basket = site.baskets.look(&visitor).await?;
        let page = pages::login(&visitor.header(&basket), Some(&credentials.name));
        return Ok((StatusCode::UNAUTHORIZED, page).into_response());
    }
    let name = credentials.name;
    if visitor
        .customer
        .as_ref()
        .is_some_and(|other| *other != name)
    {
        end(&site, &visitor).await?;
    }
    visitor.session.cycle_id().await?;
    visitor.session.insert(CUSTOMER, name).await?;
    Ok(Redirect::to("/").into_response())
}

pub(super) async fn log_out(
    State(site): State<Site>,
    visitor: Visitor,
) -> Result<Redirect, Failure> {
    end(&site, &visitor).await?;
    Ok(Redirect::to("/"))
}

/// Removes the session first: whatever fails after that, nobody is logged in.
async fn end(site: &Site, visitor: &Visitor) -> Result<(), Failure> {
    visitor.session.flush().await?;
    if let Some(id) = &visitor.basket {
        site.baskets.discard(id).await?;
    }
    Ok(())
}
