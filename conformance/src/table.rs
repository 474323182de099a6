//! Which function meets which requirements: the only place that says so. `template.yaml` and `functions.toml` are made of it.

use durable_runtime::lambda::{self, Runtime};
use durable_runtime::wire::OperationType::{Context as CONTEXT, Step as STEP, Wait as WAIT};

use crate::handlers::plugin::dump::Dump;
use crate::handlers::plugin::records::{Faulty, Records};
use crate::handlers::{
    callback, child, invoke, map, parallel, plugin, poll, step, wait, wait_for_callback,
};
use crate::{Outside, Targets};

/// A Lambda function of the suite.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// The suite it is of, which is the module of its handler.
    pub suite: &'static str,
    /// Its handler, without what tells functions of one handler apart.
    pub handler: &'static str,
    /// What it is told apart by, such as its plugins.
    pub variant: &'static str,
    /// The requirements it meets; none for one that others invoke.
    pub ids: &'static [&'static str],
    host: fn() -> Runtime,
}

impl Function {
    /// `StepBasic` for the handler `step_basic`: CloudFormation takes letters and digits only.
    #[must_use]
    pub fn name(&self) -> String {
        let words = self.handler.split('_').chain(self.variant.split('_'));
        words
            .flat_map(|word| {
                let mut letters = word.chars();
                let first = letters.next().map(|letter| letter.to_ascii_uppercase());
                first.into_iter().chain(letters)
            })
            .collect()
    }

    /// Lambda keeps its tenants apart.
    #[must_use]
    pub fn is_per_tenant(&self) -> bool {
        self.handler.ends_with("_tenant") && self.ids.is_empty()
    }

    /// It invokes others, and is told their ARNs.
    #[must_use]
    pub fn invokes(&self) -> bool {
        self.suite == "invoke" && !self.ids.is_empty()
    }

    /// What its process runs.
    pub fn host(&self) -> Runtime {
        (self.host)()
            .state(Outside::process())
            .state(Targets::from_environment())
    }
}

/// `handler = "id"`; `handler for variant = "id"; |host| …` where one needs more than a bare host; `handler` alone for a function that others invoke.
macro_rules! functions {
    ($($suite:ident { $(
        $handler:ident $(for $variant:ident)? $(= $($id:literal),+)? $(; |$host:ident| $more:expr)?
    ),+ $(,)? })+) => {
        /// All functions of the suite.
        pub const FUNCTIONS: &[Function] = &[$($(
            Function {
                suite: stringify!($suite),
                handler: stringify!($handler),
                variant: concat!($(stringify!($variant))?),
                ids: &[$($($id),+)?],
                host: || host!(lambda::host($suite::$handler) $(, $host, $more)?),
            },
        )+)+];
    };
}

macro_rules! host {
    ($bare:expr) => {
        $bare
    };
    ($bare:expr, $host:ident, $more:expr) => {{
        let $host = $bare;
        $more
    }};
}

/// The plugin that most of its suite asks for.
const PLUGIN: Records = Records::named("CONFPLUGIN");

