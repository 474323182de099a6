//! Rule 8 of the runtime: a recorded history that doesn't fit the code is an error, never a wrong answer.
//!
//! Code in one scope is sequential. So when a *new* operation starts at site `n` in scope `S`, every record of `S` that
//! wasn't reached yet was either skipped by the code, or stands at a site that comes later, or is the next round of a loop
//! around `n`. Only the first is divergence.

use std::collections::HashSet;
use std::fmt;

use super::history::{History, RecordIndex};
use super::scope::{Scope, ScopeIndex, Scopes};
use crate::identity::{OperationId, Tag, is_marked};
use crate::site::{Definition, Site};
use crate::wire::Operation;

/// The recorded history doesn't fit the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Divergence(String);

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const WAY_OUT: &str = "Deploy the code that recorded this history again and the execution goes on; \
     or give the operation its old key back with `#[id(\"…\")]` or `.named(\"…\")`; or mark the site as retired if it was removed on purpose";

impl Divergence {
    /// The record at this id is of another type than the code's operation.
    pub(crate) fn kind(
        definition: &Definition,
        site: &Site,
        recorded: &Operation,
        expected: &str,
    ) -> Self {
        Self(format!(
            "`{}` at {}:{} is a {expected}, but the history recorded it as {} {}. {WAY_OUT}",
            site.key,
            definition.file(),
            site.line,
            recorded.operation_type,
            recorded
                .sub_type
                .as_ref()
                .map_or_else(String::new, |sub_type| format!("of sub-type {sub_type}")),
        ))
    }

    fn passed_over(definition: &Definition, site: &Site, records: &[String]) -> Self {
        Self(format!(
            "workflow `{}` starts the new operation `{}` at {}:{}, but its history holds {} that the code should have reached before it: {}. {WAY_OUT}",
            definition.name(),
            site.key,
            definition.file(),
            site.line,
            if records.len() == 1 {
                "an operation"
            } else {
                "operations"
            },
            records.join(", "),
        ))
    }

    /// The scope of an operation is gone: a future outlived the block it belongs to.
    pub(crate) fn closed(site: &Site) -> Self {
        Self(format!(
            "`{}` was polled after the scope it belongs to had ended",
            site.key
        ))
    }

    /// A combinator's recorded decision doesn't fit the code.
    pub(crate) fn decision(definition: &Definition, site: &Site, why: &str) -> Self {
        Self(format!(
            "`{}!` at {}:{}: {why}. {WAY_OUT}",
            site.key,
            definition.file(),
            site.line
        ))
    }

    /// The recorded result of a batch doesn't fit its items.
    pub(crate) fn batch(definition: &Definition, site: &Site, why: &str) -> Self {
        Self(format!(
            "`{}` at {}:{}: {why}. {WAY_OUT}",
            site.key,
            definition.file(),
            site.line
        ))
    }

    fn in_decided_branch(definition: &Definition, site: &Site) -> Self {
        Self(format!(
            "workflow `{}` needs the new operation `{}` at {}:{} inside something that had already finished: a branch whose `race!` or `try_join!` was decided, or a child or a batch whose large result is being rebuilt. {WAY_OUT}",
            definition.name(),
            site.key,
            definition.file(),
            site.line,
        ))
    }
}

/// A new operation is about to start at `site` in `scope`: was anything recorded that the code passed over?
pub(crate) fn check_new(
    history: &mut History,
    scopes: &mut Scopes,
    scope: ScopeIndex,
    site: &'static Site,
) -> Result<(), Divergence> {
    let chosen = scopes.get(scope).filter(|scope| scope.chosen);
    if let Some(scope) = chosen {
        return Err(Divergence::in_decided_branch(scope.definition, site));
    }
    check_passed_over(history, scopes, scope, site)?;
    if let Some(real) = scopes.get(scope).map(|scope| scope.real)
        && let Some(real) = scopes.get_mut(real)
    {
        real.live = true;
    }
    Ok(())
}

