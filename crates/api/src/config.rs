//! What an operator may set about the server's face, with its defaults.

use std::num::NonZeroU32;

use url::{Host, Url};

/// How the server is reached.
#[derive(Clone, Debug)]
pub struct ApiConfig {
    /// The address people reach the server at, such as `https://towpath.example.com`. Links, the callback of Salesforce
    /// and cookies follow it, never a request.
    pub public_url: Url,
    /// Whether requests under another name than the public URL's are refused. Default true.
    pub strict_host: bool,
    /// The host of the simulated org that may be connected, on a server for trying things out.
    pub simulated_host: Option<String>,
    /// The addresses from which this server calls Salesforce, as an org's allow lists take them.
    pub egress_addresses: Vec<String>,
    /// The version of an app's package, `04t` and so on, where one is to be installed before people connect.
    pub package_id: Option<String>,
    /// Whether the database belongs to another instance, so that no org is called and nothing synced.
    pub is_quarantined: bool,
    /// How often somebody may try to sign in.
    pub sign_in_limits: SignInLimits,
}

/// How often somebody may try to sign in, each a minute.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SignInLimits {
    /// With one email address. Default 10.
    pub per_account: NonZeroU32,
    /// From one network address. Default 60.
    pub per_address: NonZeroU32,
    /// All together. Default 300.
    pub together: NonZeroU32,
}

impl Default for SignInLimits {
    fn default() -> Self {
        let number = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        Self { per_account: number(10), per_address: number(60), together: number(300) }
    }
}

/// The public URL cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// Passwords and cookies would travel in the clear.
    #[error("the public URL has to be https, but on this machine itself")]
    NotSecure,
    /// It has more than a scheme, a host and a port.
    #[error("the public URL has to be a scheme, a host and perhaps a port, and nothing else")]
    NotAnOrigin,
}

impl ApiConfig {
    /// The defaults, at an address.
    ///
    /// # Errors
    /// The address is not https and not this machine itself, or it is more than an origin.
    pub fn new(public_url: Url) -> Result<Self, ConfigError> {
        let is_plain = public_url.path() == "/"
            && public_url.query().is_none()
            && public_url.fragment().is_none()
            && public_url.username().is_empty()
            && public_url.password().is_none()
            && public_url.has_host();
        match public_url.scheme() {
            "http" | "https" if !is_plain => return Err(ConfigError::NotAnOrigin),
            "https" => {}
            "http" if is_loopback(&public_url) => {}
            "http" => return Err(ConfigError::NotSecure),
            _ => return Err(ConfigError::NotAnOrigin),
        }
        Ok(Self {
            public_url,
            strict_host: true,
            simulated_host: None,
            egress_addresses: Vec::new(),
            package_id: None,
            is_quarantined: false,
            sign_in_limits: SignInLimits::default(),
        })
    }

    /// The origin, without a slash at its end.
    pub(crate) fn origin(&self) -> String {
        self.public_url.origin().ascii_serialization()
    }

    /// The host, and the port where it is not the usual one, as browsers send them.
    pub(crate) fn authority(&self) -> &str {
        self.public_url.authority()
    }

    /// Whether cookies are only sent over https.
    pub(crate) fn has_secure_cookies(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// Whether a request to this host is one to us.
    ///
    /// On this machine itself any of its own names will do: the others are not known beforehand, and no other machine
    /// can take them.
    pub(crate) fn serves_host(&self, host: &str) -> bool {
        if !self.strict_host || host.eq_ignore_ascii_case(self.authority()) {
            return true;
        }
        is_loopback(&self.public_url)
            && Url::parse(&format!("http://{host}/")).is_ok_and(|url| is_loopback(&url))
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(domain)) => domain.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_never_travel_in_the_clear() {
        let cases = [
            ("https://towpath.example.com", Ok(())),
            ("https://towpath.example.com:8443/", Ok(())),
            ("http://127.0.0.1:4600", Ok(())),
            ("http://localhost:4600", Ok(())),
            ("http://[::1]:4600", Ok(())),
            ("http://towpath.example.com", Err(ConfigError::NotSecure)),
            ("http://10.0.0.1", Err(ConfigError::NotSecure)),
            ("https://towpath.example.com/sub", Err(ConfigError::NotAnOrigin)),
            ("https://user@towpath.example.com", Err(ConfigError::NotAnOrigin)),
            ("ftp://towpath.example.com", Err(ConfigError::NotAnOrigin)),
        ];

        for (url, expected) in cases {
            assert_eq!(ApiConfig::new(url.parse().unwrap()).map(|_| ()), expected, "{url}");
        }
    }

    #[test]
    fn other_names_are_not_ours() {
        let public = ApiConfig::new("https://towpath.example.com".parse().unwrap()).unwrap();
        let local = ApiConfig::new("http://127.0.0.1:4600".parse().unwrap()).unwrap();

        assert!(public.serves_host("towpath.example.com"));
        for host in ["evil.example", "towpath.example.com.evil.example", "127.0.0.1", "localhost", ""] {
            assert!(!public.serves_host(host), "{host}");
        }
        assert!(local.serves_host("127.0.0.1:4600"));
        assert!(local.serves_host("localhost:5173"));
        for host in ["evil.example", "localhost.evil.example", "evil.example:4600", "localhost@evil.example"]
        {
            assert!(!local.serves_host(host), "{host}");
        }
    }
}
