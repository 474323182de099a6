//! The codecs that some requirements ask for: what is recorded isn't the JSON that the workflow returned.

use durable_runtime::{Codec, CodecError, CodecFuture, PayloadContext};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A codec that waits for nothing, from the two functions it is.
macro_rules! codec {
    ($(#[$about:meta])* $name:ident, $encode:expr, $decode:expr $(,)?) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl Codec for $name {
            fn encode<'a>(&'a self, payload: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
                let encode: fn(String) -> Result<String, CodecError> = $encode;
                Box::pin(async move { encode(payload) })
            }

            fn decode<'a>(&'a self, recorded: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
                let decode: fn(String) -> Result<String, CodecError> = $decode;
                Box::pin(async move { decode(recorded) })
            }
        }
    };
}

codec!(
    /// Records text in capitals and without quotes, so that what was recorded isn't what was returned, nor JSON.
    Uppercase,
    |payload| Ok(read::<String>(&payload)?.to_uppercase()),
    |recorded| write(&recorded),
);

codec!(
    /// Sends JSON in capitals. Read in capitals too, and as it came: quotes and all are the value.
    Shouting,
    |payload| Ok(payload.to_uppercase()),
    |recorded| write(&recorded.to_uppercase()),
);

codec!(
    /// Reads a sender's times, which are text, as seconds.
    TimesInSeconds,
    Ok,
    |recorded| {
        let mut message: Value = read(&recorded)?;
        if let Some(time) = message.get_mut("timestamp") {
            let read: Timestamp = read(&time.to_string())?;
            *time = read.as_second().into();
        }
        write(&message)
    },
);

codec!(
    /// Reads a number that may stand in quotes.
    Number,
    Ok,
    |recorded| match read(&recorded)? {
        Value::String(text) => Ok(read::<i64>(&text)?.to_string()),
        number => Ok(number.to_string()),
    },
);

codec!(
    /// Records text in angle brackets.
    Bracketed,
    |payload| Ok(format!("<{}>", read::<String>(&payload)?)),
    |recorded| write(between("<", &recorded, ">")?),
);

codec!(
    /// Records text after a word.
    Labelled,
    |payload| Ok(format!("wrapped:{}", read::<String>(&payload)?)),
    |recorded| write(between("wrapped:", &recorded, "")?),
);

codec!(
    /// Records a value in an object.
    Envelope,
    |payload| write(&json!({ "wrapped": read::<Value>(&payload)? })),
    |recorded| match read::<Value>(&recorded)?.get_mut("wrapped") {
        Some(value) => write(&value.take()),
        None => Err(CodecError::msg(format!("`{recorded}` is no envelope"))),
    },
);

codec!(
    /// Records all texts of a list as one.
    Joined,
    |payload| Ok(format!("OPSERDE:{}", read::<Vec<String>>(&payload)?.join(","))),
    |recorded| {
        let texts: Vec<&str> = between("OPSERDE:", &recorded, "")?.split(',').collect();
        write(&texts)
    },
);

fn read<T: DeserializeOwned>(json: &str) -> Result<T, CodecError> {
    serde_json::from_str(json)
        .map_err(|error| CodecError::new(format!("`{json}` isn't what was expected"), error))
}

fn write(value: &(impl Serialize + ?Sized)) -> Result<String, CodecError> {
    serde_json::to_string(value).map_err(|error| CodecError::new("it can't be JSON", error))
}

fn between<'a>(before: &str, text: &'a str, after: &str) -> Result<&'a str, CodecError> {
    text.strip_prefix(before)
        .and_then(|text| text.strip_suffix(after))
        .ok_or_else(|| CodecError::msg(format!("`{text}` isn't between `{before}` and `{after}`")))
}
