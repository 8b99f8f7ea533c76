//! A server that speaks TLS.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use redis_test_server::{Options, Server, Tls, installed_or_skip};

/// The first message of a TLS 1.2 client (RFC 5246, 7.4.1.2): in that version the server's
/// certificate comes back unencrypted. The client's random number, in the middle, may be zero here.
const CLIENT_HELLO: [&[u8]; 7] = [
    &[0x16, 3, 1, 0, 63, 1, 0, 0, 59, 3, 3],
    &[0; 32],
    &[0],                               // no session
    &[0, 2, 0xc0, 0x2b],                // TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
    &[1, 0],                            // no compression
    &[0, 16, 0, 10, 0, 4, 0, 2, 0, 23], // extensions; supported_groups: secp256r1
    &[0, 13, 0, 4, 0, 2, 4, 3],         // signature_algorithms: ECDSA with SHA-256
];

#[test]
fn a_server_with_tls_shows_its_certificate_and_no_plain_text() {
    let Some(_) = installed_or_skip("a server with TLS") else {
        return;
    };
    let server = Server::start(&Options::new().tls(Tls::localhost())).unwrap();
    assert_eq!(
        server.url(),
        format!("rediss://127.0.0.1:{}", server.port())
    );
    server.command(&["PING"]).unwrap();

    let mut plain = connect(&server);
    plain.write_all(b"PING\r\n").unwrap();
    assert!(!contains(&all(plain), b"PONG"));

    let mut client = connect(&server);
    client.write_all(&CLIENT_HELLO.concat()).unwrap();
    client.shutdown(std::net::Shutdown::Write).unwrap();
    let answer = all(client);
    let name = b"redis-test-server authority";
    assert!(
        contains(&answer, name),
        "{} bytes without the issuer",
        answer.len()
    );
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    stream
}

/// Everything until the server closes the connection.
fn all(mut stream: TcpStream) -> Vec<u8> {
    let mut answer = Vec::new();
    // An end by reset is an end too.
    let _ = stream.read_to_end(&mut answer);
    answer
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
