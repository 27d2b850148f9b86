//! The public address by a DNS question to Google: `o-o.myaddr.l.google.com`, whose TXT record is the address that the
//! question came from.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use simple_dns::{CLASS, Name, Packet, PacketFlag, Question, RCODE, TYPE, rdata::RData};

const SERVER: (&str, u16) = ("ns1.google.com", 53);
const NAME: &str = "o-o.myaddr.l.google.com";
const TIME: Duration = Duration::from_millis(1500);
/// What fits into one answer without extensions, in bytes.
const LONGEST: usize = 512;

/// The addresses as Google's server sees them: at most one by IPv4 and one by IPv6.
pub(super) async fn ask() -> Vec<String> {
    let Ok(servers) = tokio::net::lookup_host(SERVER).await else { return Vec::new() };
    let servers: Vec<SocketAddr> = servers.take(8).collect();
    let by = |wanted: fn(&SocketAddr) -> bool| servers.iter().copied().find(wanted);
    let (by_4, by_6) = (by(SocketAddr::is_ipv4), by(SocketAddr::is_ipv6));
    let (by_4, by_6) = tokio::join!(seen_by(by_4), seen_by(by_6));
    by_4.into_iter().chain(by_6).map(|address| address.to_string()).collect()
}

async fn seen_by(server: Option<SocketAddr>) -> Option<IpAddr> {
    let server = server?;
    tokio::time::timeout(TIME, exchange(server)).await.ok()?
}

async fn exchange(server: SocketAddr) -> Option<IpAddr> {
    let local: IpAddr =
        if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = tokio::net::UdpSocket::bind((local, 0)).await.ok()?;
    // Nobody else's answer is heard then.
    socket.connect(server).await.ok()?;
    let id = rand::random();
    socket.send(&question(id)?).await.ok()?;
    let mut answer = [0; LONGEST];
    let length = socket.recv(&mut answer).await.ok()?;
    address(answer.get(..length)?, id)
}

fn question(id: u16) -> Option<Vec<u8>> {
    let mut packet = Packet::new_query(id);
    let name = Name::new(NAME).ok()?;
    packet.questions.push(Question::new(name, TYPE::TXT.into(), CLASS::IN.into(), false));
    packet.build_bytes_vec().ok()
}

fn address(answer: &[u8], id: u16) -> Option<IpAddr> {
    let packet = Packet::parse(answer).ok()?;
    if packet.id() != id || !packet.has_flags(PacketFlag::RESPONSE) || packet.rcode() != RCODE::NoError {
        return None;
    }
    packet.answers.iter().find_map(|record| match &record.rdata {
        RData::TXT(text) => String::try_from(text.clone()).ok()?.parse().ok(),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use simple_dns::{ResourceRecord, rdata::TXT};

    use super::*;

    fn answer(id: u16, text: &str) -> Vec<u8> {
        let mut packet = Packet::new_reply(id);
        let text = TXT::new().with_string(text).unwrap();
        let name = Name::new(NAME).unwrap();
        packet.answers.push(ResourceRecord::new(name, CLASS::IN, 60, RData::TXT(text)));
        packet.build_bytes_vec().unwrap()
    }

    #[test]
    fn the_answer_to_our_question_is_read_and_no_other() {
        assert_eq!(address(&answer(7, "198.51.100.7"), 7), "198.51.100.7".parse().ok());
        assert_eq!(address(&answer(8, "198.51.100.7"), 7), None);
        assert_eq!(address(&answer(7, "edns0-client-subnet"), 7), None);
        assert_eq!(address(&question(7).unwrap(), 7), None);
        assert_eq!(address(b"rubbish", 7), None);
    }
}
