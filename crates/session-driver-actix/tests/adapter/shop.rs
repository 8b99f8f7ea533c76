//! A shop under actix-session's middleware, and what a browser sees of it.

use super::actix_session::config::{
    CookieContentSecurity, PersistentSession, SessionMiddlewareBuilder,
};
use super::actix_session::storage::SessionStore;
use super::actix_session::{Session, SessionExt, SessionMiddleware};
use actix_web::body::to_bytes;
use actix_web::cookie::{Cookie, CookieJar, Key, time};
use actix_web::dev::{Service, ServiceResponse};
use actix_web::error::{Error, Result};
use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, guard, web};
use session_driver_actix::session_driver::SessionId;
use tokio::sync::Notify;

/// How long sessions live in a shop, unless it is opened otherwise.
pub(crate) const TTL: time::Duration = time::Duration::days(7);

/// A shop that is open, and the key that seals its cookies.
pub(crate) struct Shop<S> {
    service: S,
    key: Key,
    gate: web::Data<Gate>,
}

/// Holds a request that was let in until it may end.
#[derive(Default)]
struct Gate {
    entered: Notify,
    released: Notify,
}

/// What a browser gets.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: String,
    pub(crate) cookie: Option<Cookie<'static>>,
}

/// A shop whose sessions live for [`TTL`].
pub(crate) async fn shop<S: SessionStore + 'static>(
    store: S,
) -> Shop<impl Service<actix_http::Request, Response = ServiceResponse, Error = Error>> {
    shop_with(store, |settings| settings).await
}

/// A shop with other settings.
pub(crate) async fn shop_with<S: SessionStore + 'static>(
    store: S,
    change: impl FnOnce(SessionMiddlewareBuilder<S>) -> SessionMiddlewareBuilder<S>,
) -> Shop<impl Service<actix_http::Request, Response = ServiceResponse, Error = Error>> {
    let key = Key::generate();
    let gate = web::Data::new(Gate::default());
    let settings = SessionMiddleware::builder(store, key.clone())
        .cookie_content_security(CookieContentSecurity::Signed)
        .session_lifecycle(PersistentSession::default().session_ttl(TTL));
    let app = App::new()
        .app_data(gate.clone())
        .wrap(change(settings).build())
        .configure(routes);
    Shop {
        service: init_service(app).await,
        key,
        gate,
    }
}

fn routes(config: &mut web::ServiceConfig) {
    let is_logged_in =
        guard::fn_guard(|request| request.get_session().entries().contains_key("user"));
    config
        .route("/look", web::to(look))
        .route("/count", web::to(count))
        .route("/login", web::to(login))
        .route("/clear", web::to(clear))
        .route("/logout", web::to(logout))
        .route("/slow/{what}", web::to(slow))
        .service(
            web::scope("/members")
                .guard(is_logged_in)
                .route("/look", web::to(look)),
        );
}

/// Who is logged in, and how often they counted.
pub(crate) async fn look(session: Session) -> Result<String> {
    let user = session.get::<String>("user")?;
    let count = session.get::<u32>("count")?;
    let user = user.unwrap_or_else(|| "nobody".into());
    Ok(format!("{user} {}", count.unwrap_or_default()))
}

pub(crate) async fn count(session: Session) -> Result<String> {
    let count = session.get::<u32>("count")?;
    session.insert("count", count.unwrap_or_default() + 1)?;
    look(session).await
}

async fn login(session: Session) -> Result<String> {
    session.renew();
    session.insert("user", "ferris")?;
    look(session).await
}

async fn clear(session: Session) -> Result<String> {
    session.clear();
    look(session).await
}

async fn logout(session: Session) -> Result<String> {
    session.purge();
    look(session).await
}

/// One of the others, which ends when the gate says so.
async fn slow(session: Session, what: web::Path<String>, gate: web::Data<Gate>) -> Result<String> {
    gate.entered.notify_one();
    gate.released.notified().await;
    match what.as_str() {
        "count" => count(session).await,
        "login" => login(session).await,
        "logout" => logout(session).await,
        _ => look(session).await,
    }
}

impl<S> Shop<S>
where
    S: Service<actix_http::Request, Response = ServiceResponse, Error = Error>,
{
    /// Asks for `path` with a cookie, or without one.
    pub(crate) async fn get(&self, path: &str, cookie: Option<&Cookie<'_>>) -> Answer {
        let request = TestRequest::with_uri(path);
        let request = match cookie {
            Some(cookie) => request.cookie(cookie.clone()),
            None => request,
        };
        let response = match self.service.call(request.to_request()).await {
            Ok(response) => response.into_parts().1,
            Err(error) => error.error_response(),
        };
        let status = response.status();
        let cookie = response.cookies().next().map(Cookie::into_owned);
        let body = to_bytes(response.into_body()).await;
        let body = body.expect("a body that is in memory").to_vec();
        Answer {
            status,
            body: String::from_utf8(body).expect("a text"),
            cookie,
        }
    }

    /// Does `slowly`, and `meanwhile` while that is being handled; both have the same cookie.
    pub(crate) async fn race(
        &self,
        slowly: &str,
        meanwhile: &str,
        cookie: &Cookie<'_>,
    ) -> (Answer, Answer) {
        let path = format!("/slow/{slowly}");
        tokio::join!(self.get(&path, Some(cookie)), async {
            self.gate.entered.notified().await;
            let answer = self.get(meanwhile, Some(cookie)).await;
            self.gate.released.notify_one();
            answer
        })
    }

    /// The id in a cookie of the shop.
    pub(crate) fn id_in(&self, cookie: &Cookie<'_>) -> SessionId {
        let opened = CookieJar::new()
            .signed(&self.key)
            .verify(cookie.clone().into_owned());
        let opened = opened.expect("a cookie of the shop");
        SessionId::parse(opened.value()).expect("a key that is an id")
    }

    /// A cookie that the shop takes for its own, with any key.
    pub(crate) fn sealed(&self, key: &str) -> Cookie<'static> {
        let mut jar = CookieJar::new();
        let cookie = Cookie::new("id", key.to_owned());
        jar.signed_mut(&self.key).add(cookie);
        jar.get("id").expect("it was just added").clone()
    }
}

impl Answer {
    /// The cookie, where one is due.
    pub(crate) fn cookie(&self) -> &Cookie<'static> {
        self.cookie.as_ref().expect("a cookie")
    }

    /// Whether the middleware answered with an error, and told nothing about it.
    pub(crate) fn is_opaque_error(&self) -> bool {
        self.status == StatusCode::INTERNAL_SERVER_ERROR
            && self.body.is_empty()
            && self.cookie.is_none()
    }
}
