//! The example `shop`, as browsers meet it: over a socket, in several tabs, on every driver.

mod browser;
mod place;
#[path = "../../examples/shop/site/mod.rs"]
mod site;

use std::thread;

use crate::browser::Browser;
use crate::place::{Place, Shop};

/// Every behaviour on one store, as tests of their own.
macro_rules! on {
    ($store:ident: $($behaviour:ident),+ $(,)?) => {
        mod $store {
            $(
                #[test]
                fn $behaviour() {
                    if let Some(place) = crate::Place::$store() {
                        super::$behaviour(&place);
                    }
                }
            )+
        }
    };
    ($store:ident) => {
        on!($store:
            a_login_gives_the_session_another_id_and_ends_the_old_one,
            a_wrong_password_logs_nobody_in,
            a_login_keeps_the_basket_and_one_as_somebody_else_does_not,
            a_logout_in_one_tab_is_one_in_all,
            a_save_that_a_logout_overtakes_brings_no_login_back,
            tabs_that_add_at_once_lose_nothing,
            a_forged_cookie_makes_no_session_under_its_id,
            a_cookie_that_is_no_id_begins_a_session,
            the_cookie_is_out_of_reach_of_scripts_and_of_other_sites_forms,
            texts_of_visitors_are_no_markup,
            the_session_page_shows_what_is_held_and_no_id,
            what_is_not_there_is_said_to_be_missing,
        );
    };
}

on!(memory);
on!(file);
on!(sqlite);
on!(sled);
on!(redis);

/// What needs a store that outlives the server.
mod restarts {
    use super::*;

    #[test]
    fn file_keeps_sessions_and_baskets() {
        a_restart_keeps_session_and_basket(&Place::file().expect("needs no server"));
    }

    #[test]
    fn sqlite_keeps_sessions_and_baskets() {
        a_restart_keeps_session_and_basket(&Place::sqlite().expect("needs no server"));
    }

    #[test]
    fn sled_keeps_sessions_and_baskets() {
        a_restart_keeps_session_and_basket(&Place::sled().expect("needs no server"));
    }

    #[test]
    fn redis_keeps_sessions_and_baskets() {
        if let Some(place) = Place::redis() {
            a_restart_keeps_session_and_basket(&place);
        }
    }
}

const MIRA: &[(&str, &str)] = &[("name", "mira"), ("password", "green-kettle")];
const TOM: &[(&str, &str)] = &[("name", "tom"), ("password", "blue-teapot")];

/// Who came to the shop and logged in.
fn mira(shop: &Shop) -> Browser {
    let mira = Browser::at(shop.address());
    mira.get("/").expect_status(200);
    mira.post("/login", MIRA).expect_status(303);
    assert!(is_logged_in(&mira));
    mira
}

fn is_logged_in(browser: &Browser) -> bool {
    let page = browser.get("/").expect_status(200);
    let logs_out = page.contains("action=\"/logout\"");
    assert_ne!(logs_out, page.contains("href=\"/login\""));
    logs_out
}

/// Whether the store has a session under this id; to look makes none.
fn is_live(shop: &Shop, id: &str) -> bool {
    let page = Browser::with_id(shop.address(), id).get("/session");
    !page.expect_status(200).contains("There is none.")
}

/// How many of a tea the basket's page shows.
fn count(browser: &Browser, tea: &str) -> u32 {
    let page = browser.get("/basket").expect_status(200);
    let cell = format!("data-tea=\"{tea}\">");
    page.split_once(&cell).map_or(0, |(_, rest)| {
        let number = rest.split('<').next().expect("split gives one at least");
        number.parse().expect("the cell holds a number")
    })
}

fn a_login_gives_the_session_another_id_and_ends_the_old_one(place: &Place) {
    let shop = place.open();
    let browser = Browser::at(shop.address());
    browser.get("/").expect_status(200);
    let before = browser.id().expect("the first page gives a cookie");
    assert!(is_live(&shop, &before));

    browser.post("/login", MIRA).expect_status(303);

    let after = browser.id().expect("a login gives a cookie");
    assert_ne!(before, after);
    assert!(is_logged_in(&browser));
    assert!(!is_live(&shop, &before));
    shop.close();
}

