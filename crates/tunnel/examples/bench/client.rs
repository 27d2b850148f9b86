//! The application in front of a local port: it asks the backend for something and checks what comes.
//!
//! Plain blocking sockets, the same for every contender.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use crate::backend::{WHOLE, Wanted, matches, piece};

/// Read and written in one go, in bytes.
const BUFFER: usize = 256 * 1024;
/// How long a new connection has to reach the backend before a transfer's clock starts.
const SETTLE: Duration = Duration::from_millis(100);
/// After so long without a byte a transfer has failed.
const STALLED: Duration = Duration::from_secs(30);

fn connect(port: u16) -> Result<TcpStream> {
    let tcp = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    tcp.set_nodelay(true)?;
    tcp.set_read_timeout(Some(STALLED))?;
    tcp.set_write_timeout(Some(STALLED))?;
    Ok(tcp)
}

/// Connects and asks.
fn connect_through(port: u16, wanted: Wanted, bytes: u64) -> Result<TcpStream> {
    let mut tcp = connect(port)?;
    tcp.write_all(&wanted.request(bytes))?;
    Ok(tcp)
}

fn rate(bytes: u64, began: Instant) -> f64 {
    bytes as f64 / 1e6 / began.elapsed().as_secs_f64()
}

/// Receives so many bytes of the pattern; the time counts from the first of them on.
fn receive(mut tcp: &TcpStream, pattern: &[u8], bytes: u64) -> Result<f64> {
    let mut buffer = vec![0; BUFFER];
    let mut position = 0;
    let mut began = None;
    let mut counted = 0;
    while position < bytes {
        let limit = usize::try_from(bytes - position).unwrap_or(BUFFER).min(BUFFER);
        let part = buffer.get_mut(..limit).context("a buffer")?;
        let length = tcp.read(part).context("a download broke off")?;
        ensure!(length > 0, "a download ended after {position} of {bytes} bytes");
        let part = part.get(..length).unwrap_or_default();
        ensure!(matches(pattern, position, part), "a download is wrong near byte {position}");
        position += length as u64;
        match began {
            None => began = Some(Instant::now()),
            Some(_) => counted += length as u64,
        }
    }
    Ok(rate(counted, began.context("an empty download")?))
}

/// Sends so many bytes of the pattern.
fn send(mut tcp: &TcpStream, pattern: &[u8], bytes: u64) -> Result<()> {
    let mut position = 0;
    while position < bytes {
        let limit = usize::try_from(bytes - position).unwrap_or(BUFFER).min(BUFFER);
        let length = tcp.write(piece(pattern, position, limit)).context("an upload broke off")?;
        position += length as u64;
    }
    Ok(())
}

fn verdict(mut tcp: &TcpStream) -> Result<()> {
    let mut answer = [0];
    tcp.read_exact(&mut answer).context("no word about an upload")?;
    ensure!(answer == [WHOLE], "an upload did not arrive as it was sent");
    Ok(())
}

/// Megabytes per second towards the application.
pub(crate) fn download(port: u16, pattern: &[u8], bytes: u64) -> Result<f64> {
    receive(&connect_through(port, Wanted::Download, bytes)?, pattern, bytes)
}

/// Megabytes per second from the application, until the backend has checked the last of them.
pub(crate) fn upload(port: u16, pattern: &[u8], bytes: u64) -> Result<f64> {
    let tcp = connect_through(port, Wanted::Upload, bytes)?;
    std::thread::sleep(SETTLE);
    let began = Instant::now();
    send(&tcp, pattern, bytes)?;
    verdict(&tcp)?;
    Ok(rate(bytes, began))
}

/// Megabytes per second both ways at once, added up.
pub(crate) fn both(port: u16, pattern: &[u8], bytes: u64) -> Result<f64> {
    let tcp = connect_through(port, Wanted::Both, bytes)?;
    std::thread::sleep(SETTLE);
    let began = Instant::now();
    std::thread::scope(|scope| {
        let sending = scope.spawn(|| send(&tcp, pattern, bytes));
        receive(&tcp, pattern, bytes)?;
        match sending.join() {
            Ok(sent) => sent?,
            Err(_) => bail!("an upload panicked"),
        }
        verdict(&tcp)
    })?;
    Ok(rate(2 * bytes, began))
}

/// Times for one byte there and back, one after the other on one connection.
pub(crate) fn round_trips(port: u16, count: usize) -> Result<Vec<Duration>> {
    let mut tcp = connect_through(port, Wanted::Echo, 0)?;
    let mut times = Vec::with_capacity(count);
    for number in 0..count + 20 {
        let sent = [u8::try_from(number % 251).unwrap_or_default()];
        let began = Instant::now();
        tcp.write_all(&sent)?;
        let mut got = [0];
        tcp.read_exact(&mut got).context("an echo did not come")?;
        ensure!(got == sent, "an echo is wrong");
        // The first few warm up.
        if number >= 20 {
            times.push(began.elapsed());
        }
    }
    Ok(times)
}

/// From the connect on until the first byte from behind the tunnel is there.
pub(crate) fn first_byte(port: u16) -> Result<Duration> {
    let began = Instant::now();
    let mut tcp = connect(port)?;
    tcp.write_all(&[Wanted::Echo.request(0).as_slice(), b"x"].concat())?;
    let mut got = [0];
    tcp.read_exact(&mut got).context("the first byte did not come")?;
    ensure!(&got == b"x", "the first byte is wrong");
    Ok(began.elapsed())
}
