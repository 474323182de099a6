//! Listing a function's executions.

use std::sync::Arc;

use durable_runtime::wire::Timestamp;

use super::names::{self, FunctionName};
use super::{Service, ServiceError, page_size, read_marker};
use crate::core::ExecutionStatus;
use crate::store::ListFilter;

/// Which executions of a function. The default is the 100 newest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Only of this version.
    pub qualifier: Option<String>,
    /// Only the one with this name.
    pub name: Option<String>,
    /// Only in one of these states; empty: in any. At most 10.
    pub statuses: Vec<ExecutionStatus>,
    /// Only those started after this.
    pub after: Option<Timestamp>,
    /// Only those started before this.
    pub before: Option<Timestamp>,
    /// [`next_marker`](ExecutionPage::next_marker) of the page before.
    pub marker: Option<String>,
    /// At most this many, 1,000 at the most; none or zero: 100.
    pub max_items: Option<u32>,
    /// The oldest first.
    pub reverse: bool,
}

/// A page of executions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExecutionPage {
    /// The executions.
    pub executions: Vec<ListedExecution>,
    /// Where the next page begins; none on the last one.
    pub next_marker: Option<String>,
}

/// One line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListedExecution {
    /// Its ARN.
    pub arn: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// The function it runs, with its version.
    pub function_arn: String,
    /// Where it stands.
    pub status: ExecutionStatus,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

impl Service {
    /// ListDurableExecutionsByFunction.
    ///
    /// # Errors
    /// [`ResourceNotFound`](ServiceError::ResourceNotFound) when there is no such function;
    /// [`InvalidParameterValue`](ServiceError::InvalidParameterValue) for a filter that can't be.
    pub async fn list(
        &self,
        function: &str,
        query: ListQuery,
    ) -> Result<ExecutionPage, ServiceError> {
        let called = FunctionName::parse(function, query.qualifier.as_deref())?;
        let (workflow, _) = self.target(&called)?;
        let limit = page_size(query.max_items)?;
        if query.statuses.len() > 10 {
            return Err(ServiceError::InvalidParameterValue(
                "Statuses has more than 10 members".to_owned(),
            ));
        }
        let filter = ListFilter {
            workflow: Some(workflow.to_string()),
            name: query.name,
            version: called
                .qualifier
                .is_some()
                .then(|| called.version().to_owned()),
            statuses: query.statuses,
            started_after: query.after,
            started_before: query.before,
            oldest_first: query.reverse,
            beyond: read_marker(query.marker.as_deref())?,
            // One more tells whether there are more.
            limit: limit + 1,
        };
        let mut found = self.engine.list(filter).await?;
        let more = found.len() > limit;
        found.truncate(limit);
        let last = found.last().map(|listed| listed.position.to_string());
        let executions = found
            .into_iter()
            .map(|listed| ListedExecution {
                function_arn: names::function_arn(&listed.arn).to_owned(),
                arn: listed.arn,
                name: listed.name,
                status: listed.status,
                started: listed.started,
                ended: listed.ended,
            })
            .collect();
        Ok(ExecutionPage {
            executions,
            next_marker: last.filter(|_| more),
        })
    }
}
