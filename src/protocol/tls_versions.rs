//! Which versions and cipher suites of TLS the issuer's hosts speak (RFC 9325).

use std::collections::BTreeSet;

use crate::http::greet::{OLD, TLS_1_2, WEAK, greet};
use crate::observed::greeting::Greeting;
use crate::protocol::prelude::*;
use crate::rule::tls::TlsGreetings;

/// The endpoints whose hosts are asked, beside the issuer's own.
const ENDPOINTS: [&str; 5] = ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "registration_endpoint", "revocation_endpoint"];

/// How many hosts are asked.
const MOST_HOSTS: usize = 3;

impl Session {
    /// Begins a handshake with TLS 1.2 alone, with older versions alone, and with weak cipher suites alone, at each host of the issuer.
    pub(super) async fn try_tls_versions(&mut self) -> Result<(), Stop> {
        let mut urls: Vec<Url> = Url::parse(&self.run.config.issuer).into_iter().collect();
        for name in ENDPOINTS {
            urls.extend(self.endpoint(name)?);
        }
        let mut seen = BTreeSet::new();
        urls.retain(|url| url.scheme() == "https" && seen.insert(place(url)));
        self.sentence("should speak TLS 1.2, and neither older versions nor weak cipher suites");
        if urls.is_empty() {
            let absent = Some("the issuer is reached by plain http".to_owned());
            self.judge(&TlsGreetings { host: String::new(), absent, modern: Greeting::Unclear, old: Greeting::Unclear, weak: Greeting::Unclear });
        }
        let within = self.run.config.network.timeout;
        for url in urls.iter().take(MOST_HOSTS) {
            let modern = greet(url, TLS_1_2, within).await;
            // A host that does not answer is not asked again.
            let [mut old, mut weak] = [Greeting::Unclear; 2];
            if modern != Greeting::Unclear {
                old = greet(url, OLD, within).await;
                weak = greet(url, WEAK, within).await;
            }
            self.judge(&TlsGreetings { host: place(url), absent: None, modern, old, weak });
        }
        Ok(())
    }
}

/// Host and port.
fn place(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}
