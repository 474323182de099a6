//! [`Life`]: what can happen to an execution, decoded from bytes.

use arbitrary::{Arbitrary, Result, Unstructured};
use durable_runtime::wire::{
    CallbackOptions, ChainedInvokeOptions, ContextOptions, ErrorObject, OperationAction,
    OperationType, OperationUpdate, StepOptions, SubType, WaitOptions, limits,
};

/// How an execution begins, and what happens to it then.
#[derive(Debug, Arbitrary)]
pub struct Life {
    /// Seconds.
    pub timeout: Option<u16>,
    /// Days it is kept.
    pub retention: Option<u8>,
    /// Nobody waits for its result.
    pub asynchronous: bool,
    /// It begins with a long wait, so that whatever comes may suspend.
    pub waits: bool,
    pub events: Vec<Event>,
}

/// One thing that happens.
#[derive(Debug)]
pub enum Event {
    /// The host starts an invocation, if one is owed.
    Invoke,
    /// A batch of updates that are legal where the execution stands, picked by these numbers.
    Legal([u8; 2]),
    /// A batch of updates as they come.
    Any(Vec<Update>, Call),
    /// The invocation ends.
    End(End),
    /// Seconds pass.
    Pass(u8),
    /// As much time passes as the next timer needs, less a millisecond or not.
    PassToNext(bool),
    /// The clock is set back by so many seconds.
    SetBack(u8),
    /// The callback and the invoked function are answered, or it is shown that they are alive.
    Outside(bool),
    /// The callback of this operation is answered, with a result that is too large or not.
    Callback(Id, bool),
    /// The function that this operation invokes ends.
    Invoked(Id, u8),
    /// Somebody asks for a pause, or for its end.
    Pause(bool),
    /// The same with what a request can say.
    PauseWith(bool, bool, Option<u8>),
    /// The engine restarts.
    Restart,
    /// Somebody stops it.
    Stop(bool),
    /// A replaying workflow reads what there is, in pages.
    Read(u8, u16),
    /// Somebody makes a marker up.
    Marker(u8),
}

/// How a checkpoint is sent.
#[derive(Debug, Arbitrary)]
pub enum Call {
    Plain,
    /// With a token that is no longer good.
    Stale,
    /// With a mark of its own, and then once more.
    Twice(u8),
}

/// How an invocation ends.
#[derive(Debug, Clone, Copy)]
pub enum End {
    Pending,
    Errored,
    Lost,
    Failed,
    Succeeded,
    TooLarge,
}

/// What ends the execution is seldom, so that lives are long.
impl Arbitrary<'_> for Event {
    fn arbitrary(u: &mut Unstructured<'_>) -> Result<Self> {
        Ok(match u.int_in_range(0..=63_u8)? {
            0..8 => Self::Invoke,
            8..20 => Self::Legal(u.arbitrary()?),
            20..28 => Self::Any(u.arbitrary()?, u.arbitrary()?),
            28..36 => Self::End(u.arbitrary()?),
            36..41 => Self::Pass(u.arbitrary()?),
            41..44 => Self::PassToNext(u.arbitrary()?),
            44..46 => Self::SetBack(u.arbitrary()?),
            46..49 => Self::Outside(u.arbitrary()?),
            49 | 50 => Self::Callback(u.arbitrary()?, u.arbitrary()?),
            51 | 52 => Self::Invoked(u.arbitrary()?, u.arbitrary()?),
            53 | 54 => Self::Pause(u.arbitrary()?),
            55 | 56 => Self::PauseWith(u.arbitrary()?, u.arbitrary()?, u.arbitrary()?),
            57 | 58 => Self::Restart,
            59 | 60 => Self::Read(u.arbitrary()?, u.arbitrary()?),
            61 | 62 => Self::Marker(u.arbitrary()?),
            _ => Self::Stop(u.arbitrary()?),
        })
    }
}

impl Arbitrary<'_> for End {
    fn arbitrary(u: &mut Unstructured<'_>) -> Result<Self> {
        Ok(match u.int_in_range(0..=31_u8)? {
            0 => Self::Failed,
            1 => Self::Succeeded,
            2 => Self::TooLarge,
            3..6 => Self::Lost,
            6..9 => Self::Errored,
            _ => Self::Pending,
        })
    }
}

/// An operation's id. Mostly one that has a type, so that sequences get somewhere.
#[derive(Debug, Clone, Copy)]
pub struct Id {
    pub text: &'static str,
    usual: OperationType,
}

