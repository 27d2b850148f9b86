//! The facts that atoms are evaluated with: the target and the time in IAM conditions, this computer in custom
//! levels (specification, sections 6.1 and 7.2).

use jiff::Timestamp;
use jiff::tz::Offset;

use crate::cel::eval::{self, Env, Val};
use crate::cel::{Expr, Kind, time};
use crate::device;
use crate::explanation::Basis;
use crate::input::{Client, Input, Target};
use crate::ip::Egress;
use crate::principal::Caller;
use crate::role::Permission;
use crate::value::Value;

/// Where an expression stands, which decides what it may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The condition of a binding.
    Iam,
    /// A custom access level.
    Custom,
}

/// Everything that atoms and level fields are evaluated with.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) permission: Permission,
    pub(crate) target: &'a Target,
    pub(crate) now: Option<Timestamp>,
    pub(crate) client: &'a Client,
    pub(crate) caller: Caller<'a>,
    pub(crate) egress: Egress,
    /// Whether the address is the one that Google saw.
    pub(crate) egress_basis: Basis,
    pub(crate) no_device_record: bool,
}

/// The value of an atom, and why.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judged {
    pub(crate) value: Value,
    /// Where the value comes from; none if it is unknown.
    pub(crate) basis: Option<Basis>,
    /// The timestamp that makes it an error for ever.
    pub(crate) bad_timestamp: Option<String>,
    /// Whether the missing device record makes it an error.
    pub(crate) no_device_record: bool,
}

impl Judged {
    pub(crate) fn known(value: Value, basis: Basis) -> Self {
        let basis = (value != Value::U).then_some(basis);
        Self { value, basis, bad_timestamp: None, no_device_record: false }
    }
}

impl<'a> Facts<'a> {
    pub(crate) fn new(input: &'a Input, permission: Permission) -> Self {
        let reported = input.audit.as_ref().and_then(|audit| audit.caller_ip.as_deref());
        let (egress, egress_basis) = match reported.filter(|address| !address.is_empty()) {
            Some(address) => (Egress::new([address]), Basis::Server),
            None => (Egress::new(input.client.egress_ips.iter().map(String::as_str)), Basis::Client),
        };
        Self {
            permission,
            target: &input.target,
            now: input.now,
            client: &input.client,
            caller: Caller::new(input),
            egress,
            egress_basis,
            no_device_record: input.audit.as_ref().is_some_and(crate::input::Audit::no_device_record),
        }
    }

    /// Judges an atom; `negated` says whether it stands below an odd number of `!`.
    pub(crate) fn judge(&self, expr: &Expr, scope: Scope, negated: bool) -> Judged {
        // an error negated is still an error
        let of_error = if negated { Value::U } else { Value::F };
        if let Some(text) = bad_timestamp(expr) {
            return Judged { bad_timestamp: Some(text), ..Judged::known(of_error, Basis::Policy) };
        }
        let by_device = scope == Scope::Custom && expr.mentions("device");
        if by_device && self.no_device_record {
            return Judged { no_device_record: true, ..Judged::known(of_error, Basis::Server) };
        }
        let value = Value::from_option(self.truth(expr, scope));
        if by_device {
            let value = if value == Value::F { Value::F } else { Value::U };
            return Judged::known(value, Basis::Client);
        }
        let by_address = scope == Scope::Custom && expr.mentions("origin.ip");
        Judged::known(value, if by_address { self.egress_basis } else { Basis::Policy })
    }

    fn truth(&self, expr: &Expr, scope: Scope) -> Option<bool> {
        match scope {
            Scope::Iam => eval::truth(expr, &self.request()),
            Scope::Custom => eval::truth(expr, &Device { facts: self }),
        }
    }

    /// The value of an expression in an IAM condition or custom level.
    pub(crate) fn value_of(&self, expr: &Expr, scope: Scope) -> Option<Val> {
        match scope {
            Scope::Iam => eval::eval(expr, &self.request()),
            Scope::Custom => eval::eval(expr, &Device { facts: self }),
        }
    }

    fn request(&self) -> Request<'_> {
        Request { permission: self.permission, target: self.target, now: self.now }
    }
}

