//! The pages. maud escapes every text that is put into them.

use axum::http::StatusCode;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::basket::Basket;
use super::goods::{TEAS, Tea};
use super::holdings::Holdings;
use super::login::CUSTOMERS;
use super::visitor::Header;

const STYLE: &str = include_str!("style.css");

pub(super) fn shelf(header: &Header<'_>) -> Markup {
    let body = html! {
        h1 { "Six teas" }
        p.lead { "Open a second tab and add from both: no cup is lost." }
        ul.shelf {
            @for tea in TEAS {
                li id=(tea.key) {
                    (cup(tea))
                    h2 { (tea.name) }
                    p { (tea.about) }
                    form method="post" action="/basket/add" {
                        span.price { (tea.price) small { " / 100 g" } }
                        button name="tea" value=(tea.key) aria-label={ "Add " (tea.name) } { "Add" }
                    }
                }
            }
        }
    };
    page("Teas", header, &body)
}

pub(super) fn basket(header: &Header<'_>, basket: &Basket, note: &str) -> Markup {
    let body = html! {
        h1 { "Your basket" }
        @if basket.count() == 0 {
            p.lead { "Nothing yet. " a href="/" { "Have a look at the teas." } }
        } @else {
            table.lines {
                thead { tr { th { "Tea" } th.number { "Count" } th.number { "Price" } th {} } }
                tbody {
                    @for (tea, count) in basket.lines() {
                        tr {
                            th scope="row" { (cup(tea)) (tea.name) }
                            td.number data-tea=(tea.key) { (count) }
                            td.number { (tea.price.times(count)) }
                            td.number {
                                form method="post" action="/basket/remove" {
                                    button.quiet name="tea" value=(tea.key)
                                        aria-label={ "Remove " (tea.name) } { "Remove" }
                                }
                            }
                        }
                    }
                }
                tfoot {
                    tr {
                        th scope="row" { "Together" }
                        td.number { (basket.count()) }
                        td.number { (basket.total()) }
                        td {}
                    }
                }
            }
        }
        form.card method="post" action="/basket/note" {
            label for="note" { "A note for the courier" }
            div.row {
                input id="note" name="note" maxlength="200" value=(note)
                    placeholder="Behind the blue door, please" autocomplete="off";
                button.quiet { "Keep" }
            }
        }
    };
    page("Basket", header, &body)
}

/// The form; after a failed try with the name that was given.
pub(super) fn login(header: &Header<'_>, failed: Option<&str>) -> Markup {
    let body = html! {
        h1 { "Log in" }
        @if failed.is_some() {
            p.alert role="alert" { "No customer has this name and password." }
        }
        form.card.narrow method="post" action="/login" {
            label for="name" { "Name" }
            input id="name" name="name" value=(failed.unwrap_or_default()) required
                autocomplete="username" autofocus;
            label for="password" { "Password" }
            input id="password" name="password" type="password" required
                autocomplete="current-password";
            button { "Log in" }
        }
        aside.narrow {
            "Customers to try: "
            @for (number, (name, password)) in CUSTOMERS.iter().enumerate() {
                @if number > 0 { ", " }
                strong { (name) } " with " code { (password) }
            }
            ". What is in the basket stays there."
        }
    };
    page("Log in", header, &body)
}

pub(super) fn session(
    header: &Header<'_>,
    holdings: Option<&Holdings>,
    basket_ends: Option<&str>,
) -> Markup {
    let body = html! {
        h1 { "Your session" }
        @if let Some(holdings) = holdings {
            p.lead { "What the store holds under the id in your cookie." }
            dl {
                @for (name, value) in &holdings.values {
                    dt { (name) }
                    dd { (value) }
                }
                dt.meta { "ends" }
                dd { (holdings.ends) }
                @if let Some(ends) = basket_ends {
                    dt.meta { "basket ends" }
                    dd { (ends) }
                }
            }
            p {
                "The cookie is called " code { "id" } ". A login gives it another value and keeps "
                "what the session holds; a logout removes the session and its basket."
            }
        } @else {
            p.lead { "There is none. " a href="/" { "The shop" } " begins one." }
        }
    };
    page("Session", header, &body)
}

pub(super) fn failure(status: StatusCode) -> Markup {
    let (title, text) = match status {
        StatusCode::NOT_FOUND => ("Not here", "There is no such page."),
        StatusCode::SERVICE_UNAVAILABLE => ("One moment", "Too much at once. Please try again."),
        _ => (
            "That failed",
            "Nothing is known to be lost. Please try again later.",
        ),
    };
    let body = html! {
        h1 { (title) }
        p.lead { (text) " " a href="/" { "Back to the teas." } }
    };
    page(title, &Header::default(), &body)
}

fn page(title: &str, header: &Header<'_>, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Leaf & Kettle" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header { (navigation(header)) }
                main { (body) }
                footer { (footer()) }
            }
        }
    }
}

fn navigation(header: &Header<'_>) -> Markup {
    html! {
        a.brand href="/" { "Leaf & Kettle" }
        nav {
            a href="/" { "Teas" }
            a href="/basket" {
                "Basket"
                @if header.count > 0 { " " span.badge { (header.count) } }
            }
            a href="/session" { "Session" }
            @if let Some(customer) = header.customer {
                form method="post" action="/logout" {
                    span.customer { (customer) }
                    button.quiet { "Log out" }
                }
            } @else {
                a href="/login" { "Log in" }
            }
        }
    }
}

fn footer() -> Markup {
    html! {
        p {
            "A shop to try session-driver with: logins in tower-sessions, baskets in "
            code { "AsyncSessions" } ", one store beneath. Forms are sent by POST and the cookie is "
            "HttpOnly and SameSite=Lax, so other sites can neither read it nor act in your name."
        }
        p {
            "A real shop does more: HTTPS throughout, passwords hashed with Argon2id and a limit on "
            "tries, a token in every form for browsers that do not know SameSite, sessions without "
            "a login that end sooner, and baskets that an account keeps."
        }
    }
}

/// A cup, seen from above.
fn cup(tea: &Tea) -> Markup {
    html! { span.cup style={ "--tea:" (tea.colour) } aria-hidden="true" {} }
}
