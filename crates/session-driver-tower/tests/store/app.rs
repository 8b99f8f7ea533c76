//! A small service under tower-sessions' layer, and a browser that keeps its cookie.

use std::sync::Arc;

use super::tower_sessions::cookie::Cookie;
use super::tower_sessions::session::Error;
use super::tower_sessions::{Expiry, Session, SessionManagerLayer, SessionStore};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Extension, Path};
use axum::http::{Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use time::{Duration, OffsetDateTime};
use tokio::sync::Barrier;
use tower::ServiceExt;

/// Where a request that has read its session waits, once to tell that it has, once to go on.
pub(crate) type Meeting = Arc<Barrier>;

struct Failed(Error);

impl From<Error> for Failed {
    fn from(error: Error) -> Failed {
        Failed(error)
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.0.to_string()).into_response()
    }
}

type Answer = Result<String, Failed>;

async fn insert(session: Session, Path(value): Path<u32>) -> Answer {
    session.insert("value", value).await?;
    Ok(String::new())
}

async fn show(session: Session) -> Answer {
    Ok(format!("{:?}", session.get_value("value").await?))
}

async fn remove(session: Session) -> Answer {
    session.remove_value("value").await?;
    Ok(String::new())
}

async fn clear(session: Session) {
    session.clear().await;
}

async fn cycle_id(session: Session) -> Answer {
    session.cycle_id().await?;
    Ok(String::new())
}

async fn flush(session: Session) -> Answer {
    session.flush().await?;
    Ok(String::new())
}

async fn set_expiry(session: Session) {
    let tomorrow = OffsetDateTime::now_utc() + Duration::days(1);
    session.set_expiry(Some(Expiry::AtDateTime(tomorrow)));
}

async fn remove_expiry(session: Session) {
    session.set_expiry(Some(Expiry::OnSessionEnd));
}

async fn edit_slowly(session: Session, Extension(meeting): Extension<Meeting>) -> Answer {
    session.get_value("value").await?;
    meeting.wait().await;
    meeting.wait().await;
    session.insert("value", "late").await?;
    Ok(String::new())
}

/// The service; sessions live for an hour after they were last saved.
pub(crate) fn app<S: SessionStore + Clone>(store: S) -> Router {
    let hour = Expiry::OnInactivity(Duration::hours(1));
    under(SessionManagerLayer::new(store).with_expiry(hour))
}

/// The service under this layer.
pub(crate) fn under<S: SessionStore + Clone>(layer: SessionManagerLayer<S>) -> Router {
    Router::new()
        .route("/", get(|_: Session| async { "hello" }))
        .route("/insert/{value}", get(insert))
        .route("/show", get(show))
        .route("/remove", get(remove))
        .route("/clear", get(clear))
        .route("/cycle_id", get(cycle_id))
        .route("/flush", get(flush))
        .route("/set_expiry", get(set_expiry))
        .route("/remove_expiry", get(remove_expiry))
        .route("/edit_slowly", get(edit_slowly))
        .layer(layer)
}

/// The service, and where its slow requests wait.
pub(crate) fn app_with_meeting<S: SessionStore + Clone>(store: S) -> (Router, Meeting) {
    let meeting = Meeting::new(Barrier::new(2));
    (app(store).layer(Extension(Arc::clone(&meeting))), meeting)
}

/// Sends its cookie with every request, and keeps what the answer sets.
#[derive(Clone)]
pub(crate) struct Browser {
    app: Router,
    pub(crate) cookie: Option<String>,
}

/// What came back.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
    pub(crate) set_cookie: Option<Cookie<'static>>,
}

impl Browser {
    pub(crate) fn new(app: &Router) -> Browser {
        Browser {
            app: app.clone(),
            cookie: None,
        }
    }

    pub(crate) fn with_cookie(app: &Router, cookie: &str) -> Browser {
        Browser {
            cookie: Some(cookie.into()),
            ..Browser::new(app)
        }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        let page = fetch(&self.app, path, self.cookie.as_deref()).await;
        if let Some(cookie) = &page.set_cookie {
            self.cookie = (!cookie.value().is_empty()).then(|| cookie.value().into());
        }
        page
    }

    /// As [`get`](Browser::get), of a page that must be there.
    pub(crate) async fn open(&mut self, path: &str) -> Page {
        let page = self.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
        page
    }

    pub(crate) fn id(&self) -> &str {
        self.cookie.as_deref().expect("a session cookie")
    }
}

async fn fetch(app: &Router, path: &str, cookie: Option<&str>) -> Page {
    let mut request = Request::builder().uri(path);
    if let Some(cookie) = cookie {
        request = request.header(header::COOKIE, format!("id={cookie}"));
    }
    let request = request.body(Body::empty()).expect("a request");
    let answer = app.clone().oneshot(request).await.expect("an answer");
    let (head, body) = answer.into_parts();
    let set_cookie = head.headers.get(header::SET_COOKIE).map(|cookie| {
        let cookie = cookie.to_str().expect("ASCII").to_owned();
        Cookie::parse_encoded(cookie).expect("a cookie")
    });
    let bytes = to_bytes(body, usize::MAX).await.expect("a body");
    Page {
        status: head.status,
        text: String::from_utf8(bytes.to_vec()).expect("text"),
        set_cookie,
    }
}
