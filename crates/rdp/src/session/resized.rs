//! Another size of the desktop, or of what is on it, against the library's own server side of the channel for it.

use std::sync::mpsc;

use ironrdp_displaycontrol::{
    pdu::DisplayControlMonitorLayout,
    server::{DisplayControlHandler, DisplayControlServer},
};
use ironrdp_dvc::DrdynvcServer;
use tokio::time::timeout;

use super::peer::{PATIENCE, Peer, opened};
use crate::{Options, Size};

struct Wishes(mpsc::Sender<(u32, u32, Option<u32>)>);

impl DisplayControlHandler for Wishes {
    fn monitor_layout(&self, layout: DisplayControlMonitorLayout) {
        let monitor = layout.monitors().first().expect("there is one");
        let (width, height) = monitor.dimensions();
        // A test that has ended looks at none.
        let _ = self.0.send((width, height, monitor.desktop_scale_factor()));
    }
}

#[tokio::test]
async fn another_scale_at_the_same_size_is_told_once() {
    let (session, mut peer) = opened(Options::new("windows", Size::new(640, 480)));
    let (tell, told) = mpsc::channel();
    let channel = DisplayControlServer::new(Box::new(Wishes(tell)));
    peer.serve(DrdynvcServer::new().with_dynamic_channel(channel)).await;
    let serving = tokio::spawn(Peer::run(peer));
    let wishes = [(640, 480, 100), (640, 480, 150), (640, 480, 150), (640, 480, 200), (800, 600, 200)];
    let mut expected = Vec::new();
    let mut last = (640, 480, 100);
    for (width, height, scale) in wishes {
        session.control.resize(Size { width, height, scale }).await.expect("it lasts");
        if (width, height, scale) == last {
            // Nothing tells that nothing is sent; what comes next would come behind it.
            tokio::time::sleep(super::resize::SETTLED * 2).await;
            continue;
        }
        last = (width, height, scale);
        expected.push((u32::from(width), u32::from(height), Some(u32::from(scale))));
        let waiting = async {
            loop {
                match told.try_recv() {
                    Ok(wish) => return wish,
                    Err(_) => tokio::time::sleep(std::time::Duration::from_millis(5)).await,
                }
            }
        };
        let wish = timeout(PATIENCE, waiting).await.expect("it is told");
        assert_eq!(Some(&wish), expected.last());
    }
    drop(session);
    serving.await.expect("it serves to the end");
    assert_eq!(told.try_recv().ok(), None);
}