const IDS: &[(&str, OperationType)] = &[
    ("s1", OperationType::Step),
    ("s2", OperationType::Step),
    ("s3", OperationType::Step),
    ("c1", OperationType::Context),
    ("c2", OperationType::Context),
    ("w1", OperationType::Wait),
    ("w2", OperationType::Wait),
    ("k1", OperationType::Callback),
    ("k2", OperationType::Callback),
    ("i1", OperationType::ChainedInvoke),
    ("i2", OperationType::ChainedInvoke),
    ("e1", OperationType::Execution),
    ("", OperationType::Step),
    ("not an id", OperationType::Context),
    (LONGEST, OperationType::Step),
    (TOO_LONG, OperationType::Step),
];

const LONGEST: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const TOO_LONG: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

impl Arbitrary<'_> for Id {
    fn arbitrary(u: &mut Unstructured<'_>) -> Result<Self> {
        let (text, usual) = *u.choose(IDS)?;
        Ok(Self { text, usual })
    }
}

/// Any update of an operation.
#[derive(Debug)]
pub struct Update(pub OperationUpdate);

impl Arbitrary<'_> for Update {
    fn arbitrary(u: &mut Unstructured<'_>) -> Result<Self> {
        let Id { text: id, usual } = u.arbitrary()?;
        let operation_type = match u.ratio(1, 16)? {
            true => *u.choose(OperationType::ALL)?,
            false => usual,
        };
        let mut update = OperationUpdate::new(operation_type, *u.choose(OperationAction::ALL)?, id);
        if u.ratio(1, 4)? {
            update.parent_id = Some(u.arbitrary::<Id>()?.text.to_owned());
        }
        if u.ratio(1, 8)? {
            update.name = Some(text(u, limits::OPERATION_NAME_MAX)?.into());
        }
        if u.ratio(1, 8)? {
            update.sub_type = Some(SubType::from(text(u, 32)?));
        }
        if u.ratio(1, 4)? {
            update.payload = Some(text(u, limits::OPERATION_PAYLOAD_MAX)?);
        }
        if u.ratio(1, 4)? {
            let message = text(u, limits::ERROR_MAX)?;
            update.error = Some(ErrorObject::new("Boom", message));
        }
        say_options(&mut update, u)?;
        Ok(Self(update))
    }
}

/// The options that its type has, mostly, and others.
fn say_options(update: &mut OperationUpdate, u: &mut Unstructured<'_>) -> Result<()> {
    let of = match u.ratio(1, 16)? {
        true => *u.choose(OperationType::ALL)?,
        false => update.operation_type,
    };
    match of {
        OperationType::Step => {
            let next_attempt_delay_seconds = seconds(u)?;
            update.step_options = Some(StepOptions {
                next_attempt_delay_seconds,
            });
        }
        OperationType::Wait => {
            let wait_seconds = seconds(u)?;
            update.wait_options = Some(WaitOptions { wait_seconds });
        }
        OperationType::Context => {
            let replay_children = u.arbitrary()?;
            update.context_options = Some(ContextOptions { replay_children });
        }
        OperationType::Callback => {
            update.callback_options = Some(CallbackOptions {
                timeout_seconds: seconds(u)?,
                heartbeat_timeout_seconds: seconds(u)?,
            });
        }
        OperationType::ChainedInvoke => {
            update.chained_invoke_options = Some(ChainedInvokeOptions {
                function_name: text(u, limits::FUNCTION_NAME_MAX)?,
                tenant_id: u.ratio(1, 8)?.then(|| "t".to_owned()),
                x_amzn_trace_id: None,
            });
        }
        _ => {}
    }
    Ok(())
}

/// Few, so that they pass; at the edges; or none.
fn seconds(u: &mut Unstructured<'_>) -> Result<Option<u32>> {
    Ok(match u.int_in_range(0..=15_u8)? {
        0 => None,
        1 => Some(0),
        2 => Some(u32::MAX),
        3 => Some(limits::WAIT_SECONDS_MAX),
        4 => Some(u.arbitrary()?),
        _ => Some(u.int_in_range(1..=20)?),
    })
}

/// A short text, or one that is longer than it may be.
fn text(u: &mut Unstructured<'_>, limit: usize) -> Result<String> {
    Ok(match u.int_in_range(0..=31_u8)? {
        0 => String::new(),
        1 => "é\u{0}\n".to_owned(),
        2 => "x".repeat(limit + 1),
        number => format!("t{number}"),
    })
}
