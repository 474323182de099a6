//! [`Endpoint`]: where the service is.

use http::uri::{Scheme, Uri};

use crate::lambda::environment::{self, Lookup};

/// The partitions whose domain isn't `amazonaws.com`, by how their regions begin. From the partitions of the AWS SDK's endpoint rules, against which a test holds it.
const PARTITIONS: [(&str, &str); 6] = [
    ("cn-", "amazonaws.com.cn"),
    ("eusc-", "amazonaws.eu"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
    ("us-isof-", "csp.hci.ic.gov"),
];

/// The service's address, and the region that requests are signed for.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    pub(super) region: String,
    pub(super) is_tls: bool,
    /// Without the brackets of an IPv6 address.
    pub(super) host: String,
    pub(super) port: u16,
    /// The `host` header.
    pub(super) authority: String,
    /// What every path begins with; no `/` at its end.
    pub(super) base: String,
}

impl Endpoint {
    /// The endpoint that these variables name, or the region's own.
    ///
    /// The error is the sentence for people.
    pub(super) fn of(environment: &Lookup) -> Result<Self, String> {
        let is_on = |name| environment(name).is_some_and(|on| on.eq_ignore_ascii_case("true"));
        if is_on("AWS_USE_FIPS_ENDPOINT") {
            return Err("`AWS_USE_FIPS_ENDPOINT` is set, and the lean client's cryptography is not FIPS-validated: \
build with the feature `lambda` and hand the host an AWS SDK client that is, with `.client(..)`"
                .to_owned());
        }
        let region = environment::region(environment).ok_or(
            "`AWS_REGION` is not set: Lambda and `cargo durable serve` set it; elsewhere name the region that requests are signed for",
        )?;
        // It becomes part of a host's name and of each signature.
        if !region
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        {
            return Err(format!(
                "`AWS_REGION` is `{region}`, which is no region's name"
            ));
        }
        match environment::endpoint(environment) {
            Some(url) => Self::parse(&url, region)
                .map_err(|reason| format!("the endpoint `{url}` {reason}: write `https://HOST` or `http://HOST:PORT` into `AWS_ENDPOINT_URL_LAMBDA`")),
            None if is_on("AWS_USE_DUALSTACK_ENDPOINT") => Err(
                "the lean client doesn't follow `AWS_USE_DUALSTACK_ENDPOINT`: name the endpoint itself, as in \
`AWS_ENDPOINT_URL_LAMBDA=https://lambda.eu-west-1.api.aws`"
                    .to_owned(),
            ),
            None => {
                let domain = PARTITIONS
                    .into_iter()
                    .find(|(prefix, _)| region.starts_with(prefix))
                    .map_or("amazonaws.com", |(_, domain)| domain);
                let url = format!("https://lambda.{region}.{domain}");
                Self::parse(&url, region)
                    .map_err(|reason| format!("the region's endpoint `{url}` {reason}"))
            }
        }
    }

