//! Linux: WebKitGTK tells each page.

use tauri::Webview;
use webkit2gtk::WebViewExt as _;

use super::{Watch, died};

pub(super) struct System;

impl Watch for System {
    fn page(page: &Webview) -> tauri::Result<()> {
        let this = page.clone();
        page.with_webview(move |view| {
            view.inner().connect_web_process_terminated(move |_, why| died(&this, &why));
        })
    }
}