fn a_wrong_password_logs_nobody_in(place: &Place) {
    let shop = place.open();
    let browser = Browser::at(shop.address());
    browser.get("/").expect_status(200);
    for (name, password) in [("mira", "blue-teapot"), ("eve", "green-kettle"), ("", "")] {
        let form = [("name", name), ("password", password)];
        let page = browser.post("/login", &form).expect_status(401);
        assert!(page.contains("role=\"alert\""));
        assert!(!is_logged_in(&browser));
    }
    shop.close();
}

fn a_login_keeps_the_basket_and_one_as_somebody_else_does_not(place: &Place) {
    let shop = place.open();
    let browser = Browser::at(shop.address());
    browser.get("/").expect_status(200);
    browser
        .post("/basket/add", &[("tea", "assam")])
        .expect_status(303);
    browser
        .post("/basket/note", &[("note", "ring twice")])
        .expect_status(303);

    browser.post("/login", MIRA).expect_status(303);
    assert_eq!(count(&browser, "assam"), 1);
    assert!(browser.get("/basket").body.contains("ring twice"));

    let miras = browser.id().expect("she is logged in");
    browser.post("/login", TOM).expect_status(303);
    assert_eq!(count(&browser, "assam"), 0);
    assert!(!browser.get("/basket").body.contains("ring twice"));
    assert!(!is_live(&shop, &miras));
    shop.close();
}

fn a_logout_in_one_tab_is_one_in_all(place: &Place) {
    let shop = place.open();
    let tab = mira(&shop);
    let other = tab.tab();
    let id = tab.id().expect("she is logged in");

    tab.post("/logout", &[]).expect_status(303);

    assert_eq!(tab.id(), None);
    assert!(!is_logged_in(&other));
    assert!(!is_live(&shop, &id));
    shop.close();
}

fn a_save_that_a_logout_overtakes_brings_no_login_back(place: &Place) {
    let shop = place.open();
    let tab = mira(&shop);
    let other = tab.tab();
    let id = tab.id().expect("she is logged in");

    // The server asks for the form after it has read the session.
    let saving = other.begin("/basket/note", &[("note", "after dusk")]);
    tab.post("/logout", &[]).expect_status(303);
    saving.finish().expect_status(303);

    assert!(!is_live(&shop, &id));
    assert!(!is_logged_in(&other));
    assert!(!is_logged_in(&tab));
    assert!(!other.get("/basket").body.contains("after dusk"));
    shop.close();
}

fn tabs_that_add_at_once_lose_nothing(place: &Place) {
    const EACH: u32 = 15;
    let shop = place.open();
    let browser = mira(&shop);
    thread::scope(|tabs| {
        for tea in ["sencha", "assam", "sencha", "oolong"] {
            let tab = browser.tab();
            tabs.spawn(move || {
                for _ in 0..EACH {
                    tab.post("/basket/add", &[("tea", tea)]).expect_status(303);
                }
            });
        }
    });
    assert_eq!(count(&browser, "sencha"), 2 * EACH);
    assert_eq!(count(&browser, "assam"), EACH);
    assert_eq!(count(&browser, "oolong"), EACH);

    browser
        .post("/basket/remove", &[("tea", "assam")])
        .expect_status(303);
    assert_eq!(count(&browser, "assam"), 0);
    assert_eq!(count(&browser, "oolong"), EACH);
    shop.close();
}