functions! {
    step {
        step_basic = "1-1",
        step_with_name = "1-2",
        sequential_steps = "1-3",
        complex_object = "1-4",
        null_result = "1-5",
        custom_serdes = "1-6",
        step_with_logger = "1-7",
        step_and_wait = "1-8",
        replay_skips_step = "1-9",
        replay_fails_again = "1-10",
        retry_then_success = "1-11",
        retry_exhausted = "1-12",
        default_retry = "1-13",
        custom_retry = "1-14",
        retry_this_error = "1-15",
        do_not_retry_this_error = "1-16",
        at_most_once = "1-17",
        at_most_once_with_retry = "1-18",
        step_with_error = "1-19",
        error_handled = "1-20",
    }
    wait {
        wait_basic = "2-1",
        wait_with_name = "2-2",
        sequential_waits = "2-3",
        wait_a_minute = "2-4",
        wait_an_hour = "2-5",
    }
    child {
        child_basic = "3-1",
        child_with_name = "3-2",
        child_with_steps = "3-3",
        child_fails = "3-4",
        child_error_handled = "3-5",
        nested_children = "3-6",
        child_with_retry = "3-7",
        child_retry_exhausted = "3-8",
        child_replayed = "3-9",
        child_with_wait = "3-10",
        large_child = "3-11"; |host| host.replay_logging(),
        child_interrupted = "3-12",
        wait_in_child = "3-13",
        child_with_serdes = "3-14",
        child_fails_without_step = "3-15",
        child_returns_null = "3-16",
        child_that_logs = "3-17"; |host| host.replay_logging(),
        child_then_more = "3-18",
    }
    callback {
        callback_basic = "4-1",
        callback_with_name = "4-2",
        callback_times_out = "4-3",
        heartbeat_times_out = "4-4",
        heartbeat_keeps_alive = "4-5",
        callback_fails = "4-6",
        callback_step_fails = "4-7",
        callback_step_times_out = "4-8",
        callback_during_wait = "4-9",
        callback_fails_during_wait = "4-10",
        callback_times_out_during_wait = "4-11",
        callback_then_wait = "4-12",
        callback_failure_handled = "4-13",
        callback_timeout_handled = "4-14",
        callback_with_serdes = "4-15",
        callback_with_number = "4-16",
        callbacks_in_turn = "4-17",
        two_callbacks = "4-18",
        two_callbacks_reversed = "4-19",
    }
    poll {
        poll_basic = "6-1",
        poll_once = "6-2",
        poll_with_name = "6-3",
        poll_from_state = "6-4",
        poll_with_fixed_delay = "6-5",
        poll_exhausted = "6-6",
        poll_fails = "6-7",
        poll_failure_handled = "6-8",
        poll_object = "6-9",
        poll_null = "6-10",
        poll_with_serdes = "6-11",
        poll_then_step = "6-12",
        polls_in_turn = "6-13",
    }
    invoke {
        target_echo,
        target_echo_tenant,
        target_error,
        invoke_basic = "5-1",
        invoke_with_name = "5-2",
        invoke_with_object = "5-3",
        invoke_with_null = "5-4",
        invoke_fails = "5-5",
        invoke_failure_handled = "5-6",
        invoke_with_large_payload = "5-7",
        invoke_for_tenant = "5-8",
        invoke_then_wait = "5-9",
        invoke_failure_then_wait = "5-10",
        step_then_invoke = "5-11",
        invoke_then_step = "5-12",
        invoke_in_child = "5-13",
        invokes_in_turn = "5-14",
        invoke_with_payload_serdes = "5-15",
        invoke_with_result_serdes = "5-16",
    }
    wait_for_callback {
        approval_basic = "7-1",
        approval_with_name = "7-2",
        approval_without_name = "7-3",
        approval_refused = "7-4",
        approval_times_out = "7-5",
        refusal_handled = "7-6",
        submitter_fails = "7-7",
        approval_in_child = "7-8",
        approvals_in_turn = "7-9",
        approval_among_others = "7-10",
        approval_as_object = "7-11",
        approval_without_heartbeat = "7-12",
        approval_with_heartbeat = "7-13",
        approval_timeout_handled = "7-14",
        approval_without_payload = "7-15",
    }
    parallel {
        parallel_basic = "8-1",
        branches_only = "8-2",
        named_branches = "8-3",
        different_branches = "8-4",
        no_branches = "8-5",
        parallel_fail_fast = "8-6",
        parallel_rethrows = "8-7",
        parallel_enough = "8-8",
        parallel_tolerates = "8-9",
        parallel_tolerance_exceeded = "8-10",
        two_at_a_time = "8-11",
        flat_branches = "8-12",
        parallel_percentage_exceeded = "8-13",
        branch_waits = "8-14",
        branches_with_serdes = "8-15",
        all_branches_fail = "8-16",
        parallel_not_enough = "8-17",
        parallel_tolerance_first = "8-18",
        parallel_without_concurrency = "8-19",
        parallel_accessors = "8-20",
        nested_branches = "8-21",
        parallel_percentage_reached = "8-22",
    }
    map {
        map_basic = "9-1",
        map_items_only = "9-2",
        map_with_index = "9-3",
        map_of_nothing = "9-4",
        map_fail_fast = "9-5",
        map_rethrows = "9-6",
        map_enough = "9-7",
        map_tolerates = "9-8",
        map_tolerance_exceeded = "9-9",
        map_percentage_exceeded = "9-10",
        map_two_at_a_time = "9-11",
        map_flat = "9-12",
        map_with_names = "9-13",
        map_with_item_serdes = "9-14",
        map_item_waits = "9-15",
        map_large = "9-16",
        map_then_wait = "9-17",
        map_failure_then_wait = "9-18",
        map_with_serdes = "9-19",
        map_with_serdes_then_wait = "9-20",
    }
    plugin {
        greeting for lifecycle = "10-1"; |host| host.plugin(PLUGIN),
        greeting for operations = "10-2"; |host| host.plugin(PLUGIN.only(STEP)),
        retried for attempts = "10-3"; |host| host.plugin(PLUGIN.only(STEP)),
        greeting for faulty = "10-4"; |host| host.plugin(Faulty),
        greeting for two = "10-5"; |host| {
            host.plugin(Records::named("CONFPLUGIN-A"))
                .plugin(Records::named("CONFPLUGIN-B"))
        },
        waiting for first = "10-6"; |host| host.plugin(PLUGIN),
        failing for end = "10-7"; |host| host.plugin(PLUGIN),
        greeting for changes = "10-8"; |host| host.plugin(PLUGIN.only(STEP)),
        waiting for updates = "10-9"; |host| host.plugin(PLUGIN.only(WAIT)),
        waiting for operations = "10-10"; |host| host.plugin(PLUGIN.only(WAIT)),
        greeting_in_child for parents = "10-11"; |host| host.plugin(PLUGIN),
        two_branches for branches = "10-12"; |host| host.plugin(PLUGIN.only(CONTEXT)),
        step_then_retried for replay = "10-13"; |host| host.plugin(PLUGIN.only(STEP)),
        step_then_failing for payloads = "10-14"; |host| host.plugin(PLUGIN.only(STEP)),
        retries_exhausted for attempts = "10-15"; |host| host.plugin(PLUGIN.only(STEP)),
        waiting for suspension = "10-16"; |host| host.plugin(PLUGIN),
        greeting for faulty_and_healthy = "10-17"; |host| {
            host.plugin(Faulty)
                .plugin(Records::named("CONFPLUGIN-HEALTHY").only(STEP))
        },
        two_waits for pending = "10-18"; |host| host.plugin(PLUGIN.only(WAIT)),
        waiting_with_input for dump = "10-19"; |host| host.plugin(Dump::of(WAIT)),
        single_task for operation_dump = "10-20"; |host| host.plugin(Dump::of(STEP)),
        retried_to_ok for attempt_dump = "10-21"; |host| host.plugin(Dump::of(STEP)),
        single_task for change_dump = "10-22"; |host| host.plugin(Dump::of(STEP)),
        named_branches for context_dump = "10-23"; |host| host.plugin(Dump::of(CONTEXT)),
    }
}
