use super::*;
use crate::stream::typed::MOST;
use futures_util::FutureExt as _;

fn drain(pipe: &Pipe, attachment: Attachment) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(Some(bytes)) = pipe.next(attachment).now_or_never() {
        assert!(bytes.len() <= CHUNK);
        all.extend_from_slice(&bytes);
    }
    all
}

#[tokio::test]
async fn a_front_end_that_draws_nothing_stops_the_terminal() {
    let pipe = Pipe::new();
    let front = pipe.attach();
    let mut pushed = 0;
    while pipe.room().now_or_never().is_some() {
        pipe.push(Bytes::from(vec![7; 10_000]));
        pushed += 10_000;
    }
    assert!((IN_FLIGHT..IN_FLIGHT + 10_000).contains(&pushed));
    assert!(drain(&pipe, front).len() <= IN_FLIGHT + CHUNK);
    assert!(pipe.room().now_or_never().is_none(), "sent is not yet drawn");
    pipe.take(front, Frame::Drawn(20_000)).unwrap();
    assert!(pipe.room().now_or_never().is_some());
    pipe.take(front, Frame::Drawn(u32::MAX)).unwrap();
    pipe.push(Bytes::from_static(b"x"));
    assert!(drain(&pipe, front).ends_with(b"x"));
}

#[tokio::test]
async fn small_pieces_are_joined_and_large_ones_cut() {
    let pipe = Pipe::new();
    let front = pipe.attach();
    for _ in 0..3 {
        pipe.push(Bytes::from_static(b"abc"));
    }
    assert_eq!(pipe.next(front).await.unwrap().as_ref(), b"abcabcabc");
    pipe.push(Bytes::from(vec![1; CHUNK + 1]));
    assert_eq!(pipe.next(front).await.unwrap().len(), CHUNK);
    assert_eq!(pipe.next(front).await.unwrap().len(), 1);
}

