//! A payload on its way between a value's JSON and the wire, through the operation's codec.

use std::borrow::Cow;

use crate::codec::{Codec, CodecError, PayloadContext};
use crate::context::Busy;
use crate::invocation::op::Op;
use crate::invocation::{Ending, InvocationError};
use crate::saga::Decoding;
use crate::wire::OperationType;

impl Op {
    /// The codec that the operation's payload goes through: its own, else that of the workflow it stands in. What somebody else writes (the result of a
    /// callback, of an invoked function) or reads (that function's input) knows nothing of the workflow's.
    pub(crate) fn codec<'a>(&self, own: Option<&'a dyn Codec>) -> Option<&'a dyn Codec> {
        own.or_else(|| match self.kind.operation_type {
            OperationType::Step | OperationType::Context => self.workflow().codec(),
            _ => None,
        })
    }

    /// What is recorded for this JSON. The reason of a refusal names the codec. Does not return when the codec may succeed next time: the invocation
    /// ends, and the service makes another.
    pub(crate) async fn encode_payload(
        &self,
        codec: Option<&dyn Codec>,
        json: String,
    ) -> Result<String, String> {
        let Some(codec) = self.codec(codec) else {
            return Ok(json);
        };
        let id = self.id();
        let context = PayloadContext {
            execution_arn: &self.here.core.arn,
            operation_id: &id,
        };
        // A codec may wait for the outside; nothing may suspend meanwhile.
        let _busy = Busy::body(&self.here.core);
        match codec.encode(json, context).await {
            Ok(payload) => Ok(payload),
            Err(error) => Err(self.codec_failed(error).await),
        }
    }

    /// The JSON of what was recorded. Fails like [`encode_payload`](Self::encode_payload).
    pub(crate) async fn decode_payload<'a>(
        &self,
        codec: Option<&dyn Codec>,
        recorded: &'a str,
    ) -> Result<Cow<'a, str>, String> {
        let Some(codec) = self.codec(codec) else {
            return Ok(Cow::Borrowed(recorded));
        };
        let id = self.id();
        let context = PayloadContext {
            execution_arn: &self.here.core.arn,
            operation_id: &id,
        };
        let _busy = Busy::body(&self.here.core);
        let _decoding = Decoding::begin(&self.here.core, self.here.scope);
        match codec.decode(recorded.to_owned(), context).await {
            Ok(json) => Ok(Cow::Owned(json)),
            Err(error) => Err(self.codec_failed(error).await),
        }
    }

    async fn codec_failed(&self, error: CodecError) -> String {
        if error.is_transient() {
            let operation = self.describe();
            let error = InvocationError::Codec { operation, error };
            self.here.end(Ending::Errored(error)).await;
        }
        let mut reason = format!("its codec failed: {error}");
        for cause in crate::error::source_chain(&error) {
            reason.push_str(": ");
            reason.push_str(&cause);
        }
        reason
    }
}
