//! 256 MiB each way through `adit tunnel`, byte for byte, while the relay drops the connection every 10 MiB,
//! with and without a clean end of TLS; and both directions at once.

use std::{
    io::{BufRead as _, BufReader, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    process::{Child, Stdio},
    sync::mpsc,
    thread,
};

use crate::support::{Cloud, Running};
use serde_json::{Value, json};

const MIB: u64 = 1024 * 1024;
const AMOUNT: u64 = 256 * MIB;

/// A block whose length shares no factor with any frame, window or cut, so that a byte lost, doubled or moved
/// anywhere shows.
fn block() -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    (0..1_048_573)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        })
        .collect()
}

/// Writes `amount` bytes of the endlessly repeated block.
fn write_pattern(mut to: impl Write, amount: u64) -> std::io::Result<()> {
    let block = block();
    let mut left = amount;
    while left > 0 {
        let now = usize::try_from(left).unwrap_or(usize::MAX).min(block.len());
        to.write_all(&block[..now])?;
        left -= now as u64;
    }
    to.flush()
}

/// Reads until `amount` bytes have come and holds each against the block.
fn read_pattern(mut from: impl Read, amount: u64) -> Result<(), String> {
    let block = block();
    let mut buffer = vec![0; 256 * 1024];
    let mut done = 0_u64;
    while done < amount {
        let read = from.read(&mut buffer).map_err(|error| format!("after {done} bytes: {error}"))?;
        if read == 0 {
            return Err(format!("the stream ended after {done} of {amount} bytes"));
        }
        let mut checked = 0;
        while checked < read {
            let at = usize::try_from((done + checked as u64) % block.len() as u64).expect("within the block");
            let now = (block.len() - at).min(read - checked);
            if buffer[checked..checked + now] != block[at..at + now] {
                return Err(format!(
                    "bytes differ between {} and {}",
                    done + checked as u64,
                    done + (checked + now) as u64
                ));
            }
            checked += now;
        }
        done += read as u64;
    }
    if done > amount {
        return Err(format!("{} bytes too many", done - amount));
    }
    Ok(())
}

/// What the program behind the VM's port does with each connection.
#[derive(Clone, Copy)]
enum Backend {
    Sends,
    Receives,
    Both,
}

/// A program on loopback; its verdict on what it received comes by the channel.
fn start_backend(kind: Backend) -> (u16, mpsc::Receiver<Result<(), String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let (tell, verdict) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let tell = tell.clone();
            thread::spawn(move || serve(kind, &stream, &tell));
        }
    });
    (port, verdict)
}

fn serve(kind: Backend, stream: &TcpStream, tell: &mpsc::Sender<Result<(), String>>) {
    // The probe that `adit tunnel` makes before it listens opens and closes without a byte.
    let mut first = [0];
    if !matches!(stream.peek(&mut first), Ok(1)) {
        return;
    }
    let mut go = [0];
    (&*stream).read_exact(&mut go).expect("the go-ahead");
    match kind {
        Backend::Sends => write_pattern(stream, AMOUNT).expect("all is sent"),
        Backend::Receives => {
            let _ = tell.send(read_pattern(stream, AMOUNT));
            (&*stream).write_all(b"k").expect("the receipt is sent");
        }
        Backend::Both => thread::scope(|scope| {
            scope.spawn(|| write_pattern(stream, AMOUNT).expect("all is sent"));
            let _ = tell.send(read_pattern(stream, AMOUNT));
        }),
    }
    let _ = stream.shutdown(Shutdown::Write);
    // Stays until the other side is done.
    let _ = (&*stream).read(&mut go);
}

struct Tunnel {
    _process: Running,
    stream: TcpStream,
    events: mpsc::Receiver<Value>,
}

impl Tunnel {
    fn open(cloud: &Cloud, port: u16) -> Self {
        let mut child: Child = cloud
            .adit(&[
                "tunnel",
                "project-1/europe-west1-b/web-1",
                &port.to_string(),
                "--local",
                "127.0.0.1:0",
                "--json",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("`adit tunnel` starts");
        let stdout = child.stdout.take().expect("it has an output");
        let process = Running(child);
        let (tell, events) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = tell.send(serde_json::from_str(&line).expect("each event is a line of JSON"));
            }
        });
        let listening: Value = events.recv().expect("it says where it listens");
        assert_eq!(listening["event"], "listening", "{listening}");
        let local = listening["local"].as_str().expect("an address");
        let mut stream = TcpStream::connect(local).expect("the local port answers");
        stream.write_all(b"g").expect("the go-ahead");
        Self { _process: process, stream, events }
    }

    fn resumes(&self) -> usize {
        self.events.try_iter().filter(|event| event["event"] == "resumed").count()
    }
}

fn cloud_with(port: u16, faults: &[&str]) -> Cloud {
    Cloud::with_ports(&json!({ port.to_string(): format!("127.0.0.1:{port}") }), faults)
}

fn download(faults: &[&str]) {
    let (port, _) = start_backend(Backend::Sends);
    let cloud = cloud_with(port, faults);
    let tunnel = Tunnel::open(&cloud, port);
    read_pattern(&tunnel.stream, AMOUNT).expect("the download arrives byte for byte");
    assert!(tunnel.resumes() >= 20, "the relay was to drop the connection about 25 times");
}

fn upload(faults: &[&str]) {
    let (port, verdict) = start_backend(Backend::Receives);
    let cloud = cloud_with(port, faults);
    let tunnel = Tunnel::open(&cloud, port);
    write_pattern(&tunnel.stream, AMOUNT).expect("all is sent");
    let mut receipt = [0];
    (&tunnel.stream).read_exact(&mut receipt).expect("the receipt comes back");
    verdict.recv().expect("a verdict").expect("the upload arrives byte for byte");
    assert!(tunnel.resumes() >= 20, "the relay was to drop the connection about 25 times");
}

#[test]
fn download_survives_abrupt_drops() {
    download(&["drop-after=10485760", "repeat=true", "drop-clean=false"]);
}

#[test]
fn download_survives_clean_drops() {
    download(&["drop-after=10485760", "repeat=true", "drop-clean=true"]);
}

#[test]
fn upload_survives_abrupt_drops() {
    upload(&["drop-up-after=10485760", "repeat=true", "drop-clean=false"]);
}

#[test]
fn upload_survives_clean_drops() {
    upload(&["drop-up-after=10485760", "repeat=true", "drop-clean=true"]);
}

#[test]
fn both_directions_at_once_do_not_stall() {
    let (port, verdict) = start_backend(Backend::Both);
    let cloud = cloud_with(port, &[]);
    let tunnel = Tunnel::open(&cloud, port);
    thread::scope(|scope| {
        scope.spawn(|| write_pattern(&tunnel.stream, AMOUNT).expect("all is sent"));
        read_pattern(&tunnel.stream, AMOUNT).expect("the download arrives byte for byte");
    });
    verdict.recv().expect("a verdict").expect("the upload arrives byte for byte");
}

#[test]
fn both_directions_survive_drops() {
    let (port, verdict) = start_backend(Backend::Both);
    let cloud = cloud_with(port, &["drop-after=10485760", "repeat=true", "drop-clean=false"]);
    let tunnel = Tunnel::open(&cloud, port);
    thread::scope(|scope| {
        scope.spawn(|| write_pattern(&tunnel.stream, AMOUNT).expect("all is sent"));
        read_pattern(&tunnel.stream, AMOUNT).expect("the download arrives byte for byte");
    });
    verdict.recv().expect("a verdict").expect("the upload arrives byte for byte");
    assert!(tunnel.resumes() >= 20, "the relay was to drop the connection about 25 times");
}
