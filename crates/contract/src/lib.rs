//! What crosses the door between core and front end: commands, events and errors as plain types. Nothing
//! here knows Tauri, tokio or Google. TypeScript is generated from these types into `ui/src/contract/`
//! (`cargo xtask generate`), and a test fails when the two differ.
//!
//! Times are milliseconds since the Unix epoch, as JavaScript counts them.

pub mod command;
pub mod event;
pub mod explain;
pub mod failure;
pub mod inventory;
pub mod session;
pub mod settings;
pub mod sign_in;
pub mod tunnel;

pub use command::{COMMANDS, Snapshot, StreamTicket};
pub use event::Event;
pub use explain::{
    BindingCard, Certainty, ExplainAsk, Explanation, Expression, ExpressionPart, FirewallStep, LevelCard,
    LevelRow, LevelStatus, Link, Preflight, PreflightState, RequestText, Rung, RungState, Truth, Verdict,
};
pub use failure::{Action, Fact, Failure, FailureCode, ServerSaid};
pub use inventory::{
    InstanceAction, InstanceRef, InstanceStatus, InventoryState, Os, Problem, RowKind, SearchHit, TreeRow,
    TreeWindow,
};
pub use session::{
    Note, NoteKind, Question, SecondFactorPrompt, SessionAnswer, SessionEnd, SessionInfo, SessionState, Step,
};
pub use settings::{PublicAddress, Settings, Theme};
pub use sign_in::{
    AccountInfo, AccountSource, AccountState, CloudInfo, CloudKind, KeychainState, Platform, SignInMethod,
    SignInState,
};
pub use tunnel::{
    GatewayInfo, GatewayLogin, GatewaySettings, GatewayState, HttpRule, TunnelAction, TunnelAudience,
    TunnelInfo, TunnelPeer, TunnelPlace, TunnelProtocol, TunnelSpec, TunnelState, TunnelTarget,
};
