//! The environment that Lambda gives a function: the region, and where the service is.

use std::sync::Arc;

/// Looks up an environment variable; one that is empty is not set.
pub(super) type Lookup = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// The process's own environment.
pub(super) fn process_environment() -> Lookup {
    Arc::new(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
}

/// The region, which Lambda always sets.
pub(super) fn region(environment: &Lookup) -> Option<String> {
    environment("AWS_REGION").or_else(|| environment("AWS_DEFAULT_REGION"))
}

/// Another service than the region's own. What names Lambda comes before what names all services.
pub(super) fn endpoint(environment: &Lookup) -> Option<String> {
    environment("AWS_ENDPOINT_URL_LAMBDA").or_else(|| environment("AWS_ENDPOINT_URL"))
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::lock::Mutex;

    /// An environment of these variables, and the map that they can be changed in.
    pub(in crate::lambda) fn environment(
        variables: &[(&str, &str)],
    ) -> (Lookup, Arc<Mutex<HashMap<String, String>>>) {
        let all: HashMap<_, _> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let all = Arc::new(Mutex::new(all));
        let shared = Arc::clone(&all);
        (Arc::new(move |name| shared.lock().get(name).cloned()), all)
    }

    #[test]
    fn the_region_is_lambdas() {
        let region_of = |variables: &[_]| region(&environment(variables).0);
        assert_eq!(
            region_of(&[("AWS_REGION", "eu-west-1"), ("AWS_DEFAULT_REGION", "x")]).as_deref(),
            Some("eu-west-1")
        );
        assert_eq!(
            region_of(&[("AWS_DEFAULT_REGION", "us-east-1")]).as_deref(),
            Some("us-east-1")
        );
        assert_eq!(region_of(&[]), None);
    }

    #[test]
    fn the_services_own_endpoint_comes_before_the_general_one() {
        let endpoint_of = |variables: &[_]| endpoint(&environment(variables).0);
        assert_eq!(
            endpoint_of(&[
                ("AWS_ENDPOINT_URL_LAMBDA", "http://own"),
                ("AWS_ENDPOINT_URL", "http://general")
            ])
            .as_deref(),
            Some("http://own")
        );
        assert_eq!(
            endpoint_of(&[("AWS_ENDPOINT_URL", "http://general")]).as_deref(),
            Some("http://general")
        );
    }
}