/// The code stands at `site` in `scope`: was anything recorded that it passed over? The code around stands at the sites that opened the scopes around, so
/// the same is asked there.
pub(crate) fn check_passed_over(
    history: &mut History,
    scopes: &Scopes,
    scope: ScopeIndex,
    site: &'static Site,
) -> Result<(), Divergence> {
    let mut stands = Some((scope, site));
    while let Some((at, reached)) = stands {
        let Some(scope) = scopes.get(at) else { break };
        if history.open_under(scope.context) > 0 {
            let passed_over: Vec<String> = match &scope.gone {
                // The items of a batch run side by side: none of them is behind another, but for one that nobody will come to.
                Some(gone) => gone.clone(),
                None => candidates(history, scopes, scope)
                    .into_iter()
                    .filter(|candidate| !candidate.may_come_later(scope, reached))
                    .map(|candidate| candidate.description)
                    .collect(),
            };
            if !passed_over.is_empty() {
                return Err(Divergence::passed_over(
                    scope.definition,
                    reached,
                    &passed_over,
                ));
            }
        }
        stands = scope.outer;
    }
    Ok(())
}

/// A scope returned: the records that nobody reached, described. Not divergence, but worth a warning (an error in the
/// test kit).
pub(crate) fn check_return(history: &mut History, scopes: &Scopes, at: ScopeIndex) -> Vec<String> {
    let Some(scope) = scopes.get(at) else {
        return Vec::new();
    };
    if history.open_under(scope.context) == 0 {
        return Vec::new();
    }
    let mut found = own(history, scope);
    if scope.path.is_empty() && !scope.flat && !scope.lineage.compensates() {
        // Another round of a loop may still open a branch like this one; the block around all branches knows better.
        found.extend(elsewhere(history, scopes, scope, Asked::AtTheEnd));
    }
    found
        .into_iter()
        .map(|candidate| candidate.description)
        .collect()
}

/// An unreached record that belongs to a scope's own block.
struct Candidate {
    /// The tag of the site it counts as: its own, or that of the combinator it lies in.
    site: Tag,
    /// It lies in a scope of its own inside that combinator.
    inside: bool,
    description: String,
}

impl Candidate {
    /// Whether the code in `scope`, which stands at `reached`, may still come to the record.
    fn may_come_later(&self, scope: &Scope, reached: &Site) -> bool {
        if self.inside && self.site == crate::identity::tag(&reached.id) {
            // It lies in a branch of the very combinator that the code stands at, which opens inner scopes as it comes to them.
            return true;
        }
        scope.definition.places(self.site).any(|place| {
            // A site that has moved into a branch is never reached in the block around it, whatever comes later.
            let here = place.branches == scope.path.as_slice();
            let later = place.order > reached.order
                || place
                    .loops
                    .iter()
                    .any(|number| reached.loops.contains(number));
            place.floating || (here && later)
        })
    }
}

fn candidates(history: &mut History, scopes: &Scopes, scope: &Scope) -> Vec<Candidate> {
    let mut found = own(history, scope);
    // What lies beside a flat scope in its context may as well be its neighbour's, which nobody can tell.
    if !scope.flat && !scope.lineage.compensates() {
        found.extend(elsewhere(history, scopes, scope, Asked::OnTheWay));
    }
    found
}

/// The unreached records tagged with the scope itself.
fn own(history: &mut History, scope: &Scope) -> Vec<Candidate> {
    let mut found = Vec::new();
    for at in history.unreached_in_scope(crate::identity::tag(&scope.id)) {
        // Tags are half a hash: the parent settles that the record is from here.
        if let Some((id, operation)) = in_context(history, at, scope.context) {
            let description = describe(scope.definition, id, operation);
            found.push(Candidate {
                site: id.site_tag(),
                inside: false,
                description,
            });
        }
    }
    found
}

/// When the unreached records are asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// A new operation starts; flat scopes may open yet.
    OnTheWay,
    /// The scope returns.
    AtTheEnd,
}

