//! The shop's site: what answers at which path, and what it needs for that.

mod basket;
mod failure;
mod goods;
mod holdings;
mod login;
mod pages;
mod visitor;

use std::future::Future;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{get, post};
use maud::Markup;
use session_driver_tower::session_driver::SessionDriver;
use session_driver_tower::session_driver_async::{
    AsyncSessionDriver, AsyncSessions, Blocking, Round, Sweeper, Totals,
};
use session_driver_tower::{Data, DriverStore, OnVanished};
use time::Duration;
use tokio::net::TcpListener;
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, SessionManagerLayer};

use self::basket::Baskets;
use self::failure::Failure;
use self::visitor::Visitor;

/// The driver under everything. The shop need not know which one it is.
type Driver = Blocking<Box<dyn SessionDriver>>;

/// A session ends so long after its last change, a login above all.
const SESSION_TTL: Duration = Duration::weeks(2);

/// What handlers share.
#[derive(Clone)]
struct Site {
    baskets: Baskets,
    /// What tower-sessions stores, under the ids in the cookies.
    records: AsyncSessions<Data, Arc<Driver>>,
}

/// Serves the shop until `closing` ends, and then what is under way.
///
/// # Errors
/// The listener's.
pub(crate) async fn serve(
    listener: TcpListener,
    driver: Box<dyn SessionDriver>,
    closing: impl Future<Output = ()> + Send + 'static,
) -> io::Result<Totals> {
    // A save that a logout overtook keeps nothing, and need not fail for it: the page that comes
    // next shows that nobody is logged in.
    let store = DriverStore::blocking(driver).on_vanished(OnVanished::Discard);
    let driver = Arc::clone(store.driver());
    let sweeping = Sweeper::new(Arc::clone(&driver))
        .with_observer(report)
        .start();

    let plain_http = listener.local_addr()?.ip().is_loopback();
    let sessions = SessionManagerLayer::new(store)
        .with_secure(!plain_http)
        // A link that leads here finds its reader logged in; a form elsewhere does not.
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(SESSION_TTL));
    let served = axum::serve(listener, routes(&driver).layer(sessions))
        .with_graceful_shutdown(closing)
        .await;

    let totals = sweeping.stop().await;
    driver.close().await;
    served.map(|()| totals)
}

fn routes(driver: &Arc<Driver>) -> Router {
    Router::new()
        .route("/", get(shelf))
        .route("/basket", get(basket::show))
        .route("/basket/add", post(basket::add))
        .route("/basket/remove", post(basket::remove))
        .route("/basket/note", post(basket::note))
        .route("/login", get(login::form).post(login::log_in))
        .route("/logout", post(login::log_out))
        .route("/session", get(holdings::show))
        .fallback(async || Failure::NotFound)
        .layer(map_response(guard))
        .with_state(Site {
            baskets: Baskets::new(Arc::clone(driver)),
            records: AsyncSessions::new(Arc::clone(driver)),
        })
}

/// The goods. Who comes here has a basket afterwards, so that all tabs add to the same one.
async fn shelf(State(site): State<Site>, visitor: Visitor) -> Result<Markup, Failure> {
    let basket = site.baskets.ensure(&visitor).await?;
    Ok(pages::shelf(&visitor.header(&basket)))
}

/// Pages load nothing, run nothing, and are kept by no cache: after a logout "back" shows none.
async fn guard(mut response: Response) -> Response {
    response.headers_mut().extend([
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(
                "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; \
                 base-uri 'none'; frame-ancestors 'none'",
            ),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("same-origin"),
        ),
    ]);
    response
}

#[allow(clippy::print_stderr, reason = "the log of a small program")]
fn report(round: &Round) {
    if let Some(error) = &round.error {
        eprintln!("sweep: {error}");
    }
}
