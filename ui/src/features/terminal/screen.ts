/** xterm.js behind what the tab needs of a terminal. */

import { FitAddon } from "@xterm/addon-fit";
import { type ISearchOptions, SearchAddon } from "@xterm/addon-search";
import { UnicodeGraphemesAddon } from "@xterm/addon-unicode-graphemes";
import { WebLinksAddon } from "@xterm/addon-web-links";
import { Terminal } from "@xterm/xterm";

import { colourToken } from "../../design/colour";
import type { Screen } from "./stream";
import { terminalTheme } from "./theme";

/** What of a terminal is as the settings have it. */
export interface ScreenStyle {
  fontSize: number;
  scrollback: number;
  /** What is printed is read out, and its lines are elements that can be walked through. */
  screenReader: boolean;
}

export interface ScreenEvents {
  /** The person typed, or the terminal answers the program. */
  input: (bytes: Uint8Array) => void;
  resized: (cols: number, rows: number) => void;
  /** A link was clicked; nothing is opened yet. */
  link: (url: string) => void;
  /** Whether a key goes to the remote. */
  forRemote: (event: KeyboardEvent) => boolean;
  matches: (index: number, count: number) => void;
}

const FONT = '"JetBrains Mono Variable", ui-monospace, monospace';

/**
 * Sequences by which a program asks the terminal something: what it is (DA, XTVERSION), where the cursor is and how it
 * does (DSR), its modes (DECRQM), settings (DECRQSS), colours and sizes.
 */
const QUESTIONS = {
  csi: [
    { final: "c" },
    { prefix: ">", final: "c" },
    { prefix: "=", final: "c" },
    { prefix: ">", final: "q" },
    { final: "n" },
    { prefix: "?", final: "n" },
    { intermediates: "$", final: "p" },
    { prefix: "?", intermediates: "$", final: "p" },
    { final: "t" },
  ],
  dcs: [{ intermediates: "$", final: "q" }],
  osc: [4, 10, 11, 12],
};

export class TerminalScreen implements Screen {
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #search = new SearchAddon();
  #disposed = false;
  #replaying = false;

