//! Access levels as formulas: basic conditions with one leaf per field, custom expressions, and the single
//! leaf that stands for a level without a readable definition (specification, sections 7.1 and 8.2).

use crate::build::Builder;
use crate::device;
use crate::explanation::{Basis, Span};
use crate::facts::{Judged, Scope};
use crate::graph::{LeafKind, LevelNode, NameId, NodeId, NodeKind};
use crate::names;
use crate::policy::{LevelCondition, LevelDefinition, ReadState};
use crate::value::Value;

/// Deepest nesting of levels and their expressions together.
const MAX_DEPTH: usize = 100;

impl<'a> Builder<'a> {
    /// The node of a level where it is named.
    pub(crate) fn level(&mut self, name: &str, span: Option<Span>) -> NodeId {
        let id = self.name(name);
        if let Some(outer) = self.open.iter().position(|open| *open == id) {
            self.met_again = self.met_again.min(outer);
            return self.self_reference(id, span);
        }
        let outermost = self.open.is_empty();
        let known = self.built.get(&id).or_else(|| self.built_outermost.get(&id).filter(|_| outermost));
        if let Some(known) = known.copied() {
            return self.named_again(known, span);
        }
        let position = self.open.len();
        let met_before = std::mem::replace(&mut self.met_again, usize::MAX);
        self.open.push(id);
        self.depth += 1;
        let node = self.unbuilt_level(id, span);
        self.depth -= 1;
        self.open.pop();
        if self.met_again > position {
            self.built.insert(id, node);
        } else if outermost {
            self.built_outermost.insert(id, node);
        }
        let met_outside = if self.met_again < position { self.met_again } else { usize::MAX };
        self.met_again = met_before.min(met_outside);
        node
    }

    /// The same level at another place of the same or another condition.
    fn named_again(&mut self, known: NodeId, span: Option<Span>) -> NodeId {
        let kind = self.graph.nodes[known].kind.clone();
        self.node(kind, span)
    }

    fn unbuilt_level(&mut self, id: NameId, span: Option<Span>) -> NodeId {
        let name = self.graph.names[id].clone();
        let reported = self.reported.get(name.as_str()).copied().filter(|_| names::is_well_formed(&name));
        let body = if names::is_well_formed(&name) { self.body(&name) } else { Body::Malformed };
        let leaf_value = Value::from_option(reported);
        let (body, decided) = match body {
            Body::Node(node) => {
                let kind = LeafKind::Reported;
                let leaf = reported
                    .map(|_| self.leaf(whole_id(&name), Judged::known(leaf_value, Basis::Server), kind));
                (node, leaf)
            }
            Body::Malformed => {
                (self.whole(&name, Judged::known(Value::F, Basis::Policy), LeafKind::MalformedLevel), None)
            }
            Body::Absent => {
                (self.whole(&name, Judged::known(Value::F, Basis::Policy), LeafKind::UnknownLevel), None)
            }
            Body::Unreadable => {
                let judged = Judged::known(leaf_value, Basis::Server);
                (self.whole(&name, judged, LeafKind::UnreadableLevel), None)
            }
        };
        self.node(NodeKind::Level(LevelNode { name: id, body, reported, decided }), span)
    }

    /// A level met again inside its own definition.
    fn self_reference(&mut self, id: NameId, span: Option<Span>) -> NodeId {
        let name = self.graph.names[id].clone();
        let reported = self.reported.get(name.as_str()).copied();
        let kind = if reported.is_some() { LeafKind::Reported } else { LeafKind::SelfReference };
        let judged = Judged::known(Value::from_option(reported), Basis::Server);
        let leaf = self.leaf_of(Some(id), whole_id(&name), judged, kind);
        self.node(NodeKind::Leaf(leaf), span)
    }

    fn whole(&mut self, name: &str, judged: Judged, kind: LeafKind<'a>) -> NodeId {
        let leaf = self.leaf(whole_id(name), judged, kind);
        self.node(NodeKind::Leaf(leaf), None)
    }

