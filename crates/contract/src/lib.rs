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
pub mod link;
pub mod profile;
pub mod session;
pub mod settings;
pub mod sign_in;
pub mod tunnel;
pub mod update;
pub mod want;
pub mod window;

pub use command::{
    COMMANDS, DiagnosticNames, DisplayInfo, Displays, FullScreen, Snapshot, StreamTicket, WindowPlacing,
};
pub use event::Event;
pub use explain::{
    BindingCard, Certainty, ExplainAsk, Explanation, Expression, ExpressionPart, FirewallStep, LevelCard,
    LevelRow, LevelStatus, Link, Preflight, PreflightState, RequestText, Rung, RungState, Truth, Verdict,
};
pub use failure::{Action, Fact, Failure, FailureCode, ServerSaid};
pub use inventory::{
    InstanceAction, InstanceRef, InstanceStatus, InventoryState, Os, Problem, ProjectInfo, RowKind,
    SearchHit, TreeRow, TreeWindow,
};
pub use link::{LinkAction, LinkOffer, LinkParameters};
pub use profile::{
    MOST_STARTED_PROFILES, Profile, ProfileAction, ProfileFolderChange, ProfileForward, ProfileImport,
    ProfileInfo, ProfileList, ProfileSource, ProfileStart, ProfileStarted, ProfileState, ProfileTarget,
};
pub use session::{
    CertificateInfo, ClipboardSharing, CopiedFiles, DesktopInfo, DesktopSize, DisplayMode, FilesAction, Note,
    NoteKind, Protocol, Question, Remark, SecondFactorPrompt, SessionAnswer, SessionEnd, SessionInfo,
    SessionStart, SessionState, Step,
};
pub use settings::{
    Environment, Layout, Origin, PublicAddress, Scope, ScopeKind, SettingKind, SettingNeed, SettingOption,
    SettingSpec, SettingState, SettingValue, Settings, Theme,
};
pub use sign_in::{
    AccountInfo, AccountSource, AccountState, CloudInfo, CloudKind, Demo, KeychainState, Platform,
    SignInMethod, SignInState,
};
pub use tunnel::{
    GatewayInfo, GatewayLogin, GatewaySettings, GatewayState, HttpRule, TunnelAction, TunnelAudience,
    TunnelInfo, TunnelPeer, TunnelPlace, TunnelProtocol, TunnelSpec, TunnelState, TunnelTarget,
};
pub use update::{UpdateInfo, UpdateRelease, UpdateSource, UpdateStep, UpdateWay};
pub use want::{CloseAnswer, CloseQuestion, Want};
pub use window::{Desk, DeskLeft, LeftSession, MAIN_WINDOW, ScreenPoint, SessionPlace, TabColour};
