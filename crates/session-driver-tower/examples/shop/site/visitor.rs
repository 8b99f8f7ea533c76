//! Who asks: what tower-sessions knows of a request's sender.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use session_driver_tower::session_driver::SessionId;
use tower_sessions::{Session, session};

use super::Site;
use super::basket::Basket;
use super::failure::Failure;

/// The names under which a session holds its values.
pub(super) const CUSTOMER: &str = "customer";
pub(super) const BASKET: &str = "basket";
pub(super) const NOTE: &str = "note";

/// The sender of a request.
pub(super) struct Visitor {
    pub(super) session: Session,
    /// Who is logged in.
    pub(super) customer: Option<String>,
    pub(super) basket: Option<SessionId>,
}

/// What stands above each page.
#[derive(Default)]
pub(super) struct Header<'a> {
    pub(super) customer: Option<&'a str>,
    /// How many things are in the basket.
    pub(super) count: u32,
}

impl Visitor {
    async fn of(session: Session) -> Result<Visitor, session::Error> {
        let basket: Option<String> = session.get(BASKET).await?;
        Ok(Visitor {
            customer: session.get(CUSTOMER).await?,
            basket: basket.and_then(|id| SessionId::parse(&id).ok()),
            session,
        })
    }

    pub(super) fn header(&self, basket: &Basket) -> Header<'_> {
        Header {
            customer: self.customer.as_deref(),
            count: basket.count(),
        }
    }
}

impl FromRequestParts<Site> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Visitor, Response> {
        let session = Session::from_request_parts(parts, site)
            .await
            .map_err(IntoResponse::into_response)?;
        Visitor::of(session)
            .await
            .map_err(|error| Failure::from(error).into_response())
    }
}
