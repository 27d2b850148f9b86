//! What a client asks for: the request line of the upgrade (sections 2.1 and 2.2).

use percent_encoding::percent_decode_str;

use super::sid::Sid;
use crate::state::{Backend, Caller, GuestId, Lookup, State};
use tokio_util::sync::CancellationToken;

/// Longest value of a parameter, in bytes as encoded.
const MAX_VALUE: usize = 8192;

/// Where a tunnel leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Instance { project: String, zone: String, instance: String, interface: String, port: u16 },
    Host { project: String, region: String, network: String, group: String, host: String, port: u16 },
}

/// A parsed request.
pub(super) enum Ask {
    Connect(Target),
    Reconnect { sid: Sid, ack: u64 },
}

/// Why a request is refused before its token is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadRequest {
    /// No such path.
    Path,
    /// This parameter is missing, doubled, too long or malformed.
    Parameter(&'static str),
}

/// What the relay may do with a target for a caller.
pub(super) enum Verdict {
    NotAuthorized,
    LookupFailed,
    NoBackend,
    /// The backend, and what fires when the machine that runs it stops.
    Backend(Backend, CancellationToken),
}

struct Query<'a>(&'a str);

impl Query<'_> {
    /// The decoded value; a `+` stays a `+`, since clients encode byte for byte.
    fn bytes(&self, name: &'static str) -> Result<Option<Vec<u8>>, BadRequest> {
        let mut found = None;
        for pair in self.0.split('&') {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if key != name {
                continue;
            }
            if found.is_some() || value.len() > MAX_VALUE {
                return Err(BadRequest::Parameter(name));
            }
            found = Some(percent_decode_str(value).collect());
        }
        Ok(found)
    }

    fn optional(&self, name: &'static str) -> Result<Option<String>, BadRequest> {
        match self.bytes(name)? {
            None => Ok(None),
            Some(bytes) => String::from_utf8(bytes).map(Some).map_err(|_| BadRequest::Parameter(name)),
        }
    }

    fn required(&self, name: &'static str) -> Result<String, BadRequest> {
        self.optional(name)?.filter(|value| !value.is_empty()).ok_or(BadRequest::Parameter(name))
    }

    fn port(&self) -> Result<u16, BadRequest> {
        self.required("port")?.parse().ok().filter(|port| *port > 0).ok_or(BadRequest::Parameter("port"))
    }
}

impl Ask {
    /// Parses path and query; unknown parameters are ignored.
    pub(super) fn parse(path: &str, query: &str) -> Result<Self, BadRequest> {
        let query = Query(query);
        match path {
            "/v4/connect" => Target::parse(&query).map(Self::Connect),
            "/v4/reconnect" => {
                let sid =
                    query.bytes("sid")?.filter(|sid| !sid.is_empty()).ok_or(BadRequest::Parameter("sid"))?;
                let ack = query.required("ack")?.parse().map_err(|_| BadRequest::Parameter("ack"))?;
                if query.optional("zone")?.is_none() && query.optional("region")?.is_none() {
                    return Err(BadRequest::Parameter("zone"));
                }
                Ok(Self::Reconnect { sid: Sid::presented(sid), ack })
            }
            _ => Err(BadRequest::Path),
        }
    }
}

impl Target {
    fn parse(query: &Query<'_>) -> Result<Self, BadRequest> {
        let (project, port) = (query.required("project")?, query.port()?);
        if query.optional("host")?.is_some() {
            return Ok(Self::Host {
                project,
                region: query.required("region")?,
                network: query.required("network")?,
                group: query.optional("group")?.unwrap_or_default(),
                host: query.required("host")?,
                port,
            });
        }
        Ok(Self::Instance {
            project,
            zone: query.required("zone")?,
            instance: query.required("instance")?,
            interface: query.required("interface")?,
            port,
        })
    }

