//! A browser's way through a shop: what actix-session's own stores are tested for.

use super::actix_session::config::{
    BrowserSession, CookieContentSecurity, PersistentSession, TtlExtensionPolicy,
};
use actix_web::cookie::Cookie;
use actix_web::cookie::time::Duration;
use actix_web::http::StatusCode;

use super::shop::{TTL, shop, shop_with};
use crate::clock;
use crate::subject::Subject;

with_every_driver!(
    a_cookie_brings_the_state_back_whether_signed_or_encrypted,
    the_cookie_is_as_configured_and_so_is_its_removal,
    a_look_sets_no_cookie_and_a_change_sets_it_anew,
    every_request_moves_the_deadline_if_so_configured,
    a_session_ends_so_long_after_its_last_change_and_not_before,
    a_browser_session_has_a_cookie_without_an_age,
    a_visitor_who_changes_nothing_gets_no_session,
    a_login_moves_the_session_to_a_new_key,
    a_logout_removes_the_session_and_the_cookie,
    a_guard_sees_the_session,
    a_whole_visit,
);

async fn a_cookie_brings_the_state_back_whether_signed_or_encrypted(subject: &Subject) {
    for policy in [
        CookieContentSecurity::Signed,
        CookieContentSecurity::Private,
    ] {
        let shop = shop_with(subject.store(), |settings| {
            settings.cookie_content_security(policy)
        })
        .await;
        let counted = shop.get("/count", None).await;
        assert_eq!(counted.body, "nobody 1");
        let looked = shop.get("/look", counted.cookie.as_ref()).await;
        assert_eq!(looked.body, "nobody 1");
    }
}

async fn the_cookie_is_as_configured_and_so_is_its_removal(subject: &Subject) {
    let shop = shop_with(subject.store(), |settings| {
        settings
            .cookie_name("test".into())
            .cookie_path("/test".into())
            .cookie_domain(Some("localhost".into()))
    })
    .await;
    let counted = shop.get("/count", None).await;
    let left = shop.get("/logout", counted.cookie.as_ref()).await;
    for (cookie, age) in [(counted.cookie(), TTL), (left.cookie(), Duration::ZERO)] {
        assert_eq!(cookie.name(), "test");
        assert_eq!(cookie.path(), Some("/test"));
        assert_eq!(cookie.domain(), Some("localhost"));
        assert_eq!(cookie.secure(), Some(true));
        assert_eq!(cookie.http_only(), Some(true));
        assert_eq!(cookie.max_age(), Some(age));
    }
}

async fn a_look_sets_no_cookie_and_a_change_sets_it_anew(subject: &Subject) {
    let shop = shop(subject.store()).await;
    let first = shop.get("/count", None).await;
    assert_eq!(first.cookie().max_age(), Some(TTL));
    let looked = shop.get("/look", first.cookie.as_ref()).await;
    assert_eq!(looked.cookie, None);
    let second = shop.get("/count", first.cookie.as_ref()).await;
    assert_eq!(second.cookie().max_age(), Some(TTL));
    assert_eq!(second.cookie().value(), first.cookie().value());
}

async fn every_request_moves_the_deadline_if_so_configured(subject: &Subject) {
    let shop = shop_with(subject.store(), |settings| {
        let policy = TtlExtensionPolicy::OnEveryRequest;
        settings.session_lifecycle(
            PersistentSession::default()
                .session_ttl(Duration::seconds(60))
                .session_ttl_extension_policy(policy),
        )
    })
    .await;
    let cookie = shop.get("/count", None).await.cookie;
    for _ in 0..3 {
        clock::advance(59_999);
        let looked = shop.get("/look", cookie.as_ref()).await;
        assert_eq!(looked.body, "nobody 1");
        assert_eq!(looked.cookie().max_age(), Some(Duration::seconds(60)));
    }
    clock::advance(60_000);
    assert_eq!(shop.get("/look", cookie.as_ref()).await.body, "nobody 0");
}

