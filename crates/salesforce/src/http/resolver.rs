//! Names to addresses, private ones refused.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::host::HostRule;

/// Resolves a name once and refuses it where any of its addresses is private.
///
/// The connection goes to an address that was checked, so that a second look-up cannot lead elsewhere.
pub(super) struct PublicResolver {
    dev_names: Arc<[String]>,
}

/// A name that leads into this network.
#[derive(Debug, thiserror::Error)]
#[error("{host} has the address {address}, which is not a public one")]
pub(super) struct PrivateAddress {
    pub(super) host: String,
    pub(super) address: IpAddr,
}

impl PublicResolver {
    pub(super) fn new(rule: &HostRule) -> Self {
        Self { dev_names: rule.dev_allow_hosts.iter().map(|host| host.name().to_owned()).collect() }
    }
}

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let dev_names = self.dev_names.clone();
        Box::pin(async move {
            let host = name.as_str();
            let is_dev = dev_names.iter().any(|dev_name| dev_name == host);
            let addresses: Vec<SocketAddr> = tokio::net::lookup_host((host, 0)).await?.collect();
            let refused = addresses
                .iter()
                .map(SocketAddr::ip)
                .find(|address| if is_dev { !address.is_loopback() } else { !is_public(*address) });
            match refused {
                Some(address) => Err(PrivateAddress { host: host.to_owned(), address }.into()),
                None => Ok(Box::new(addresses.into_iter()) as Addrs),
            }
        })
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_shared = a == 100 && (64..128).contains(&b);
    let is_benchmark = a == 198 && (18..20).contains(&b);
    let is_protocol = a == 192 && b == 0 && c == 0;
    !(a == 0
        || a >= 240
        || is_shared
        || is_benchmark
        || is_protocol
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation())
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    // Only global unicast is 2000::/3. Inside it, 6to4 and Teredo carry IPv4 addresses, and one range is for
    // documentation; IPv4-mapped and NAT64 forms lie outside.
    let [first, second, ..] = address.segments();
    let is_global = first & 0xe000 == 0x2000;
    let is_teredo_or_documentation = first == 0x2001 && matches!(second, 0 | 0x0db8);
    is_global && first != 0x2002 && !is_teredo_or_documentation
}

#[cfg(test)]
mod tests {
    use super::is_public;

    #[test]
    fn only_public_addresses_pass() {
        let public = ["13.110.54.1", "100.128.0.1", "2600:1901::1", "2a02:26f0::1"];
        for address in public {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        let private = [
            "127.0.0.1",
            "10.0.0.5",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "0.1.2.3",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "::1",
            "::",
            "::ffff:8.8.8.8",
            "::ffff:10.0.0.1",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "2002:0a00:0001::1",
            "64:ff9b::808:808",
            "64:ff9b:1::1",
            "2001:0:1::1",
            "2001:db8::1",
            "::10.0.0.1",
        ];
        for address in private {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }
}
