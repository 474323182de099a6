//! Telling a web page's requests from those of programs.
//!
//! A page that somebody looks at can send requests to every port of their machine, loopback too. Browsers put on them what no page can take off: `Origin` where the
//! request could do something, `Sec-Fetch-Site` on all that go to loopback, and in `Host` the name that the page used. A page that has its own name point at 127.0.0.1
//! (DNS rebinding) is for the browser the same site as what answers there, and is told by that name only.

use std::net::IpAddr;

use http::header::{HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, HeaderName, Uri};

/// Fetch Metadata Request Headers, section 2.4.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a browser sent it for a web page.
pub(crate) fn sent(headers: &HeaderMap) -> bool {
    headers.contains_key(ORIGIN) || headers.contains_key(SEC_FETCH_SITE)
}

/// The name that a request came in under when it is none of this machine's, escaped for a message.
pub(crate) fn foreign_host(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    // A request for a whole URL names its host there too.
    if let Some(authority) = uri.authority()
        && !is_loopback(authority)
    {
        return Some(authority.to_string());
    }
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Some("no host, or several".to_owned());
    };
    let authority = Authority::try_from(host.as_bytes()).ok();
    let foreign = !authority.is_some_and(|authority| is_loopback(&authority));
    foreign.then(|| {
        String::from_utf8_lossy(host.as_bytes())
            .escape_debug()
            .to_string()
    })
}

/// RFC 6761 section 6.3: `localhost` and all below it are this machine.
fn is_loopback(authority: &Authority) -> bool {
    let host = authority.host();
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    if let Ok(ip) = bare.unwrap_or(host).parse::<IpAddr>() {
        return ip.to_canonical().is_loopback();
    }
    let host = host.to_ascii_lowercase();
    let host = host.strip_suffix('.').unwrap_or(&host);
    host == "localhost" || host.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, Request};

    use super::*;

    fn foreign(uri: &str, hosts: &[&str]) -> Option<String> {
        let mut request = Request::get(uri);
        for host in hosts {
            request = request.header(HOST, HeaderValue::from_bytes(host.as_bytes()).unwrap());
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        foreign_host(&parts.uri, &parts.headers)
    }

    #[test]
    fn this_machine_has_many_names() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:9001",
            "127.8.0.1",
            "[::1]:80",
            "[::ffff:127.0.0.1]",
            "localhost",
            "LOCALHOST:1",
            "localhost.",
            "a.localhost",
        ] {
            assert_eq!(foreign("/", &[host]), None, "{host}");
        }
        assert_eq!(foreign("http://localhost:1/", &["localhost:1"]), None);
    }

    #[test]
    fn others_have_more() {
        for host in [
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "evillocalhost",
            "10.0.0.1",
            "0.0.0.0",
            "[::]",
            "",
            "a b",
            "127.0.0.1@evil.example",
            "127.1",
        ] {
            assert!(foreign("/", &[host]).is_some(), "{host}");
        }
        assert!(foreign("/", &[]).is_some());
        assert!(foreign("/", &["localhost", "localhost"]).is_some());
        assert!(foreign("http://evil.example/", &["localhost"]).is_some());
    }
}