fn a_forged_cookie_makes_no_session_under_its_id(place: &Place) {
    const FORGED: &str = "AAAAAAAAAAAAAAAAAAAAAA";
    let shop = place.open();
    let forms: [(&str, &[(&str, &str)]); 3] = [
        ("/login", MIRA),
        ("/basket/add", &[("tea", "assam")]),
        ("/basket/note", &[("note", "mine")]),
    ];
    for (path, form) in forms {
        let victim = Browser::with_id(shop.address(), FORGED);
        victim.post(path, form).expect_status(303);
        let given = victim.id().expect("it begins a session");
        assert_ne!(given, FORGED, "{path}");
        assert!(is_live(&shop, &given), "{path}");
        assert!(!is_live(&shop, FORGED), "{path}");
    }
    shop.close();
}

fn a_cookie_that_is_no_id_begins_a_session(place: &Place) {
    let shop = place.open();
    for text in ["x", "../../etc/passwd", "AAAAAAAAAAAAAAAAAAAAAAA", "%00"] {
        let browser = Browser::with_id(shop.address(), text);
        assert!(!is_logged_in(&browser));
        let given = browser.id().expect("it begins a session");
        assert!(is_live(&shop, &given), "{text}");
    }
    shop.close();
}

fn the_cookie_is_out_of_reach_of_scripts_and_of_other_sites_forms(place: &Place) {
    let shop = place.open();
    let answer = Browser::at(shop.address()).get("/");
    let cookie = answer
        .header("set-cookie")
        .expect("the first page gives a cookie");
    assert!(cookie.contains("; HttpOnly"), "its attributes");
    assert!(cookie.contains("; SameSite=Lax"), "its attributes");
    assert_eq!(answer.header("cache-control"), Some("no-store"));

    let browser = mira(&shop);
    for path in ["/logout", "/basket/add", "/basket/remove", "/basket/note"] {
        browser.get(path).expect_status(405);
    }
    assert!(is_logged_in(&browser));
    shop.close();
}

fn texts_of_visitors_are_no_markup(place: &Place) {
    const TEXT: &str = "\"><script>alert('1')</script>&amp;";
    let shop = place.open();
    let browser = mira(&shop);
    browser
        .post("/basket/note", &[("note", TEXT)])
        .expect_status(303);
    let form = [("name", TEXT), ("password", "")];
    for page in [
        browser.get("/basket"),
        browser.get("/session"),
        browser.post("/login", &form),
    ] {
        assert!(!page.body.contains("<script>"));
        assert!(page.body.contains("&quot;&gt;&lt;script&gt;"));
    }
    shop.close();
}

fn the_session_page_shows_what_is_held_and_no_id(place: &Place) {
    let shop = place.open();
    let browser = mira(&shop);
    browser
        .post("/basket/note", &[("note", "ring twice")])
        .expect_status(303);
    let page = browser.get("/session").expect_status(200);
    for held in [
        "<dt>customer</dt><dd>mira</dd>",
        "<dt>note</dt><dd>ring twice</dd>",
        "<dt>basket</dt><dd>an id, which nobody is shown</dd>",
        "<dt class=\"meta\">ends</dt><dd>2",
        "<dt class=\"meta\">basket ends</dt><dd>2",
    ] {
        assert!(page.contains(held), "{held}");
    }
    assert!(!page.contains(&browser.id().expect("she is logged in")));
    shop.close();
}

fn what_is_not_there_is_said_to_be_missing(place: &Place) {
    let shop = place.open();
    let browser = mira(&shop);
    browser.get("/nowhere").expect_status(404);
    for path in ["/basket/add", "/basket/remove"] {
        browser.post(path, &[("tea", "coffee")]).expect_status(404);
    }
    assert!(is_logged_in(&browser));
    shop.close();
}

fn a_restart_keeps_session_and_basket(place: &Place) {
    let shop = place.open();
    let browser = mira(&shop);
    browser
        .post("/basket/add", &[("tea", "pu-erh")])
        .expect_status(303);
    shop.close();

    let shop = place.open();
    let browser = browser.moved_to(shop.address());
    assert!(is_logged_in(&browser));
    assert_eq!(count(&browser, "pu-erh"), 1);
    shop.close();
}