async fn a_session_ends_so_long_after_its_last_change_and_not_before(subject: &Subject) {
    let ttl = i64::try_from(TTL.whole_milliseconds()).expect("seven days");
    let shop = shop(subject.store()).await;
    let cookie = shop.get("/count", None).await.cookie;
    clock::advance(ttl - 1);
    assert_eq!(shop.get("/count", cookie.as_ref()).await.body, "nobody 2");
    clock::advance(ttl - 1);
    assert_eq!(shop.get("/look", cookie.as_ref()).await.body, "nobody 2");
    clock::advance(1);
    assert_eq!(shop.get("/look", cookie.as_ref()).await.body, "nobody 0");
    let anew = shop.get("/count", cookie.as_ref()).await;
    assert_eq!(anew.body, "nobody 1");
    assert_ne!(
        Some(anew.cookie().value()),
        cookie.as_ref().map(Cookie::value)
    );
}

async fn a_browser_session_has_a_cookie_without_an_age(subject: &Subject) {
    let shop = shop_with(subject.store(), |settings| {
        let lifecycle = BrowserSession::default().state_ttl(Duration::seconds(1));
        settings.session_lifecycle(lifecycle)
    })
    .await;
    let counted = shop.get("/count", None).await;
    assert_eq!(counted.cookie().max_age(), None);
    clock::advance(999);
    assert_eq!(
        shop.get("/look", counted.cookie.as_ref()).await.body,
        "nobody 1"
    );
    clock::advance(1);
    assert_eq!(
        shop.get("/look", counted.cookie.as_ref()).await.body,
        "nobody 0"
    );
}

async fn a_visitor_who_changes_nothing_gets_no_session(subject: &Subject) {
    let shop = shop(subject.store()).await;
    for path in ["/look", "/clear", "/logout"] {
        assert_eq!(shop.get(path, None).await.cookie, None);
    }
    assert_eq!(subject.ids().await, []);
}

async fn a_login_moves_the_session_to_a_new_key(subject: &Subject) {
    let shop = shop(subject.store()).await;
    let before = shop.get("/count", None).await;
    let after = shop.get("/login", before.cookie.as_ref()).await;
    let (old, new) = (shop.id_in(before.cookie()), shop.id_in(after.cookie()));
    assert_ne!(old, new);
    assert_eq!(
        shop.get("/look", after.cookie.as_ref()).await.body,
        "ferris 1"
    );
    assert_eq!(
        shop.get("/look", before.cookie.as_ref()).await.body,
        "nobody 0"
    );
    assert_eq!(subject.ids().await, [new]);
}

async fn a_logout_removes_the_session_and_the_cookie(subject: &Subject) {
    let shop = shop(subject.store()).await;
    let cookie = shop.get("/login", None).await.cookie;
    let left = shop.get("/logout", cookie.as_ref()).await;
    assert_eq!(left.cookie().max_age(), Some(Duration::ZERO));
    assert_eq!(subject.ids().await, []);
    // The old cookie names nothing any more; a second logout finds no session to remove.
    for path in ["/look", "/logout"] {
        let again = shop.get(path, cookie.as_ref()).await;
        assert_eq!((again.status, &*again.body), (StatusCode::OK, "nobody 0"));
        assert_eq!(again.cookie, None);
    }
}

async fn a_guard_sees_the_session(subject: &Subject) {
    let shop = shop(subject.store()).await;
    let counted = shop.get("/count", None).await;
    for stranger in [None, counted.cookie.as_ref()] {
        let refused = shop.get("/members/look", stranger).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
    }
    let member = shop.get("/login", counted.cookie.as_ref()).await;
    let looked = shop.get("/members/look", member.cookie.as_ref()).await;
    assert_eq!(looked.body, "ferris 1");
}

async fn a_whole_visit(subject: &Subject) {
    let shop = shop(subject.store()).await;
    let mut cookie = None;
    for (path, body) in [
        ("/look", "nobody 0"),
        ("/count", "nobody 1"),
        ("/look", "nobody 1"),
        ("/count", "nobody 2"),
        ("/login", "ferris 2"),
        ("/look", "ferris 2"),
        ("/count", "ferris 3"),
        ("/clear", "nobody 0"),
        ("/count", "nobody 1"),
        ("/login", "ferris 1"),
        ("/logout", "nobody 0"),
        ("/look", "nobody 0"),
        ("/count", "nobody 1"),
    ] {
        let answer = shop.get(path, cookie.as_ref()).await;
        assert_eq!(
            (answer.status, &*answer.body),
            (StatusCode::OK, body),
            "{path}"
        );
        cookie = answer.cookie.or(cookie);
    }
    assert_eq!(subject.ids().await.len(), 1);
}