  constructor(options: ScreenStyle & { cols: number; rows: number }, events: ScreenEvents) {
    this.#terminal = new Terminal({
      // The grapheme widths and the search's marks are behind this switch.
      allowProposedApi: true,
      cols: options.cols,
      rows: options.rows,
      fontFamily: FONT,
      fontSize: options.fontSize,
      fontWeight: "400",
      fontWeightBold: "600",
      // The font brings room between lines of its own; frames and bars join only without more.
      lineHeight: 1,
      scrollback: options.scrollback,
      screenReaderMode: options.screenReader,
      cursorBlink: false,
      cursorInactiveStyle: "outline",
      drawBoldTextInBrightColors: false,
      minimumContrastRatio: 1,
      macOptionIsMeta: true,
      rightClickSelectsWord: false,
      theme: terminalTheme(),
      linkHandler: { activate: (_event, url) => events.link(url) },
    });
    const terminal = this.#terminal;
    terminal.loadAddon(this.#fit);
    terminal.loadAddon(this.#search);
    terminal.loadAddon(new UnicodeGraphemesAddon());
    terminal.unicode.activeVersion = "15-graphemes";
    terminal.loadAddon(new WebLinksAddon((_event, url) => events.link(url)));
    this.#leaveUnanswered();
    const encoder = new TextEncoder();
    terminal.onData((text) => events.input(encoder.encode(text)));
    terminal.onBinary((text) => events.input(Uint8Array.from(text, (char) => char.charCodeAt(0))));
    terminal.onResize(({ cols, rows }) => {
      // The renderer draws the last selection again at a new size, also one that is gone.
      if (!terminal.hasSelection()) {
        terminal.clearSelection();
      }
      events.resized(cols, rows);
    });
    terminal.attachCustomKeyEventHandler(events.forRemote);
    this.#search.onDidChangeResults(({ resultIndex, resultCount }) => events.matches(resultIndex, resultCount));
  }

  /** Puts the terminal on the page once its font is there: cells are measured by it. */
  async open(element: HTMLElement, label: string): Promise<void> {
    await document.fonts.load(`${this.#terminal.options.fontSize ?? 13}px ${FONT}`, "Mg0 ─│█").catch(() => []);
    if (this.#disposed) {
      return;
    }
    this.#terminal.open(element);
    this.#terminal.textarea?.setAttribute("aria-label", label);
    this.fit();
  }

  get opened(): boolean {
    return this.#terminal.element !== undefined;
  }

  get size(): { cols: number; rows: number } {
    return { cols: this.#terminal.cols, rows: this.#terminal.rows };
  }

  get bracketedPaste(): boolean {
    return this.#terminal.modes.bracketedPasteMode;
  }

  get selection(): string {
    return this.#terminal.getSelection();
  }

  write(bytes: Uint8Array, drawn: () => void): void {
    this.#terminal.write(bytes, drawn);
  }

  /** Begins anew for what is drawn a second time, and answers none of it. In its order among what was written. */
  replaying(state: "begins" | "ended"): void {
    // What was written before may not be drawn yet.
    this.#terminal.write("", () => {
      if (state === "begins") {
        this.#terminal.reset();
      }
      this.#replaying = state === "begins";
    });
  }

  /** Takes what asks the terminal something out of what is drawn a second time: it was answered the first time. */
  #leaveUnanswered(): void {
    const { parser } = this.#terminal;
    for (const id of QUESTIONS.csi) {
      parser.registerCsiHandler(id, () => this.#replaying);
    }
    for (const id of QUESTIONS.dcs) {
      parser.registerDcsHandler(id, () => this.#replaying);
    }
    for (const id of QUESTIONS.osc) {
      parser.registerOscHandler(id, (data) => this.#replaying && data.includes("?"));
    }
  }

  /** Leaves what a broken session left behind (another screen, mouse reports) and begins a new line. */
  newAttempt(): void {
    this.#terminal.write("\x1b[?1049l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[!p\x1b[0m\r\n");
  }

  fit(): void {
    const element = this.#terminal.element;
    if (element !== undefined && element.clientWidth > 0 && element.clientHeight > 0) {
      this.#fit.fit();
    }
  }

  restyle({ fontSize, scrollback, screenReader }: ScreenStyle): void {
    Object.assign(this.#terminal.options, { fontSize, scrollback, screenReaderMode: screenReader });
    this.fit();
  }

  retheme(): void {
    this.#terminal.options.theme = terminalTheme();
  }

  paste(text: string): void {
    this.#terminal.paste(text);
  }

  focus(): void {
    this.#terminal.focus();
  }

  /** Selects what has been written: the empty lines below it are nobody's text. */
  selectAll(): void {
    const { active } = this.#terminal.buffer;
    let last = active.length - 1;
    while (last > 0 && active.getLine(last)?.translateToString(true) === "") {
      last -= 1;
    }
    this.#terminal.selectLines(0, last);
  }

  /** What is on the screen, line by line. */
  lines(): string[] {
    const { active } = this.#terminal.buffer;
    return Array.from({ length: this.#terminal.rows }, (_, row) => active.getLine(active.baseY + row)?.translateToString(true) ?? "");
  }

  clear(): void {
    this.#terminal.clear();
  }

  find(text: string, direction: "next" | "previous", incremental: "typing" | "stepping"): void {
    if (text === "") {
      this.endFind();
      return;
    }
    const options: ISearchOptions = {
      incremental: incremental === "typing",
      decorations: {
        matchBackground: colourToken("term-match"),
        matchOverviewRuler: colourToken("warn"),
        activeMatchBackground: colourToken("term-match-active"),
        activeMatchColorOverviewRuler: colourToken("warn"),
      },
    };
    if (direction === "next") {
      this.#search.findNext(text, options);
    } else {
      this.#search.findPrevious(text, options);
    }
  }

  endFind(): void {
    this.#search.clearDecorations();
    // Without a word the addon forgets its options: it would search once more at the next output otherwise.
    this.#search.findNext("");
    this.#terminal.clearSelection();
  }

  dispose(): void {
    this.#disposed = true;
    this.#terminal.dispose();
  }
}
