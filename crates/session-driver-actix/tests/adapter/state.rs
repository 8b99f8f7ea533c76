//! What handlers put into a session comes back, through every change of its key.

use std::collections::BTreeMap;

use super::actix_session::{Session, SessionMiddleware};
use actix_web::body::to_bytes;
use actix_web::cookie::{Cookie, Key};
use actix_web::error::Result;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, HttpResponse, web};
use serde_json::{Value, json};

use crate::subject::Subject;

with_every_driver!(
    complex_values_come_back,
    what_is_inserted_after_a_renewal_is_kept,
    what_is_inserted_after_a_purge_is_dropped,
    a_removed_value_stays_removed,
    a_cleared_session_is_live_and_empty,
);

/// Does what it is told, in order, and shows what the session then holds.
async fn obey(session: Session, orders: web::Json<Vec<Value>>) -> Result<HttpResponse> {
    for order in orders.into_inner() {
        match order.as_str() {
            Some("renew") => session.renew(),
            Some("purge") => session.purge(),
            Some("clear") => session.clear(),
            Some(name) => drop(session.remove(name)),
            None => {
                for (name, value) in order.as_object().into_iter().flatten() {
                    session.insert(name.clone(), value)?;
                }
            }
        }
    }
    Ok(HttpResponse::Ok().json(&*session.entries()))
}

/// What the session holds after each of these requests of one browser.
async fn visit(subject: &Subject, requests: &[Value]) -> Vec<Value> {
    let middleware = SessionMiddleware::new(subject.store(), Key::generate());
    let app = App::new().wrap(middleware).route("/", web::to(obey));
    let service = init_service(app).await;
    let mut cookie: Option<Cookie<'static>> = None;
    let mut held = Vec::new();
    for orders in requests {
        let request = TestRequest::default().set_json(orders);
        let request = match &cookie {
            Some(cookie) => request.cookie(cookie.clone()),
            None => request,
        };
        let response = call_service(&service, request.to_request())
            .await
            .into_parts()
            .1;
        let set = response.cookies().next().map(Cookie::into_owned);
        cookie = set.or(cookie);
        let body = to_bytes(response.into_body())
            .await
            .expect("a body in memory");
        let texts: BTreeMap<String, String> = serde_json::from_slice(&body).expect("entries");
        let values = texts.into_iter().map(|(name, text)| {
            let value = serde_json::from_str::<Value>(&text).expect("a value of JSON");
            (name, value)
        });
        held.push(values.collect());
    }
    held
}

async fn complex_values_come_back(subject: &Subject) {
    let values = json!({
        "": "an empty name",
        "nothing": null,
        "numbers": [0, -1, 1.5, u64::MAX, i64::MIN],
        "nested": {"a": [{"b": [[], {}]}], "c": true},
        "text": "\u{0}\u{1F980} \"quoted\" \\ é\n",
        "large": "x".repeat(20_000),
    });
    let held = visit(
        subject,
        &[json!([values]), json!([]), json!(["renew"]), json!([])],
    )
    .await;
    assert_eq!(
        held,
        [values.clone(), values.clone(), values.clone(), values]
    );
}

async fn what_is_inserted_after_a_renewal_is_kept(subject: &Subject) {
    let requests = [json!([{"a": 1}]), json!(["renew", {"b": 2}]), json!([])];
    let both = json!({"a": 1, "b": 2});
    let held = visit(subject, &requests).await;
    assert_eq!(held, [json!({"a": 1}), both.clone(), both]);
}

async fn what_is_inserted_after_a_purge_is_dropped(subject: &Subject) {
    let requests = [json!([{"a": 1}]), json!(["purge", {"b": 2}]), json!([])];
    let held = visit(subject, &requests).await;
    assert_eq!(held, [json!({"a": 1}), json!({}), json!({})]);
    assert_eq!(subject.ids().await, []);
}

async fn a_removed_value_stays_removed(subject: &Subject) {
    let requests = [json!([{"a": 1, "b": 2}]), json!(["a"]), json!([])];
    let held = visit(subject, &requests).await;
    let left = json!({"b": 2});
    assert_eq!(held, [json!({"a": 1, "b": 2}), left.clone(), left]);
}

async fn a_cleared_session_is_live_and_empty(subject: &Subject) {
    let requests = [json!([{"a": 1}]), json!(["clear"]), json!([])];
    let held = visit(subject, &requests).await;
    assert_eq!(held, [json!({"a": 1}), json!({}), json!({})]);
    assert_eq!(subject.ids().await.len(), 1);
}
