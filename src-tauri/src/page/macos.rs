//! macOS: WKWebView tells Tauri, which would load the page anew for ever.

use tauri::Wry;

use super::{Watch, died};

pub(super) struct System;

impl Watch for System {
    fn app(builder: tauri::Builder<Wry>) -> tauri::Builder<Wry> {
        builder.on_web_content_process_terminate(|page| died(page, &"its process ended"))
    }
}