    fn parse(url: &str, region: String) -> Result<Self, &'static str> {
        let parts = url.parse::<Uri>().map_err(|_| "is no URL")?.into_parts();
        let is_tls = match parts.scheme {
            Some(scheme) if scheme == Scheme::HTTPS => true,
            Some(scheme) if scheme == Scheme::HTTP => false,
            _ => return Err("is neither https nor http"),
        };
        let authority = parts.authority.ok_or("has no host")?;
        if authority.as_str().contains('@') {
            return Err("contains a user's name, which the service has no use for");
        }
        let path = parts.path_and_query;
        if path.as_ref().is_some_and(|path| path.query().is_some()) {
            return Err("has a query, where only a path may follow");
        }
        // A signature covers the path as others would normalise and encode it; of these there is one form only.
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~');
        let odd = path.as_ref().is_some_and(|path| {
            let trimmed = path.path().trim_matches('/');
            !trimmed.is_empty()
                && trimmed.split('/').any(|part| {
                    part.is_empty() || part == "." || part == ".." || !part.chars().all(plain)
                })
        });
        if odd {
            return Err("has a path with other characters than letters, digits and `-._~/`");
        }
        let usual = if is_tls { 443 } else { 80 };
        let port = authority.port_u16().unwrap_or(usual);
        let host = authority.host();
        // As every client writes it, so that the signature covers what the service sees.
        let written = if port == usual {
            host
        } else {
            authority.as_str()
        };
        Ok(Self {
            region,
            is_tls,
            authority: written.to_owned(),
            host: host
                .trim_start_matches('[')
                .trim_end_matches(']')
                .to_owned(),
            port,
            base: path.map_or_else(String::new, |path| {
                path.path().trim_end_matches('/').to_owned()
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lambda::environment::tests::environment;

    fn endpoint(variables: &[(&str, &str)]) -> Result<Endpoint, String> {
        Endpoint::of(&environment(variables).0)
    }

    #[test]
    fn the_environments_url_is_taken_apart() {
        for (url, is_tls, host, port, authority, base) in [
            (
                "http://127.0.0.1:9000",
                false,
                "127.0.0.1",
                9000,
                "127.0.0.1:9000",
                "",
            ),
            (
                "https://vpce-1.example/",
                true,
                "vpce-1.example",
                443,
                "vpce-1.example",
                "",
            ),
            (
                "https://a.example:443/b/c/",
                true,
                "a.example",
                443,
                "a.example",
                "/b/c",
            ),
            ("http://[::1]:80", false, "::1", 80, "[::1]", ""),
        ] {
            let read = endpoint(&[("AWS_REGION", "eu-west-1"), ("AWS_ENDPOINT_URL", url)]).unwrap();
            assert_eq!(
                (
                    read.is_tls,
                    &*read.host,
                    read.port,
                    &*read.authority,
                    &*read.base
                ),
                (is_tls, host, port, authority, base),
                "{url}"
            );
            assert_eq!(read.region, "eu-west-1");
        }
    }

    #[test]
    fn what_can_not_be_an_endpoint_is_named() {
        for (url, said) in [
            ("ftp://a.example", "neither https nor http"),
            ("a.example:80", "neither https nor http"),
            ("http://", "is no URL"),
            ("https://me@a.example", "a user's name"),
            ("https://a.example/?b=c", "a query"),
        ] {
            let error =
                endpoint(&[("AWS_REGION", "eu-west-1"), ("AWS_ENDPOINT_URL", url)]).unwrap_err();
            assert!(
                error.contains(said) && error.contains(url),
                "{url}: {error}"
            );
        }
    }

    #[test]
    fn what_the_client_can_not_follow_is_refused_with_the_way_out() {
        for (variables, said) in [
            (&[][..], "`AWS_REGION` is not set"),
            (&[("AWS_REGION", "eu/west")], "no region's name"),
            (
                &[
                    ("AWS_REGION", "us-east-1"),
                    ("AWS_USE_FIPS_ENDPOINT", "true"),
                ],
                "`.client(..)`",
            ),
            (
                &[
                    ("AWS_REGION", "us-east-1"),
                    ("AWS_USE_DUALSTACK_ENDPOINT", "TRUE"),
                ],
                "AWS_ENDPOINT_URL_LAMBDA=",
            ),
        ] {
            let error = endpoint(variables).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
        assert!(
            endpoint(&[
                ("AWS_REGION", "us-east-1"),
                ("AWS_USE_FIPS_ENDPOINT", "false")
            ])
            .is_ok()
        );
    }

    #[cfg(feature = "lambda")]
    #[tokio::test]
    async fn a_regions_endpoint_is_the_one_of_the_sdk() {
        use aws_sdk_lambda::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};

        for region in [
            "us-east-1",
            "eu-central-1",
            "ap-southeast-7",
            "il-central-1",
            "us-gov-west-1",
            "cn-north-1",
            "cn-northwest-1",
            "eusc-de-east-1",
            "us-iso-east-1",
            "us-isob-east-1",
            "eu-isoe-west-1",
            "us-isof-south-1",
        ] {
            let parameters = Params::builder().region(region).build().unwrap();
            let theirs = DefaultResolver::new()
                .resolve_endpoint(&parameters)
                .await
                .unwrap();
            let ours = endpoint(&[("AWS_REGION", region)]).unwrap();
            assert!(ours.is_tls && ours.port == 443);
            assert_eq!(format!("https://{}", ours.host), theirs.url());
        }
    }
}