    fn body(&mut self, name: &str) -> Body {
        let prepared = self.prepared;
        let input = self.input;
        let Some(index) = prepared.level(name) else {
            let listed = input.levels.state == ReadState::Read && !self.reported.contains_key(name);
            return if listed { Body::Absent } else { Body::Unreadable };
        };
        if self.budget == 0 || self.depth >= MAX_DEPTH {
            return Body::Unreadable;
        }
        match input.levels.items.get(index).map(|level| &level.definition) {
            Some(LevelDefinition::Basic { any, conditions })
                if !conditions.is_empty() && !conditions.iter().any(LevelCondition::is_empty) =>
            {
                let short = names::short(name);
                let conditions =
                    conditions.iter().enumerate().map(|(at, it)| self.basic(short, at, it)).collect();
                let kind = if *any { NodeKind::Or(conditions) } else { NodeKind::And(conditions) };
                Body::Node(self.node(kind, None))
            }
            Some(LevelDefinition::Custom(_)) => match prepared.custom(index) {
                Some(parsed) => Body::Node(self.parsed(parsed, Scope::Custom)),
                None => Body::Unreadable,
            },
            _ => Body::Unreadable,
        }
    }

    fn basic(&mut self, short: &str, at: usize, condition: &'a LevelCondition) -> NodeId {
        let facts = self.facts;
        let mut fields = Vec::new();
        let mut field = |builder: &mut Self, name: &str, judged: Judged, kind: LeafKind<'a>| {
            let leaf = builder.leaf(format!("level:{short}/{at}/{name}"), judged, kind);
            fields.push(builder.node(NodeKind::Leaf(leaf), None));
        };
        let unknown = || Judged::known(Value::U, Basis::Client);
        if !condition.ip_subnetworks.is_empty() {
            let value = facts.egress.within(condition.ip_subnetworks.iter().map(String::as_str));
            let judged = Judged::known(value, facts.egress_basis);
            field(self, "ip", judged, LeafKind::Ip(&condition.ip_subnetworks));
        }
        if condition.vpc_network_sources > 0 {
            field(self, "vpc", unknown(), LeafKind::Vpc);
        }
        if !condition.regions.is_empty() {
            field(self, "region", unknown(), LeafKind::Region(&condition.regions));
        }
        if !condition.members.is_empty() {
            let value = Value::any(condition.members.iter().map(|member| facts.caller.level_member(member)));
            field(self, "members", Judged::known(value, Basis::Policy), LeafKind::Members);
        }
        for required in &condition.required_access_levels {
            fields.push(self.level(required, None));
        }
        fields.extend(self.device_fields(short, at, condition));
        let all = self.node(NodeKind::And(fields), None);
        if condition.negate { self.node(NodeKind::Not(all), None) } else { all }
    }

    fn device_fields(&mut self, short: &str, at: usize, condition: &'a LevelCondition) -> Vec<NodeId> {
        let (device, client) = (&condition.device, self.facts.client);
        let mut asked = Vec::new();
        if device.require_screenlock {
            asked.push(("screenLock", device::screen_lock(client), LeafKind::ScreenLock));
        }
        let allowed = device.allowed_encryption_statuses.as_slice();
        if !allowed.is_empty() {
            let value = device::encryption_allowed(client, allowed);
            asked.push(("encryption", value, LeafKind::Encryption(allowed)));
        }
        let constraints = device.os_constraints.as_slice();
        if !constraints.is_empty() {
            asked.push(("os", device::os_allowed(client, constraints), LeafKind::Os(constraints)));
        }
        let management = device.allowed_device_management_levels.as_slice();
        if !management.is_empty() {
            asked.push(("management", Value::U, LeafKind::Management(management)));
        }
        if device.require_admin_approval {
            asked.push(("adminApproved", Value::U, LeafKind::AdminApproved));
        }
        if device.require_corp_owned {
            asked.push(("corpOwned", Value::U, LeafKind::CorpOwned));
        }
        let mut nodes = Vec::new();
        for (name, value, kind) in asked {
            let judged = if self.facts.no_device_record {
                Judged { no_device_record: true, ..Judged::known(Value::F, Basis::Server) }
            } else {
                Judged::known(value, Basis::Client)
            };
            let leaf = self.leaf(format!("level:{short}/{at}/device.{name}"), judged, kind);
            nodes.push(self.node(NodeKind::Leaf(leaf), None));
        }
        nodes
    }
}

enum Body {
    Node(NodeId),
    Malformed,
    Absent,
    Unreadable,
}

/// The id of the leaf that stands for a whole level.
fn whole_id(name: &str) -> String {
    format!("level:{}", names::short(name))
}
