//! A browser, as far as the shop needs one: HTTP/1.1 over a socket, and a jar for one cookie.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};

/// One tab. Tabs of one browser share the jar.
#[derive(Clone)]
pub(crate) struct Browser {
    address: SocketAddr,
    jar: Arc<Mutex<Option<String>>>,
}

/// A request whose form has not been sent yet, though the server has asked for it.
pub(crate) struct Begun {
    browser: Browser,
    socket: TcpStream,
    form: String,
}

pub(crate) struct Answer {
    status: u16,
    head: String,
    pub(crate) body: String,
}

impl Browser {
    /// A browser that was never here.
    pub(crate) fn at(address: SocketAddr) -> Browser {
        Browser {
            address,
            jar: Arc::default(),
        }
    }

    /// A browser with a cookie that came from somewhere.
    pub(crate) fn with_id(address: SocketAddr, id: &str) -> Browser {
        Browser {
            address,
            jar: Arc::new(Mutex::new(Some(id.into()))),
        }
    }

    /// Another tab of this browser.
    pub(crate) fn tab(&self) -> Browser {
        self.clone()
    }

    /// The same browser, when the shop's server has another address.
    pub(crate) fn moved_to(self, address: SocketAddr) -> Browser {
        Browser { address, ..self }
    }

    /// What the jar holds.
    pub(crate) fn id(&self) -> Option<String> {
        self.jar().clone()
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        let socket = self.send(&format!("GET {path}"), "", "");
        self.receive(socket)
    }

    pub(crate) fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let form = encoded(form);
        let socket = self.send(&format!("POST {path}"), &of_form(&form), &form);
        self.receive(socket)
    }

    /// Sends the head of a form and waits until the server has asked for the rest (RFC 9110, section
    /// 10.1.1).
    pub(crate) fn begin(&self, path: &str, form: &[(&str, &str)]) -> Begun {
        let form = encoded(form);
        let headers = format!("Expect: 100-continue\r\n{}", of_form(&form));
        let mut socket = self.send(&format!("POST {path}"), &headers, "");
        let mut interim = Vec::new();
        while !interim.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            socket.read_exact(&mut byte).expect("an interim answer");
            interim.extend(byte);
        }
        assert!(interim.starts_with(b"HTTP/1.1 100 "));
        Begun {
            browser: self.clone(),
            socket,
            form,
        }
    }

    fn jar(&self) -> MutexGuard<'_, Option<String>> {
        self.jar.lock().expect("no tab panics with the jar in hand")
    }

    fn send(&self, line: &str, headers: &str, body: &str) -> TcpStream {
        let cookie = self.id().map(|id| format!("Cookie: id={id}\r\n"));
        let cookie = cookie.unwrap_or_default();
        let request = format!(
            "{line} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{cookie}{headers}\r\n{body}",
            self.address
        );
        let mut socket = TcpStream::connect(self.address).expect("the shop is open");
        socket.write_all(request.as_bytes()).expect("it listens");
        socket
    }

    fn receive(&self, mut socket: TcpStream) -> Answer {
        let mut text = String::new();
        socket
            .read_to_string(&mut text)
            .expect("an answer in UTF-8");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).expect("a status line");
        let answer = Answer {
            status: status.parse().expect("a status"),
            head: head.to_owned(),
            body: body.to_owned(),
        };
        if let Some(cookie) = answer.header("set-cookie") {
            let (name, value) = cookie.split_once('=').expect("a name and a value");
            assert_eq!(name, "id");
            let value = value.split(';').next().expect("split gives one at least");
            let kept = !cookie.contains("Max-Age=0");
            *self.jar() = kept.then(|| value.to_owned());
        }
        answer
    }
}

impl Begun {
    /// Sends the form.
    pub(crate) fn finish(mut self) -> Answer {
        let sent = self.socket.write_all(self.form.as_bytes());
        sent.expect("the server waits for it");
        self.browser.receive(self.socket)
    }
}

impl Answer {
    /// The body of an answer with this status.
    #[track_caller]
    pub(crate) fn expect_status(self, status: u16) -> String {
        assert_eq!(self.status, status);
        self.body
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (header, value) = line.split_once(": ")?;
            header.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

fn of_form(form: &str) -> String {
    format!(
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
        form.len()
    )
}

fn encoded(form: &[(&str, &str)]) -> String {
    let escaped = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
                _ => format!("%{byte:02X}"),
            })
            .collect()
    };
    let pairs: Vec<_> = form
        .iter()
        .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)))
        .collect();
    pairs.join("&")
}