    /// Whether `caller` may open a tunnel to this target.
    pub(super) fn is_allowed(&self, state: &State, caller: &Caller) -> bool {
        match self {
            Self::Instance { project, zone, instance, interface, port } => {
                state.may_tunnel(caller, project, zone, instance, interface, *port)
            }
            Self::Host { project, region, group, .. } => {
                state.may_tunnel_to_host(caller, project, region, group)
            }
        }
    }

    /// Authorises and looks up, in this order (section 7 point 2).
    pub(super) fn resolve(&self, state: &State, caller: &Caller) -> Verdict {
        if !self.is_allowed(state, caller) {
            return Verdict::NotAuthorized;
        }
        let (lookup, boot) = match self {
            Self::Instance { project, zone, instance, interface, port } => {
                let machine = state.machine(project, zone, instance);
                let boot = machine.map(|machine| state.instance_stopped(&GuestId(machine.id)));
                (state.lookup(project, zone, instance, interface, *port), boot)
            }
            Self::Host { project, region, network, group, host, port } => {
                (state.lookup_host(project, region, network, group, host, *port), None)
            }
        };
        match lookup {
            Lookup::UnknownInstance => Verdict::LookupFailed,
            Lookup::NotRunning | Lookup::NothingListens => Verdict::NoBackend,
            Lookup::Backend(backend) => Verdict::Backend(backend, boot.unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connect(query: &str) -> Result<Target, BadRequest> {
        match Ask::parse("/v4/connect", query)? {
            Ask::Connect(target) => Ok(target),
            Ask::Reconnect { .. } => panic!("not a connect"),
        }
    }

    #[test]
    fn reads_the_request_lines_of_gcloud() {
        let target = connect(
            "project=demo-project&port=9100&newWebsocket=True&zone=us-central1-a&instance=demo-vm&interface=nic0",
        );
        assert_eq!(
            target,
            Ok(Target::Instance {
                project: "demo-project".into(),
                zone: "us-central1-a".into(),
                instance: "demo-vm".into(),
                interface: "nic0".into(),
                port: 9100,
            })
        );
        let target = connect(
            "project=demo-project&port=9100&newWebsocket=True&region=us-central1&network=default&host=10.1.2.3&group=grp1",
        );
        assert!(matches!(target, Ok(Target::Host { host, .. }) if host == "10.1.2.3"));
    }

    #[test]
    fn a_session_id_is_decoded_byte_for_byte() {
        let Ok(Ask::Reconnect { sid, ack }) =
            Ask::parse("/v4/reconnect", "sid=a%2B%2f+%3D%00&ack=2097152&zone=z")
        else {
            panic!("refused")
        };
        assert_eq!(sid.expose().as_ref(), b"a+/+=\0");
        assert_eq!(ack, 2_097_152);
    }

    #[test]
    fn names_the_parameter_that_is_wrong() {
        let whole = "project=p&port=1&zone=z&instance=i&interface=nic0";
        for (cut, name) in
            [("port=1", "port"), ("zone=z", "zone"), ("instance=i", "instance"), ("project=p", "project")]
        {
            assert_eq!(connect(&whole.replace(cut, "_=1")), Err(BadRequest::Parameter(name)));
        }
        assert_eq!(connect(&whole.replace("port=1", "port=0")), Err(BadRequest::Parameter("port")));
        assert_eq!(connect(&whole.replace("port=1", "port=65536")), Err(BadRequest::Parameter("port")));
        assert_eq!(connect(&format!("{whole}&zone=other")), Err(BadRequest::Parameter("zone")));
        assert!(matches!(Ask::parse("/v4/other", ""), Err(BadRequest::Path)));
        assert!(matches!(
            Ask::parse("/v4/reconnect", "sid=x&ack=-1&zone=z"),
            Err(BadRequest::Parameter("ack"))
        ));
        assert!(matches!(
            Ask::parse("/v4/reconnect", "sid=&ack=1&zone=z"),
            Err(BadRequest::Parameter("sid"))
        ));
    }
}
