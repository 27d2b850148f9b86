import "@fontsource-variable/inter/index.css";
import "@fontsource-variable/jetbrains-mono/index.css";
import "@xterm/xterm/css/xterm.css";

import "./design/fonts.css";
import "./design/tokens.css";
import "./design/base.css";
import "./features/terminal/terminal.css";

import { createRoot } from "react-dom/client";

import { App } from "./features/window/App";
import type { Backend } from "./platform/backend";
import { Model } from "./platform/model";
import { tauriBackend, underTauri } from "./platform/tauri";

async function door(): Promise<Backend> {
  if (underTauri()) {
    return tauriBackend();
  }
  const { browserBackend } = await import("./platform/browser");
  return browserBackend();
}

async function start(root: HTMLElement): Promise<void> {
  const model = new Model(await door());
  // Everything is imported: from here on no property can be slipped under every object. Before the
  // imports it would stop xterm, which gives an object of its own a `toString` while it loads.
  Object.freeze(Object.prototype);
  createRoot(root).render(<App model={model} />);
  await model.open();
}

const root = document.getElementById("root");
if (root !== null) {
  void start(root);
}
