//! Data access records of IAP: one for each decision about a tunnel, in projects that log them.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::access::Decision;
use super::{Caller, State, lock};
use crate::landscape::{AuditLogs, Instance};

/// Records that are kept; older ones go.
const MOST: usize = 2_000;

/// One decision, as it is logged.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) number: u64,
    pub(crate) at: Timestamp,
    pub(crate) caller: Caller,
    /// The project's id.
    pub(crate) project: String,
    pub(crate) zone: String,
    pub(crate) instance_id: u64,
    pub(crate) ip: Option<std::net::IpAddr>,
    pub(crate) port: u16,
    pub(crate) decision: Decision,
    visible: Instant,
}

#[derive(Default)]
pub(super) struct Records {
    list: VecDeque<Record>,
    next: u64,
}

impl State {
    /// Logs a decision, if the project logs data access.
    pub(super) fn log_decision(
        &self,
        caller: &Caller,
        instance: &Instance,
        ip: Option<std::net::IpAddr>,
        port: u16,
        decision: &Decision,
    ) {
        let logged = self.project(&instance.project).is_some_and(|one| one.audit_logs == AuditLogs::Enabled);
        if !logged {
            return;
        }
        let mut records = lock(&self.0.audit);
        records.next += 1;
        if records.list.len() >= MOST {
            records.list.pop_front();
        }
        let record = Record {
            number: records.next,
            at: Timestamp::now(),
            caller: caller.clone(),
            project: instance.project.clone(),
            zone: instance.zone.clone(),
            instance_id: super::machines::number(instance),
            ip,
            port,
            decision: decision.clone(),
            visible: Instant::now() + Duration::from_millis(self.landscape().audit_lag_ms),
        };
        records.list.push_back(record);
    }

    /// The records of a project that can be found by now, oldest first.
    pub(crate) fn records(&self, project: &str) -> Vec<Record> {
        let now = Instant::now();
        let records = lock(&self.0.audit);
        records.list.iter().filter(|one| one.project == project && one.visible <= now).cloned().collect()
    }
}