/// The first timestamp in the atom that IAM never accepts.
pub(crate) fn bad_timestamp(expr: &Expr) -> Option<String> {
    let mut found = None;
    expr.walk(&mut |node| {
        if let Kind::Call { target: None, name, args } = &node.kind
            && name == "timestamp"
            && let [argument] = args.as_slice()
            && let Some(text) = argument.text()
            && time::timestamp(text).is_none()
            && found.is_none()
        {
            found = Some(text.to_owned());
        }
    });
    found
}

/// What IAM conditions may ask for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) permission: Permission,
    pub(crate) target: &'a Target,
    pub(crate) now: Option<Timestamp>,
}

fn time(now: Option<Timestamp>) -> Option<Val> {
    now.map(|now| Val::Time(Offset::UTC.to_datetime(now)))
}

/// Whether an atom of an IAM condition depends on the target.
pub(crate) fn depends_on_target(expr: &Expr) -> bool {
    const ATTRIBUTES: [&str; 4] = ["destination.port", "destination.ip", "request.host", "request.path"];
    expr.any(|node| ATTRIBUTES.iter().any(|path| node.is_within(path)))
}

impl Env for Request<'_> {
    fn attribute(&self, path: &str) -> Option<Val> {
        let text = |text: &Option<String>| text.clone().map(Val::Text);
        match (self.permission, path) {
            (_, "request.time") => time(self.now),
            (_, "resource.service") => Some(Val::Text("iap.googleapis.com".to_owned())),
            (Permission::Tunnel, "destination.port") => self.target.port.map(Val::Int),
            (Permission::Tunnel, "destination.ip") => text(&self.target.ip),
            (Permission::Tunnel, "resource.type") => {
                Some(Val::Text("iap.googleapis.com/TunnelInstance".to_owned()))
            }
            (Permission::Web, "request.host") => text(&self.target.host),
            (Permission::Web, "request.path") => text(&self.target.path),
            _ => None,
        }
    }

    fn call(&self, _target: Option<&Expr>, _name: &str, _args: &[Expr]) -> Option<Val> {
        None
    }
}

/// What custom levels may ask for.
struct Device<'a> {
    facts: &'a Facts<'a>,
}

fn os_type(name: &str) -> Val {
    Val::Enum("OsType", name.to_owned())
}

fn encryption(name: &str) -> Val {
    Val::Enum("DeviceEncryptionStatus", name.to_owned())
}

impl Device<'_> {
    fn in_range(&self, ranges: &Expr) -> Option<Val> {
        let Val::List(ranges) = eval::eval(ranges, self)? else { return None };
        let ranges = ranges.iter().map(|range| match range {
            Val::Text(text) => Some(text.as_str()),
            _ => None,
        });
        match self.facts.egress.within(ranges.collect::<Option<Vec<_>>>()?) {
            Value::T => Some(Val::Bool(true)),
            Value::F => Some(Val::Bool(false)),
            Value::U => None,
        }
    }

    fn version_at_least(&self, least: &Expr) -> Option<Val> {
        let Val::Text(least) = eval::eval(least, self)? else { return None };
        let own = self.facts.client.os_version.as_deref()?;
        device::compare_versions(own, &least).map(|order| Val::Bool(order.is_ge()))
    }
}

impl Env for Device<'_> {
    fn attribute(&self, path: &str) -> Option<Val> {
        let client = self.facts.client;
        if let Some(name) = path.strip_prefix("OsType.") {
            return device::os_type(name).map(os_type);
        }
        if let Some(name) = path.strip_prefix("DeviceEncryptionStatus.") {
            return device::encryption(name).map(encryption);
        }
        match path {
            "request.time" => time(self.facts.now),
            "device.os_type" => client.os_type.as_deref().and_then(device::os_type).map(os_type),
            "device.encryption_status" => {
                client.encryption.as_deref().and_then(device::encryption).map(encryption)
            }
            "device.is_secured_with_screenlock" => client.screen_lock.map(Val::Bool),
            _ => None,
        }
    }

    fn call(&self, target: Option<&Expr>, name: &str, args: &[Expr]) -> Option<Val> {
        match (target, name, args) {
            (None, "inIpRange", [address, ranges]) if address.is_path("origin.ip") => self.in_range(ranges),
            (Some(target), "versionAtLeast", [least]) if target.is_path("device") => {
                self.version_at_least(least)
            }
            _ => None,
        }
    }
}
