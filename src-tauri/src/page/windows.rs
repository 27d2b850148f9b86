//! Windows: WebView2 tells each page, also of other processes.
//! <https://learn.microsoft.com/microsoft-edge/webview2/concepts/process-related-events>

use tauri::Webview;
use webview2_com::{
    Microsoft::Web::WebView2::Win32::{
        COREWEBVIEW2_PROCESS_FAILED_KIND, COREWEBVIEW2_PROCESS_FAILED_KIND_BROWSER_PROCESS_EXITED,
        COREWEBVIEW2_PROCESS_FAILED_KIND_RENDER_PROCESS_EXITED, ICoreWebView2Controller,
    },
    ProcessFailedEventHandler,
};

use super::{Watch, died};

pub(super) struct System;

impl Watch for System {
    fn page(page: &Webview) -> tauri::Result<()> {
        let this = page.clone();
        page.with_webview(move |view| {
            if let Err(error) = listen(&view.controller(), this) {
                tracing::warn!(%error, "A page whose process dies will stay away");
            }
        })
    }
}

fn listen(controller: &ICoreWebView2Controller, page: Webview) -> Result<(), webview2_com::Error> {
    let handler = ProcessFailedEventHandler::create(Box::new(move |_, event| {
        let mut kind = COREWEBVIEW2_PROCESS_FAILED_KIND::default();
        if let Some(event) = event {
            // SAFETY: the event lives for this call, and so does the place for its answer.
            unsafe { event.ProcessFailedKind(&raw mut kind)? };
            match kind {
                COREWEBVIEW2_PROCESS_FAILED_KIND_RENDER_PROCESS_EXITED => died(&page, &kind),
                // With it every window's view is closed for good.
                COREWEBVIEW2_PROCESS_FAILED_KIND_BROWSER_PROCESS_EXITED => {
                    tracing::error!(
                        "The web view's own process has ended: the window is empty until Adit starts again"
                    );
                }
                // The others are begun anew by themselves.
                _ => tracing::info!(?kind, "A process of the web view ended"),
            }
        }
        Ok(())
    }));
    let mut token = 0;
    // SAFETY: called on the window's own thread, as is asked for; the view holds the handler until it goes.
    unsafe { controller.CoreWebView2()?.add_ProcessFailed(&handler, &raw mut token)? };
    Ok(())
}
