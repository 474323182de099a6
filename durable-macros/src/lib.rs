//! The attribute macros of `durable-runtime`: `#[durable_workflow]` and `#[step]`.
//!
//! Use them through `durable_runtime`, which exports both: what they expand to names its items.
//!
//! The macros are pure functions over tokens. A workflow's sites get ids that are constants in the
//! binary, and everything that is wrong with an item is reported at once.
#![forbid(unsafe_code)]

mod body;
mod diag;
mod expand;
mod identity;
mod input;
mod key;
mod literal;
mod options;
mod rules;
mod sites;
mod skeleton;
mod surroundings;
#[cfg(test)]
mod tests;
mod validate;

use proc_macro::TokenStream;

/// Makes an `async fn` a step: a side effect whose result is recorded, so that no replay runs it again.
///
/// Side effects live in steps. The function keeps its parameters, and its call returns a `Step`, which
/// a workflow awaits. Anywhere else `f(..).direct().await` runs the body with no durability, as a
/// test of the step does.
///
/// ```text
/// #[step(semantics = "at_most_once", retry = none, timeout = "30s")]
/// async fn ship(cx: &StepContext, order: &Order) -> Result<Tracking> {
///     carrier().ship(order, cx.idempotency_key()).await
/// }
/// ```
///
/// * Arguments may borrow. Where all of them are `Clone`, as references are, the body can run again
///   while the workflow stays in memory.
/// * A first parameter of type `&StepContext` is filled in by the runtime, and absent at the call.
/// * Methods with `&self` and generic functions can be steps.
/// * What is returned is recorded: `T`, or a `Result<T, E>` whose error the caller gets back typed.
///   `T` must be `Serialize + DeserializeOwned`, and `E` also `Display`.
///
/// # Options
///
/// Each can be overridden where the step is called.
///
/// | option | default | |
/// | --- | --- | --- |
/// | `name = ".."` | the function's name | the name it is displayed under: 1 to 256 printable ASCII characters |
/// | `retry = ..` | `default` | `none`; `default`, the service's own: 6 attempts, 5 s before the second, twice that each time, at most 60 s, full jitter; `exponential(..)`; or the path of a strategy |
/// | `retry_if = path` | every error | a `fn(&E) -> bool`: whether this error may be retried |
/// | `semantics = ".."` | `"at_least_once"` | or `"at_most_once"`: an attempt that was cut off is not repeated, but goes through the retry strategy |
/// | `timeout = "30s"` | none | the longest one attempt may take; needs `E: From<TimedOut>` |
/// | `codec = path` | the workflow's | how the recorded result is transformed: a unit struct, a constant or a `static` that is a `Codec` |
/// | `fallible`, `infallible` | by the type | settles whether the result counts as a `Result`, where an alias misleads |
///
/// `exponential(max_attempts = 3, initial_delay = "1s", max_delay = "1m", backoff_rate = 2.0, jitter = "full")`
/// takes any of these, `jitter` being `"full"`, `"half"` or `"none"`; what is left out is as in
/// `default`. Durations are written as `humantime` reads them.
///
/// # Errors
///
/// While compiling, all at once:
///
/// * DW020: the function is not an `async fn`; is `const`, `unsafe` or `extern`; takes `self`, `&mut
///   self` or an `impl Trait`, or returns one.
/// * DW023: a name, duration or number is out of the service's range.
/// * DW027: an option is misspelled, repeated, or has a value of the wrong kind.
///
/// A result that can't be recorded is DW021, which the compiler reports at the return type.
#[proc_macro_attribute]
pub fn step(options: TokenStream, item: TokenStream) -> TokenStream {
    expand::step::expand(options.into(), item.into()).into()
}

