/** The terminal's colours, from the tokens of the theme in use. */

import type { ITheme } from "@xterm/xterm";

import { colourToken } from "../../design/colour";

const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;

export function terminalTheme(): ITheme {
  const theme: Record<string, string> = {
    background: colourToken("term-bg"),
    foreground: colourToken("term-text"),
    cursor: colourToken("term-cursor"),
    cursorAccent: colourToken("term-bg"),
    selectionBackground: colourToken("term-selection"),
    selectionInactiveBackground: colourToken("term-selection"),
    scrollbarSliderBackground: colourToken("line"),
    scrollbarSliderHoverBackground: colourToken("line-strong"),
    scrollbarSliderActiveBackground: colourToken("line-strong"),
    overviewRulerBorder: colourToken("term-bg"),
  };
  for (const name of NAMES) {
    theme[name] = colourToken(`term-${name}`);
    theme[`bright${name[0]?.toUpperCase()}${name.slice(1)}`] = colourToken(`term-bright-${name}`);
  }
  return theme;
}

/** Calls back whenever the window's colours change, by the system or by choice. */
export function watchTheme(changed: () => void): () => void {
  const media = window.matchMedia("(prefers-color-scheme: dark)");
  const observer = new MutationObserver(changed);
  media.addEventListener("change", changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  return () => {
    media.removeEventListener("change", changed);
    observer.disconnect();
  };
}
