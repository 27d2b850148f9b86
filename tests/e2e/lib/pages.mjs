// Every page in every state that the front end's double can play: each page, dialog, question and menu is in one of them.
// @ts-check
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { Key, until } from "./webdriver.mjs";

/** @typedef {import("./webdriver.mjs").Browser} Browser */

/** Presses what has the id. @param {Browser} window @param {string} testId */
async function press(window, testId) {
  await (await window.find(`[data-testid="${testId}"]`)).click();
}

/** Chooses from the menu that is open. @param {Browser} window @param {RegExp} label */
async function choose(window, label) {
  await (await window.findText("[role=menuitem]", label)).click();
}

/** Opens the menu of what is at the pointer. @param {Browser} window @param {string} css */
async function menuOf(window, css) {
  const element = await window.find(css);
  await window.run(
    `const { left, top } = arguments[0].getBoundingClientRect();
    arguments[0].dispatchEvent(new MouseEvent("contextmenu", { bubbles: true, cancelable: true, clientX: left + 8, clientY: top + 8 }))`,
    await element.reference(),
  );
  await window.find("[role=menuitem]");
}

/** Opens the menu of a desktop's tool: where tools have no room, they are all in one menu. @param {Browser} window @param {string} tool */
async function openTool(window, tool) {
  await window.find(`[data-testid="${tool}"]`);
  const isNarrow = await window.run("return getComputedStyle(document.querySelector('.desktop-tools-narrow')).display !== 'none'");
  await press(window, isNarrow ? "desktop-more" : tool);
}

/** Types into the palette, and presses keys once what is chosen there has the words. @param {Browser} window @param {string} text @param {...string} keys */
async function typed(window, text, ...keys) {
  await press(window, "search-field");
  await window.find('[data-testid="palette"] [role=option]');
  await window.type(text);
  const last = text.split(" ").at(-1) ?? "";
  await until(`the palette to mean ${text}`, async () => {
    const [chosen] = await window.texts('[data-testid="palette"] [role=option][aria-selected="true"]');
    return chosen?.toLowerCase().includes(last.toLowerCase());
  });
  await window.chord(...keys);
}

