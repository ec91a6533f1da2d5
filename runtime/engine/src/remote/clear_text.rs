//! Where a key may be sent unencrypted: to this machine, and to private addresses if the user
//! allows it, never to public ones.

use std::net::{IpAddr, SocketAddr};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// Where a key may be sent by http.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClearText {
    /// Only to this machine.
    #[default]
    Loopback,
    /// Also to private addresses: those of RFC 1918 and RFC 4193, link-local ones, and names
    /// that end in `.local`.
    Private,
}

/// Whether the host of an address is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || ip(host).is_some_and(|ip| ip.is_loopback())
}

/// Whether a host is a private address, or a name that only a local network knows.
pub(super) fn is_private(host: &str) -> bool {
    let name = host.to_ascii_lowercase();
    name.strip_suffix(".local").is_some_and(|rest| !rest.is_empty())
        || ip(host).is_some_and(is_private_ip)
}

fn ip(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn is_private_ip(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_private() || ip.is_link_local() || ip.is_loopback(),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_loopback(),
    }
}

/// Resolves names to private addresses and refuses public ones, since a name that looks
/// private may resolve to a public address.
#[derive(Debug, Default)]
pub(super) struct PrivateResolver(DefaultResolver);

impl Resolver for PrivateResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.0.resolve(uri, config, timeout)?;
        refuse_public(&found)?;
        Ok(found)
    }
}

fn refuse_public(found: &[SocketAddr]) -> Result<(), ureq::Error> {
    let mut found = found.iter().map(SocketAddr::ip);
    let Some(public) = found.find(|ip| !is_private_ip(*ip)) else { return Ok(()) };
    let reason = format!("the name leads to {public}, which is public: no key goes there by http");
    Err(ureq::Error::Other(reason.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_told_from_public_ones() {
        for host in [
            "10.0.0.1",
            "172.31.255.255",
            "192.168.1.5",
            "169.254.7.7",
            "[fd00::1]",
            "[fe80::1]",
            "[::ffff:10.0.0.1]",
            "nas.local",
            "NAS.Local",
        ] {
            assert!(is_private(host), "{host}");
        }
        for host in [
            "172.32.0.1",
            "192.169.0.1",
            "8.8.8.8",
            "100.64.0.1",
            "[2001:db8::1]",
            "[::ffff:8.8.8.8]",
            ".local",
            "local",
            "nas",
            "nas.local.example.org",
            "10.0.0.1.example.org",
            "0x0a000001",
        ] {
            assert!(!is_private(host), "{host}");
        }
    }

    #[test]
    fn a_name_that_leads_to_a_public_address_is_refused() {
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();

        assert!(refuse_public(&[address("192.168.1.5:80"), address("[fe80::1]:80")]).is_ok());

        let mixed = [address("192.168.1.5:80"), address("8.8.8.8:80")];
        let error = refuse_public(&mixed).unwrap_err().to_string();
        assert!(error.contains("8.8.8.8, which is public"), "{error}");
    }
}
