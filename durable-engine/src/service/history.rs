//! Pages of an execution's history.

use super::{PAGE_BYTES, Service, ServiceError, page_size, read_marker};
use crate::core::Event;
use crate::store::EventRange;

/// Which page of a history. The default is the first 100 events with their data, the oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryQuery {
    /// Whether payloads and errors are in the events.
    pub include_data: bool,
    /// [`next_marker`](HistoryPage::next_marker) of the page before.
    pub marker: Option<String>,
    /// At most this many, 1,000 at the most; none or zero: 100.
    pub max_items: Option<u32>,
    /// The newest event first.
    pub reverse: bool,
}

impl Default for HistoryQuery {
    fn default() -> Self {
        Self {
            include_data: true,
            marker: None,
            max_items: None,
            reverse: false,
        }
    }
}

/// A page of a history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistoryPage {
    /// The events.
    pub events: Vec<Event>,
    /// Where the next page begins; none on the last one.
    pub next_marker: Option<String>,
}

impl Service {
    /// GetDurableExecutionHistory. A page ends early when its events are large: after about 5 MiB.
    ///
    /// # Errors
    /// [`ResourceNotFound`](ServiceError::ResourceNotFound) when there is no such execution;
    /// [`InvalidParameterValue`](ServiceError::InvalidParameterValue) for a marker or a number of items that can't be.
    pub async fn history(
        &self,
        arn: &str,
        query: HistoryQuery,
    ) -> Result<HistoryPage, ServiceError> {
        let limit = page_size(query.max_items)?;
        let range = EventRange {
            from: read_marker(query.marker.as_deref())?,
            newest_first: query.reverse,
            // One more tells whether there are more.
            limit: limit + 1,
            max_bytes: PAGE_BYTES,
        };
        let read = self.host().store.events(arn, range).await;
        let mut events = read.map_err(|error| ServiceError::Service(error.to_string()))?;
        if events.is_empty() {
            // Every execution has events; a marker may stand beyond the last.
            self.record(arn).await?;
        }
        let next = if events.len() > limit {
            events.truncate(limit);
            true
        } else {
            // Cut because of its size, perhaps.
            events.len() < limit
        };
        let next_marker = match events.last() {
            Some(last) if next => {
                let id = last.event_id;
                let next = if query.reverse { id - 1 } else { id + 1 };
                self.has_event(arn, next).await?.then(|| next.to_string())
            }
            _ => None,
        };
        if !query.include_data {
            for event in &mut events {
                event.details.without_data();
            }
        }
        Ok(HistoryPage {
            events,
            next_marker,
        })
    }

    async fn has_event(&self, arn: &str, id: u64) -> Result<bool, ServiceError> {
        let range = EventRange {
            from: Some(id),
            limit: 1,
            ..EventRange::default()
        };
        let read = self.host().store.events(arn, range).await;
        let events = read.map_err(|error| ServiceError::Service(error.to_string()))?;
        Ok(events.first().is_some_and(|event| event.event_id == id))
    }
}
