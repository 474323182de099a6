/// The functions that the handlers of the suite `invoke` invoke: names or ARNs, qualified or not.
#[derive(Clone, Debug)]
pub struct Targets {
    echo: String,
    echo_tenant: String,
    error: String,
}

/// Tell a deployed function the ARN of each target.
pub(crate) const VARIABLES: [(&str, &str); 3] = [
    ("TARGET_ECHO", "TargetEcho"),
    ("TARGET_ECHO_TENANT", "TargetEchoTenant"),
    ("TARGET_ERROR", "TargetError"),
];

impl Targets {
    /// From the variables `TARGET_ECHO`, `TARGET_ECHO_TENANT` and `TARGET_ERROR`; where one isn't set, the function of the suite's own name.
    #[must_use]
    pub fn from_environment() -> Self {
        let [echo, echo_tenant, error] = VARIABLES.map(|(variable, otherwise)| {
            std::env::var(variable).unwrap_or_else(|_| otherwise.to_owned())
        });
        Self {
            echo,
            echo_tenant,
            error,
        }
    }

    /// For an engine where the targets are registered as the workflows they are.
    #[must_use]
    pub fn workflows() -> Self {
        Self {
            echo: "target_echo".to_owned(),
            echo_tenant: "target_echo_tenant".to_owned(),
            error: "target_error".to_owned(),
        }
    }

    /// Answers with its input.
    #[must_use]
    pub fn echo(&self) -> &str {
        &self.echo
    }

    /// The same, its tenants kept apart.
    #[must_use]
    pub fn echo_tenant(&self) -> &str {
        &self.echo_tenant
    }

    /// Fails.
    #[must_use]
    pub fn error(&self) -> &str {
        &self.error
    }
}
