//! A payload on its way between a value's JSON and the wire, through the operation's codec.

use std::borrow::Cow;

use crate::codec::{Codec, PayloadContext};
use crate::context::Busy;
use crate::invocation::op::Op;

impl Op {
    /// What is recorded for this JSON. The reason of a refusal names the codec.
    pub(crate) async fn encode_payload(
        &self,
        codec: Option<&dyn Codec>,
        json: String,
    ) -> Result<String, String> {
        let Some(codec) = codec else {
            return Ok(json);
        };
        let id = self.id();
        let context = PayloadContext {
            execution_arn: &self.here.core.arn,
            operation_id: &id,
        };
        // A codec may wait for the outside; nothing may suspend meanwhile.
        let _busy = Busy::body(&self.here.core);
        codec.encode(json, context).await.map_err(codec_failed)
    }

    /// The JSON of what was recorded.
    pub(crate) async fn decode_payload<'a>(
        &self,
        codec: Option<&dyn Codec>,
        recorded: &'a str,
    ) -> Result<Cow<'a, str>, String> {
        let Some(codec) = codec else {
            return Ok(Cow::Borrowed(recorded));
        };
        let id = self.id();
        let context = PayloadContext {
            execution_arn: &self.here.core.arn,
            operation_id: &id,
        };
        let _busy = Busy::body(&self.here.core);
        let json = codec.decode(recorded.to_owned(), context).await;
        json.map(Cow::Owned).map_err(codec_failed)
    }
}

fn codec_failed(error: impl std::fmt::Display) -> String {
    format!("its codec failed: {error}")
}