/** What is shown: the scene, and what a person does then. @type {[name: string, parameters: string, then?: (window: Browser) => Promise<unknown>][]} */
export const PAGES = [
  ["sign-in", "scene=signin"],
  ["sign-in without a client", "scene=signin-noclient&nokeychain"],
  ["sign-in under way", "scene=signin-waiting"],
  ["sign-in to the demo", "scene=signin-waiting&local&demo"],
  ["the demo", "scene=terminal&demo", async (window) => {
    await (await window.find('[data-testid="demo-mark"]')).click();
    await window.find('[data-testid="demo-leave"]');
  }],
  ["the choice of projects", "scene=tree", async (window) => {
    await (await window.find('[data-testid="choose-projects"]')).click();
    await window.find('[data-testid="project-acme-prod"]');
  }],
  ["diagnostics", "scene=signin", async (window) => {
    await (await window.find('[data-testid="open-diagnostics"]')).click();
    await window.waitText('[data-testid="diagnostics-text"]', /Web view/);
  }],
  ["the tree", "scene=tree"],
  ["no VMs", "scene=empty"],
  ["a failed listing", "scene=listing-failed"],
  ["trouble at the start", "scene=tree&trouble"],
  ["a terminal", "scene=terminal", (window) => window.find(".xterm-rows")],
  ["connecting", "scene=connecting"],
  ["a refusal", "scene=denied"],
  ["an explanation", "scene=explain-level", (window) => window.find('[data-testid="explain-headline"]')],
  ["a changed host key", "scene=hostkey"],
  ["a desktop", "scene=desktop"],
  ["files that were copied there", "scene=desktop-files", (window) => window.find('[data-testid="desktop-files-offered"]')],
  ["files on their way", "scene=desktop-saving", (window) => window.find('[data-testid="desktop-saving"]')],
  ["closing for the first time", "scene=tree&want=close", (window) => window.find('[data-testid="closing"]')],
  ["quitting", "scene=tree&want=quit", (window) => window.find('[data-testid="quitting"]')],
  ["a link", "scene=tree&want=offer", (window) => window.find('[data-testid="offer"]')],
  ["favourites", "scene=tree&favourites", (window) => window.find('[data-testid="tree-row-Favourites"]')],
  ["who signs in", "scene=desktop-credentials"],
  ["a certificate", "scene=desktop-certificate"],
  ["tunnels", "scene=tunnels", async (window) => (await window.find('[data-testid="topbar-tunnels"]')).click()],
  ["no profiles", "scene=tree", async (window) => {
    await (await window.find('[data-testid="topbar-profiles"]')).click();
    await window.find('[data-testid="profiles-empty"]');
  }],
  ["profiles", "scene=profiles", async (window) => {
    await (await window.find('[data-testid="topbar-profiles"]')).click();
    await (await window.find('[data-testid="profile-row-orders database"]')).click();
    await window.find('[data-testid="profile-trouble"]');
  }],
  ["profiles that are only read", "scene=profiles-broken", async (window) => {
    await (await window.find('[data-testid="topbar-profiles"]')).click();
    await window.find('[data-testid="profile-tree"]');
  }],
  ["a profile", "scene=profiles", async (window) => {
    await (await window.find('[data-testid="topbar-profiles"]')).click();
    await (await window.find('[data-testid="profile-new"]')).click();
    await window.find('[data-testid="profile-form"] [role=option]');
  }],
  ["the help", "scene=tree", async (window) => {
    await window.chord(Key.f1);
    await window.find('[data-testid="help-page"]');
  }],
  ["the settings", "scene=tree", async (window) => {
    await window.chord(Key.control, ",");
    await window.find('[data-testid="tab-settings"]');
  }],
  ["the keys", "scene=tree", async (window) => {
    await window.chord(Key.control, ",");
    const keys = await window.find('[data-testid="keys"]');
    await window.run("arguments[0].scrollIntoView()", await keys.reference());
  }],
  ["the palette", "scene=terminal", async (window) => {
    await (await window.find('[data-testid="search-field"]')).click();
    await window.find('[data-testid="palette"] [role=option]');
  }],
  ["a tab's name", "scene=terminal", async (window) => {
    await window.find(".xterm-rows");
    await window.chord(Key.control, Key.shift, "r");
    await window.find('[data-testid="tab-naming"]');
  }],
  ["all sessions", "scene=terminal", async (window) => {
    await window.find(".xterm-rows");
    await window.chord(Key.control, Key.shift, "a");
    await window.find('[data-testid="overview-web-1"]');
  }],
  ["what was open", "scene=tree&left=crash", (window) => window.find('[data-testid="offers"]')],
  ["how to sign in", "scene=signin", async (window) => {
    await press(window, "open-help");
    await window.find('[data-testid="help-dialog"]');
  }],
  ["a sign-in without a browser", "scene=signin-nobrowser"],
  ["a sign-in that is finished", "scene=signin-exchanging"],
  ["a sign-in that failed", "scene=signin-failed"],
  ["a message", "scene=signin&broken", async (window) => {
    await press(window, "demo-start");
    await window.find('[data-testid="toast"] [data-testid="help"]');
  }],
  ["signing in again", "scene=signin-needed", async (window) => {
    await press(window, "account");
    await choose(window, /Sign in again/);
    await window.find('[data-testid="sign-in-again"]');
  }],
  ["the account's menu", "scene=tree", async (window) => {
    await press(window, "account");
    await window.find("[role=menuitem]");
  }],
  ["what could not be listed", "scene=tree", async (window) => {
    await (await window.find(".status-item.warn")).click();
    await window.find('[data-testid="problems"]');
  }],
  ["a row's menu", "scene=tree", (window) => menuOf(window, '[data-testid="tree-row-web-1"]')],
  ["stopping a VM", "scene=tree", async (window) => {
    await menuOf(window, '[data-testid="tree-row-web-1"]');
    await choose(window, /^Stop/);
    await window.find('[data-testid="vm-action"]');
  }],
  ["quick connect", "scene=tree", async (window) => {
    await window.chord(Key.control, "p");
    await window.find('[data-testid="palette"] [role=option]');
  }],
  ["how to connect", "scene=tree", async (window) => {
    await typed(window, "web-1", Key.shift, Key.enter);
    await window.find('[data-testid="connect-how"]');
  }],
  ["which port", "scene=tree", async (window) => {
    await typed(window, "explain web-1", Key.shift, Key.enter);
    await window.find('[data-testid="explain-ask"]');
  }],
  ["a Windows password", "scene=tree", async (window) => {
    await typed(window, "password sql-win-2", Key.enter);
    await window.find('[data-testid="windows-password"]');
  }],
  ["a Windows password that was not set", "scene=tree", async (window) => {
    await typed(window, "password sql-win-2", Key.enter);
    await (await window.find('[data-testid="new-password-user"]')).fill("nobody");
    await press(window, "new-password-submit");
    await window.find('[data-testid="windows-password-failure"]');
  }],
  ["a newer version", "scene=tree&update=offered", async (window) => {
    await typed(window, "Check for updates", Key.enter);
    await window.find('[data-testid="update-install"]');
  }],
  ["the menu of a tab", "scene=terminal", async (window) => {
    await window.find(".xterm-rows");
    await menuOf(window, ".dv-tab.dv-active-tab");
  }],
  ["several tabs that are closed", "scene=terminal", async (window) => {
    await window.find(".xterm-rows");
    await typed(window, "Close the other tabs", Key.enter);
    await window.find('[data-testid="close-several"]');
  }],
  ["a live tab that is closed", "scene=terminal", async (window) => {
    await window.find(".xterm-rows");
    await window.chord(Key.control, Key.shift, "w");
    await window.findText("button", /End session/);
  }],
  ["a split", "scene=terminal", async (window) => {
    await window.find(".xterm-rows");
    await window.chord(Key.control, Key.shift, "\\");
    await window.find("[role=separator].dv-sash");
  }],
  ["lines that are pasted", "scene=terminal", async (window) => {
    await window.find(".xterm-rows");
    await window.chord(Key.control, Key.shift, "v");
    await window.find('[data-testid="paste-guard"]');
  }],
  ["searching a terminal", "scene=terminal", async (window) => {
    await window.find(".xterm-rows");
    await window.chord(Key.control, Key.shift, "f");
    await window.find('.find input');
  }],
  ["the menu of a terminal", "scene=terminal", async (window) => {
    await window.find(".xterm-rows");
    await menuOf(window, '[data-testid="terminal-web-1"]');
  }],
  ["a terminal that is read out", "scene=terminal&screenreader", async (window) => window.find(".xterm-accessibility-tree")],
  ["remarks in a terminal", "scene=notes", (window) => window.find(".xterm-rows")],
  ["waiting for a VM", "scene=waiting"],
  ["a second factor", "scene=secondfactor"],
  ["resuming", "scene=resuming", (window) => window.waitText('[data-testid="session-state"]', /Resuming/)],
  ["an end", "scene=ended", (window) => window.waitText('[data-testid="session-state"]', /Ended/)],
  ["a session that was lost", "scene=lost", (window) => window.waitText('[data-testid="session-state"]', /Not connected/)],
  ["a stopped VM", "scene=stopped"],
  ["another host key", "scene=hostkey-changed"],
  ["a sign-in that is needed", "scene=signin-needed"],
  ["who signs in, again", "scene=desktop-refused", (window) => window.find('[data-testid="credentials-refused"]')],
  ["a new password", "scene=desktop-credentials", async (window) => {
    await press(window, "new-password");
    await window.find('[data-testid="new-password-form"]');
  }],
  ["a certificate that exposes the password", "scene=desktop-exposes"],
  ["another certificate", "scene=desktop-changed"],
  ["a desktop's menu", "scene=desktop&displays=3", async (window) => {
    await openTool(window, "desktop-full");
    await window.find("[role=menuitem]");
  }],
  ["what a desktop shares", "scene=desktop-shares", async (window) => {
    await openTool(window, "desktop-shared");
    await window.findText("[role=menuitem]", /Settings of this connection/);
  }],
  ["which displays", "scene=desktop&displays=3", async (window) => {
    await openTool(window, "desktop-full");
    await choose(window, /chosen displays/);
    await window.find('[data-testid="choose-displays"]');
  }],
  ["displays that no window covers", "scene=desktop&displays=2&stacked", async (window) => {
    await openTool(window, "desktop-full");
    await window.findText("[role=menuitem]", /side by side/);
  }],
  ["a new tunnel", "scene=tree", async (window) => {
    await typed(window, "New forward", Key.enter);
    await press(window, "tunnel-submit");
    await window.find('[data-testid="tunnel-form"] [role=alert]');
  }],
  ["the help over a form", "scene=tree", async (window) => {
    await typed(window, "New forward", Key.enter);
    await (await window.find('[data-testid="tunnel-form"] [data-testid="help"]')).click();
    await window.find('[data-testid="help-dialog"]');
  }],
  ["tunnels that failed", "scene=tunnels-failed", (window) => press(window, "topbar-tunnels")],
  ["the port for all VMs", "scene=tunnels-gateway", (window) => press(window, "topbar-tunnels")],
  ["a tunnel's menu", "scene=tunnels", async (window) => {
    await press(window, "topbar-tunnels");
    await press(window, "tunnel-menu");
    await window.find("[role=menuitem]");
  }],
  ["a tunnel that is removed", "scene=tunnels", async (window) => {
    await press(window, "topbar-tunnels");
    await press(window, "tunnel-menu");
    await choose(window, /Remove/);
    await window.find('[data-testid="tunnel-remove"]');
  }],
  ["a folder of profiles", "scene=profiles", async (window) => {
    await press(window, "topbar-profiles");
    await press(window, "profiles-new-folder");
    await window.find('[data-testid="profile-folder"]');
  }],
  ["profiles that were imported", "scene=profiles", async (window) => {
    await press(window, "topbar-profiles");
    await press(window, "profiles-import");
    await window.find('[data-testid="profiles-imported"]');
  }],
  ["profiles that are removed", "scene=profiles", async (window) => {
    await press(window, "topbar-profiles");
    await press(window, "profile-row-orders database");
    await window.chord(Key.delete);
    await window.find('[data-testid="profile-remove"]');
  }],
  ["a profile's menu", "scene=profiles", async (window) => {
    await press(window, "topbar-profiles");
    await menuOf(window, '[data-testid="profile-row-orders database"]');
  }],
  ["the settings of a VM", "scene=tree&settings=some", async (window) => {
    await menuOf(window, '[data-testid="tree-row-web-1"]');
    await choose(window, /Settings/);
    await window.find('[data-testid="setting-row-rdp.port"]');
  }],
  ["a place for settings", "scene=tree", async (window) => {
    await window.chord(Key.control, ",");
    await press(window, "settings-place");
    await window.chord(Key.down);
    await window.find("[role=listbox] [role=option]");
  }],
  ["a choice among settings", "scene=tree", async (window) => {
    await window.chord(Key.control, ",");
    await (await window.find('[data-testid="setting-app.close"] button')).click();
    await window.find("[role=listbox] [role=option]");
  }],
];

/** The ids of all dialogs and questions that the front end has. @param {string} source its folder */
export async function dialogsIn(source) {
  const found = new Set();
  for (const name of await readdir(source, { recursive: true })) {
    if (name.endsWith(".tsx") && !name.endsWith(".test.tsx")) {
      const text = await readFile(join(source, name), "utf8");
      for (const [tag] of text.matchAll(/<(?:Dialog|Question)\s[^]*?[^=]>/g)) {
        // The part that all questions are made of has the id that each gives it.
        if (!tag.includes("data-testid={testId}")) {
          found.add(/(?:data-testid|testId)="([^"]+)"/.exec(tag)?.[1] ?? `${name}: ${tag.slice(0, 80)}`);
        }
      }
    }
  }
  return found;
}