/// The unreached records of scopes that were never opened and that count as something in this one.
fn elsewhere(
    history: &mut History,
    scopes: &Scopes,
    scope: &Scope,
    asked: Asked,
) -> Vec<Candidate> {
    let decided = scopes.get(scope.real).map_or(&[][..], |real| &real.decided);
    let mut found = Vec::new();
    for at in history.unreached_under(scope.context) {
        let Some((id, operation)) = history.record(at) else {
            continue;
        };
        if scopes.was_opened(id.scope_tag()) {
            continue;
        }
        // Of a helper that the code comes to later. One that it no longer calls is found at the end, or by the lock file; but not where it may be of an
        // abandoned branch, or of a helper that was retired.
        let let_pass = asked == Asked::OnTheWay
            || !decided.is_empty()
            || !scope.definition.retired().is_empty();
        if let_pass && is_marked(id.scope_tag()) {
            continue;
        }
        if asked == Asked::OnTheWay && may_be_flat(scope, id.site_tag()) {
            continue;
        }
        if let Some(site) = counts_as(scope, decided, id.site_tag()) {
            let description = describe(scope.definition, id, operation);
            found.push(Candidate {
                site,
                inside: true,
                description,
            });
        }
    }
    found
}

fn in_context(
    history: &History,
    at: RecordIndex,
    context: Option<OperationId>,
) -> Option<(OperationId, &Operation)> {
    let (id, operation) = history.record(at)?;
    let parent = operation.parent_id.as_deref().and_then(OperationId::parse);
    (parent == context).then_some((id, operation))
}

/// Whether a record beside the scope's own may be of a flat child in its block that opens later.
fn may_be_flat(scope: &Scope, site: Tag) -> bool {
    let mut places = scope.definition.places(site).peekable();
    if places.peek().is_none() {
        // Of a workflow called flat, perhaps: its sites are in a table of its own.
        return scope.definition.sites().iter().any(|place| place.flat);
    }
    places.any(|place| place.flat || place.closures > scope.closures)
}

/// What a record of a virtual scope that was never opened counts as in `scope`: the outermost combinator around it that
/// lies directly in the scope's block. `None` when it belongs elsewhere, or to a branch that a decision abandoned.
fn counts_as(scope: &Scope, decided: &[u32], site: Tag) -> Option<Tag> {
    let mut known = false;
    for place in scope.definition.places(site) {
        known = true;
        let Some(inside) = place.branches.strip_prefix(scope.path.as_slice()) else {
            continue;
        };
        let Some((combinator, _)) = inside.first() else {
            // It stands directly in this block and was recorded in a scope that isn't this one. In a branch that is another
            // round of the loop around; in the context's own block, which there is one of, it has moved from a branch.
            return scope.path.is_empty().then_some(MOVED);
        };
        if inside
            .iter()
            .any(|(combinator, _)| decided.contains(combinator))
        {
            continue;
        }
        return scope
            .definition
            .slot(*combinator)
            .map(|place| crate::identity::tag(&place.id));
    }
    // A site that the code no longer has, in a combinator that nobody can place: it belongs to the whole context.
    (!known && scope.path.is_empty()).then_some(site)
}

/// The recorded items of a batch that none of `expected` is, described. `scope` is the batch's.
pub(crate) fn gone_items(
    history: &mut History,
    scopes: &Scopes,
    scope: ScopeIndex,
    expected: &HashSet<OperationId>,
) -> Vec<String> {
    let Some(scope) = scopes.get(scope) else {
        return Vec::new();
    };
    let mut gone = Vec::new();
    for at in history.unreached_in_scope(crate::identity::tag(&scope.id)) {
        if let Some((id, operation)) = in_context(history, at, scope.context)
            && !expected.contains(&id)
        {
            gone.push(describe(scope.definition, id, operation));
        }
    }
    gone
}

/// The tag of no site: ids are hashes of a path, and this is none.
const MOVED: Tag = [0; 8];

fn describe(definition: &Definition, id: OperationId, operation: &Operation) -> String {
    let status = &operation.status;
    match definition.places(id.site_tag()).next() {
        Some(place) => format!(
            "`{}` ({}:{}, {status})",
            place.key,
            definition.file(),
            place.line
        ),
        None => format!(
            "`{}` (no longer in the code, {status}, operation {id})",
            operation.name.as_deref().unwrap_or("unnamed"),
        ),
    }
}
