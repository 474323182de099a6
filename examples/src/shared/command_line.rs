//! What the programs' command lines have in common.

use std::env;
use std::path::Path;

use durable_runtime::wire::limits;

/// Parses a number of seconds that a durable wait can take.
///
/// ```
/// assert_eq!(examples::shared::seconds("3"), Ok(3));
/// assert!(examples::shared::seconds("-3").is_err());
/// ```
///
/// # Errors
/// When it is no whole number, negative, or longer than the service waits; the message says which.
pub fn seconds(text: &str) -> Result<u64, String> {
    let max = u64::from(limits::WAIT_SECONDS_MAX);
    match text.trim().parse::<i128>() {
        Ok(seconds) if seconds < 0 => {
            Err("a wait can't be negative; give 0 for none at all".to_owned())
        }
        Ok(seconds) => u64::try_from(seconds)
            .ok()
            .filter(|seconds| *seconds <= max)
            .ok_or_else(|| format!("the service waits at most {max} s (366 days)")),
        Err(_) => Err(format!("give whole seconds, 0 to {max}")),
    }
}

/// The command that runs this process's program again with the same arguments.
#[must_use]
pub fn again() -> String {
    let mut arguments = env::args_os().map(|argument| argument.to_string_lossy().into_owned());
    let program = arguments.next().unwrap_or_default();
    let mut words = match (
        env::var_os("CARGO_MANIFEST_DIR"),
        Path::new(&program).file_name(),
    ) {
        (Some(_), Some(name)) => {
            format!("cargo run -p examples --bin {} --", name.to_string_lossy())
        }
        _ => quoted(&program),
    };
    for argument in arguments {
        words.push(' ');
        words.push_str(&quoted(&argument));
    }
    words.trim_end_matches(" --").to_owned()
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_as_long_as_the_service_waits_and_not_negative() {
        assert_eq!(seconds("0"), Ok(0));
        assert_eq!(seconds("31622400"), Ok(31_622_400));
        assert!(
            seconds("31622401")
                .unwrap_err()
                .contains("at most 31622400 s (366 days)")
        );
        assert!(seconds("-1").unwrap_err().contains("negative"));
        assert!(seconds("soon").unwrap_err().contains("whole seconds"));
        assert!(
            seconds("99999999999999999999999")
                .unwrap_err()
                .contains("at most")
        );
    }

    #[test]
    fn words_that_a_shell_would_change_are_quoted() {
        assert_eq!(quoted("order-42"), "order-42");
        assert_eq!(quoted("my order.json"), "'my order.json'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
