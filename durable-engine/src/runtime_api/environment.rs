//! The environment that Lambda gives a function's process.

use tokio::process::Command;

use super::config::Bootstrap;

/// Names whose values would lead a function to somebody's real account, or to another service, or are the secrets of `cargo durable serve`.
const NOT_INHERITED: [&str; 11] = [
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_LAMBDA",
    "DURABLE_ACCESS_KEY_ID",
    "DURABLE_SECRET_ACCESS_KEY",
    "DURABLE_BEARER_TOKEN",
];

pub(super) fn set(
    command: &mut Command,
    config: &Bootstrap,
    runtime_api: &str,
    endpoint: Option<&str>,
) {
    for name in NOT_INHERITED {
        command.env_remove(name);
    }
    let folder = config
        .current_dir
        .clone()
        .or_else(|| std::env::current_dir().ok())
        .unwrap_or_default();
    let folder = std::path::absolute(&folder).unwrap_or(folder);
    let handler = config.handler.as_deref().or_else(|| {
        let last = config.command.last();
        last.map(String::as_str)
    });
    command
        .env("AWS_LAMBDA_RUNTIME_API", runtime_api)
        .env("AWS_LAMBDA_FUNCTION_NAME", &config.name)
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env(
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            config.memory_mb.to_string(),
        )
        .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
        .env(
            "AWS_LAMBDA_LOG_GROUP_NAME",
            format!("/aws/lambda/{}", config.name),
        )
        .env(
            "AWS_LAMBDA_LOG_STREAM_NAME",
            uuid::Uuid::new_v4().simple().to_string(),
        )
        .env("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023")
        .env("_HANDLER", handler.unwrap_or_default())
        .env("LAMBDA_TASK_ROOT", &folder)
        .env("LAMBDA_RUNTIME_DIR", &folder)
        .env("AWS_REGION", &config.region)
        .env("AWS_DEFAULT_REGION", &config.region)
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .env("AWS_SESSION_TOKEN", "local")
        // Or its log would come in blocks, and its last lines not at all when it crashes.
        .env("PYTHONUNBUFFERED", "1")
        .env("TZ", ":UTC");
    if let Some(endpoint) = endpoint {
        command.env("AWS_ENDPOINT_URL_LAMBDA", endpoint);
    }
    command.envs(&config.env);
}
