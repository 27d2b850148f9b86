use std::net::{Ipv6Addr, TcpListener, TcpStream};
use std::process::Command;

use super::*;

fn link(accepted: &TcpStream) -> Link {
    Link::Tcp { peer: accepted.peer_addr().unwrap(), local: accepted.local_addr().unwrap() }
}

/// Listeners on IPv4, and on IPv6 where there is such.
fn listeners() -> Vec<TcpListener> {
    let v4 = TcpListener::bind("127.0.0.1:0").unwrap();
    [Some(v4), TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).ok()].into_iter().flatten().collect()
}

#[test]
fn our_own_connection_is_ours() {
    for listener in listeners() {
        let local = listener.local_addr().unwrap();
        let mut targets = vec![local];
        if local.is_ipv4() {
            // A mapped address goes through an IPv6 socket.
            targets.push(SocketAddr::new("::ffff:127.0.0.1".parse().unwrap(), local.port()));
        }
        for target in targets {
            let Ok(client) = TcpStream::connect(target) else { continue };
            let link = link(&listener.accept().unwrap().0);
            assert_eq!(SystemPeers.user(link).unwrap(), PeerUser::Same, "{target}");
            let process = SystemPeers.process(link).unwrap();
            assert_eq!(process.pid, std::process::id(), "{target}");
            assert!(process.program.unwrap().is_absolute());
            drop(client);
        }
    }
}

#[test]
fn one_that_has_gone_is_an_error() {
    for listener in listeners() {
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (accepted, _) = listener.accept().unwrap();
        let link = link(&accepted);
        drop(client);
        assert!(SystemPeers.user(link).is_err());
        assert!(SystemPeers.process(link).is_err());
    }
}

#[test]
fn a_listener_at_the_peers_address_is_not_the_peer() {
    for listener in listeners() {
        let other = TcpListener::bind((listener.local_addr().unwrap().ip(), 0)).unwrap();
        let link = Link::Tcp { peer: other.local_addr().unwrap(), local: listener.local_addr().unwrap() };
        assert_eq!(SystemPeers.user(link).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}

#[test]
fn one_that_has_shut_down_its_half_is_still_there() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (accepted, _) = listener.accept().unwrap();
    client.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(SystemPeers.user(link(&accepted)).unwrap(), PeerUser::Same);
}

#[tokio::test]
async fn a_unix_sockets_peer_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let listener = tokio::net::UnixListener::bind(folder.path().join("socket")).unwrap();
    let client = tokio::net::UnixStream::connect(folder.path().join("socket")).await.unwrap();
    let (accepted, _) = listener.accept().await.unwrap();
    let link = Link::unix(&accepted).unwrap();
    assert_eq!(SystemPeers.user(link).unwrap(), PeerUser::Same);
    assert_eq!(SystemPeers.process(link).unwrap().pid, std::process::id());
    drop(client);
}

#[test]
fn a_process_is_told_from_the_next_with_its_number() {
    let own = SystemPeers.running(std::process::id()).unwrap();
    assert_eq!(SystemPeers.running(own.pid).unwrap(), own);
    let mut child = Command::new("sleep").arg("60").spawn().unwrap();
    let process = SystemPeers.running(child.id()).unwrap();
    assert_eq!(process.parent, Some(own.pid));
    assert!(process.started >= own.started);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(SystemPeers.running(process.pid).is_err());
}
