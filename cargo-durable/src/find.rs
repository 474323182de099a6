//! From an id or an ARN to the execution.

use std::sync::Arc;

use durable_engine::store::{Loaded, SqliteReader};

use crate::cli::{Source, Which};
use crate::failure::Failure;

/// The database, and the ARN of the execution in it.
pub(crate) fn execution(source: &Source, which: &Which) -> Result<(SqliteReader, Loaded), Failure> {
    let reader = SqliteReader::open(&source.db)?;
    let arn = arn(&reader, which)?;
    match arn.map(|arn| reader.load(&arn)).transpose()?.flatten() {
        Some(loaded) => Ok((reader, loaded)),
        None => Err(Failure::NotFound {
            execution: which.execution.clone(),
            workflow: which.workflow.clone(),
            db: source.db.display().to_string(),
        }),
    }
}

fn arn(reader: &SqliteReader, which: &Which) -> Result<Option<Arc<str>>, Failure> {
    // An id has no colon in it.
    if which.execution.contains(':') {
        let arn = Arc::from(which.execution.as_str());
        let fits = match (&which.workflow, reader.load(&which.execution)?) {
            (Some(workflow), Some(loaded)) => *loaded.record.workflow == **workflow,
            (None, Some(_)) => true,
            (_, None) => false,
        };
        return Ok(fits.then_some(arn));
    }
    let mut found = reader.named(&which.execution)?;
    if let Some(workflow) = &which.workflow {
        found.retain(|execution| *execution.workflow == **workflow);
    }
    if found.len() > 1 {
        return Err(Failure::Ambiguous {
            execution: which.execution.clone(),
            workflows: found
                .iter()
                .map(|execution| execution.workflow.to_string())
                .collect(),
        });
    }
    Ok(found.pop().map(|execution| execution.arn))
}