/// Makes an `async fn` a workflow: it survives crashes, deploys and month-long waits.
///
/// The function keeps its parameters. A host starts it by itself, and another workflow calls it as a
/// child: `audit(&order).await`. A struct of the same name carries what is known about it statically,
/// so that `run(fulfil)` finds its definition.
///
/// ```text
/// #[durable_workflow]
/// async fn fulfil(order: Order, #[state] clients: Clients) -> Result<Shipment> {
///     let receipt = charge(&order).await?;
///     let (stock, label) = try_join!(reserve(&order), print_label(&order))?;
///     sleep(Duration::from_hours(24)).await;
///     ship(&order).await
/// }
/// ```
///
/// It takes one input or none. Parameters marked `#[state]` are no part of the input: the host provides
/// them, and they are `Clone + Send + 'static`. A workflow with type parameters, or whose input
/// borrows more than as a plain reference, can only be called by other workflows. One that calls
/// itself is awaited as `Box::pin(audit(x)).await`.
///
/// # Identity
///
/// Each `.await`, `join!`, `try_join!`, `race!`, `uuid()`, `random()` and `rng()` in the body is a
/// *site* with a key, by which its record is found on replay; neither its line nor its order matters.
/// The key is the name of what is called: `charge(&order).retry(p)` has `charge`, `client.charge(x)` has
/// `client.charge`, `self.charge(x)` has `charge`, a variable its name, and `step("name", ..)` and
/// `child("name", ..)` have their first argument.
///
/// `.named("..")` gives an operation another key, and `#[id("..")]` does so on a statement with one
/// site. Two sites with one key are an error, but for sleeps, which are counted, and for sites in
/// exclusive arms of an `if` or `match`, which are one.
///
/// # Options
///
/// | option | default | |
/// | --- | --- | --- |
/// | `name = ".."` | the function's name | the first half of every site's path, so changing it changes every id: 1 to 256 printable ASCII characters |
/// | `on_divergence = ".."` | `"retry"` | what happens when a history does not fit the code: the invocation fails and is tried again, so that a rollback helps; or `"fail"`, and the execution fails |
/// | `codec = path` | none | how the recorded results of its operations are transformed, where they have no codec of their own: a unit struct, a constant or a `static` that is a `Codec`. Not what others write or read: its own input and result, a callback's result, what goes to and comes from an invoked function. And no errors |
/// | `fallible`, `infallible` | by the type | settles whether the result counts as a `Result`, where an alias misleads |
///
/// # Errors
///
/// While compiling, all at once:
///
/// * DW003 to DW005, DW007 to DW013, DW019, DW025: something that a replay can't repeat: clocks, chance, spawning, the combinators of others, the environment,
///   files and network, shared state, printing, caught panics. Names are resolved by the `use` declarations of the function and of its file; a rule that can't
///   tell is silent. `#[allow_durable(DW003, reason = "..")]` lets one pass.
/// * DW001: `.await` on a `join!` or in a branch, which wait by themselves. (What is not durable at all
///   is DW001 too, and the compiler's to report.)
/// * DW016: a site has no key, two have the same, or an `#[id]` names none or several.
/// * DW020: the function is not an `async fn`; is a method, `const`, `unsafe` or `extern`; takes
///   several inputs, `&mut` or an `impl Trait`, or returns one. An `async` closure in the body.
/// * DW023: a name, or the literal duration of a sleep, is out of the service's range.
/// * DW026: `.await` in a macro that can't be looked into. The macros of std, tracing, log and anyhow
///   that take a list of expressions can.
/// * DW027: an option is misspelled, repeated, or has a value of the wrong kind.
/// * DW028: an `#[allow_durable]` without a reason, or of a rule that can't be allowed.
#[proc_macro_attribute]
pub fn durable_workflow(options: TokenStream, item: TokenStream) -> TokenStream {
    expand::workflow::expand(options.into(), item.into()).into()
}

/// Makes a function a helper of workflows: the rules of `#[durable_workflow]` hold in it too.
///
/// A macro sees the text that it stands on, so what a workflow calls is not checked unless it says that it is a part of workflows.
///
/// * A plain `fn` stays what it is. Clocks, chance, files and whatever else replay can't repeat do not compile in it. It may be a method.
/// * An `async fn` may await durable operations, as a part of the workflow that awaits it. The call itself records nothing: the operations stand in the
///   workflow's own history, each under the helper's name and its own key, and under the key of the call. What is returned can be of any type, and arguments
///   may borrow. Two calls in one workflow need names, as two calls of a step do.
///
/// ```text
/// #[durable_helper]
/// fn total(order: &Order) -> u64 { order.lines.iter().map(|line| line.cents).sum() }
///
/// #[durable_helper]
/// async fn pay(order: &Order) -> Result<Receipt> {
///     let receipt = charge(total(order)).await?;
///     book(&receipt).await?;
///     Ok(receipt)
/// }
/// ```
///
/// # Options
///
/// | option | default | |
/// | --- | --- | --- |
/// | `name = ".."` | the function's name | of an `async fn`: the first half of the paths of the sites in it, so changing it changes their ids: 1 to 256 printable ASCII characters |
///
/// # Errors
///
/// Those of `#[durable_workflow]`; and DW020 where an async helper is a method, or a parameter is `#[state]`.
#[proc_macro_attribute]
pub fn durable_helper(options: TokenStream, item: TokenStream) -> TokenStream {
    expand::helper::expand(options.into(), item.into()).into()
}

/// Lets one rule of `#[durable_workflow]` pass, on a statement or on the whole function: `#[allow_durable(DW003, reason = "..")]`.
///
/// The reason is mandatory. The rules that go by names can be allowed: DW003 to DW005, DW007 to DW013, DW019 and DW025; what the type system says can't.
///
/// # Errors
///
/// DW028: no reason, a rule that can't be allowed, or a function that is no workflow.
#[proc_macro_attribute]
pub fn allow_durable(arguments: TokenStream, item: TokenStream) -> TokenStream {
    rules::allow::move_down(arguments.into(), item.into()).into()
}