#[tokio::test]
async fn who_attaches_anew_gets_the_last_bytes_and_then_goes_on() {
    let pipe = Pipe::new();
    let first = pipe.attach();
    let all: Vec<u8> = (0..400_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    for piece in all.chunks(5_000) {
        pipe.push(Bytes::copy_from_slice(piece));
    }
    assert_eq!(drain(&pipe, first), all);
    pipe.push(Bytes::from_static(b"new"));
    let second = pipe.attach();
    let mut expected = all[all.len() - REPLAY..].to_vec();
    expected.extend_from_slice(b"new");
    assert_eq!(drain(&pipe, second), expected);
    assert_eq!(pipe.next(first).await, None);
    pipe.take(first, Frame::Input(Bytes::from_static(b"late"))).unwrap();
    assert!(pipe.input().now_or_never().is_none());
}

#[tokio::test]
async fn an_interrupt_passes_what_it_is_meant_to_stop() {
    let pipe = Pipe::new();
    let front = pipe.attach();
    pipe.take(front, Frame::Input(Bytes::from_static(b"\x03"))).unwrap();
    assert_eq!(pipe.input().await, Some(Input::Bytes(Bytes::from_static(b"\x03"))));
    while pipe.room().now_or_never().is_some() {
        pipe.push(Bytes::from(vec![b'y'; 30_000]));
    }
    let sent = pipe.next(front).await.unwrap().len();
    pipe.take(front, Frame::Input(Bytes::from_static(b"typed before"))).unwrap();
    pipe.take(front, Frame::Input(Bytes::from_static(b"\x03"))).unwrap();
    assert_eq!(pipe.input().await, Some(Input::Interrupt(Bytes::from_static(b"\x03"))));
    assert!(pipe.input().now_or_never().is_none());
    assert_eq!(drain(&pipe, front), CANCEL);
    assert!(sent <= CHUNK);
    assert!(pipe.room().now_or_never().is_some());
}

#[tokio::test]
async fn input_waits_when_there_is_much_and_none_is_lost() {
    let pipe = Pipe::new();
    let front = pipe.attach();
    let piece = Bytes::from(vec![7; 100_000]);
    let mut given = 0;
    while pipe.take(front, Frame::Input(piece.clone())).is_ok() {
        given += piece.len();
    }
    assert!((MOST..MOST + piece.len()).contains(&given));
    let mut waits = std::pin::pin!(pipe.input_room(front));
    assert!(waits.as_mut().now_or_never().is_none());
    let mut taken = 0;
    while let Some(Some(Input::Bytes(bytes))) = pipe.input().now_or_never() {
        taken += bytes.len();
    }
    assert_eq!(taken, given);
    assert_eq!(waits.now_or_never(), Some(()));
    pipe.take(front, Frame::Input(piece)).unwrap();
}

#[tokio::test]
async fn an_interrupt_passes_input_that_is_not_read() {
    let pipe = Pipe::new();
    let front = pipe.attach();
    pipe.push(Bytes::from_static(b"still wanted"));
    while pipe.take(front, Frame::Input(Bytes::from(vec![0x03; 100_000]))).is_ok() {}
    assert!(matches!(pipe.input().await, Some(Input::Bytes(_))), "a paste is no key");
    while pipe.take(front, Frame::Input(Bytes::from(vec![0x03; 100_000]))).is_ok() {}
    pipe.take(front, Frame::Input(Bytes::from_static(b"\x03"))).unwrap();
    assert_eq!(pipe.input().await, Some(Input::Interrupt(Bytes::from_static(b"\x03"))));
    assert!(pipe.input().now_or_never().is_none());
    assert_eq!(pipe.input_room(front).now_or_never(), Some(()));
    assert_eq!(drain(&pipe, front), b"still wanted");
}

#[tokio::test(start_paused = true)]
async fn output_goes_on_while_the_front_end_cannot_be_heard() {
    let pipe = Pipe::new();
    let front = pipe.attach();
    while pipe.take(front, Frame::Input(Bytes::from(vec![0; 100_000]))).is_ok() {}
    while pipe.room().now_or_never().is_some() {
        pipe.push(Bytes::from(vec![7; CHUNK]));
    }
    let sent = drain(&pipe, front).len();
    assert!(pipe.room().now_or_never().is_none());
    tokio::select! {
        () = pipe.room() => {}
        () = pipe.input_room(front) => panic!("nobody took input"),
    }
    // What the front end says of it later is not counted twice.
    while pipe.room().now_or_never().is_some() {
        pipe.push(Bytes::from(vec![7; CHUNK]));
    }
    assert!(!drain(&pipe, front).is_empty());
    pipe.take(front, Frame::Drawn(u32::try_from(sent).unwrap())).unwrap();
    assert!(pipe.room().now_or_never().is_none());
}

#[tokio::test]
async fn who_loses_the_pipe_waits_no_longer() {
    let pipe = Pipe::new();
    let front = pipe.attach();
    while pipe.take(front, Frame::Input(Bytes::from(vec![0; 100_000]))).is_ok() {}
    let mut waits = std::pin::pin!(pipe.input_room(front));
    assert!(waits.as_mut().now_or_never().is_none());
    let second = pipe.attach();
    assert_eq!(waits.now_or_never(), Some(()));
    let mut waits = std::pin::pin!(pipe.input_room(second));
    assert!(waits.as_mut().now_or_never().is_none());
    pipe.end();
    assert_eq!(waits.now_or_never(), Some(()));
}

#[tokio::test]
async fn only_the_last_size_counts() {
    let pipe = Pipe::new();
    let front = pipe.attach();
    pipe.take(front, Frame::Size { cols: 80, rows: 24 }).unwrap();
    pipe.take(front, Frame::Size { cols: 81, rows: 25 }).unwrap();
    assert_eq!(pipe.input().await, Some(Input::Size(81, 25)));
    assert!(pipe.input().now_or_never().is_none());
}

#[tokio::test]
async fn the_end_comes_after_the_last_byte() {
    let pipe = Pipe::new();
    let front = pipe.attach();
    pipe.push(Bytes::from_static(b"bye"));
    pipe.end();
    pipe.push(Bytes::from_static(b"too late"));
    assert_eq!(pipe.next(front).await.unwrap().as_ref(), b"bye");
    assert_eq!(pipe.next(front).await, None);
    assert_eq!(pipe.input().await, None);
}

#[tokio::test]
async fn it_is_told_how_much_of_what_comes_first_was_had_before() {
    let pipe = Pipe::new();
    pipe.push(Bytes::from_static(b"never had"));
    assert_eq!(pipe.hand_over(), 0);
    let first = pipe.attach();
    assert_eq!(pipe.next(first).await.unwrap(), "never had");
    pipe.push(Bytes::from_static(b", and this neither"));
    assert_eq!(pipe.hand_over(), 9);
    // It stays at that: the one before gets nothing more.
    assert_eq!(pipe.next(first).await, None);
    let second = pipe.attach();
    assert_eq!(pipe.next(second).await.unwrap(), "never had, and this neither");
}

#[tokio::test]
async fn what_was_had_before_comes_whole_also_where_an_interrupt_drops_the_rest() {
    let pipe = Pipe::new();
    let first = pipe.attach();
    pipe.push(Bytes::from(vec![b'a'; CHUNK + 10]));
    assert_eq!(drain(&pipe, first).len(), CHUNK + 10);
    assert_eq!(pipe.hand_over(), CHUNK + 10);
    let second = pipe.attach();
    while pipe.room().now_or_never().is_some() {
        pipe.push(Bytes::from(vec![b'y'; 30_000]));
    }
    assert_eq!(pipe.next(second).await.unwrap().len(), CHUNK);
    pipe.take(second, Frame::Input(Bytes::from_static(b"\x03"))).unwrap();
    // One that takes over in the midst of it gets no less.
    assert_eq!(pipe.hand_over(), CHUNK + 10);
    let third = pipe.attach();
    let mut expected = vec![b'a'; CHUNK + 10];
    expected.extend_from_slice(CANCEL);
    assert_eq!(drain(&pipe, third), expected);
}
