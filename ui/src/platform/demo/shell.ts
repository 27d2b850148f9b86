/** A shell that echoes, behind a socket that behaves as the stream of a terminal does. */

import type { StreamSocket } from "../backend";

const encode = (text: string) => new TextEncoder().encode(text);
const GREEN = "\x1b[32m";
const YELLOW = "\x1b[33m";
const DIM = "\x1b[90m";
const PLAIN = "\x1b[0m";

/** What the picture's terminal shows. */
export function demoTranscript(user: string, vm: string): string {
  const prompt = `${GREEN}${user}@${vm}${PLAIN}:\x1b[36m~${PLAIN}$ `;
  return [
    `${DIM}Linux ${vm} 6.1.0-28-cloud-amd64 #1 SMP Debian 6.1.119-1 x86_64${PLAIN}`,
    "",
    `${prompt}systemctl status nginx --no-pager`,
    `${GREEN}●${PLAIN} nginx.service - A high performance web server and a reverse proxy server`,
    `     Loaded: loaded (/lib/systemd/system/nginx.service; ${GREEN}enabled${PLAIN}; preset: ${GREEN}enabled${PLAIN})`,
    `     Active: ${GREEN}active (running)${PLAIN} since Mon 2026-11-16 06:12:44 UTC; 6 days ago`,
    "   Main PID: 611 (nginx)",
    "      Tasks: 3 (limit: 4644)",
    "     Memory: 12.4M",
    "        CPU: 1min 9.203s",
    "     CGroup: /system.slice/nginx.service",
    '             ├─611 "nginx: master process /usr/sbin/nginx"',
    '             ├─612 "nginx: worker process"',
    '             └─613 "nginx: worker process"',
    "",
    `${YELLOW}Nov 22 07:55:01 ${vm} nginx[612]: upstream timed out (110) while reading response header${PLAIN}`,
    `${prompt}df -h /`,
    "Filesystem      Size  Used Avail Use% Mounted on",
    "/dev/sda1        20G  7.9G   11G  42% /",
    "",
  ].join("\r\n");
}

/** The stream's other end. Keeps at most `WINDOW` bytes that were not drawn yet. */
export class DemoShellSocket implements StreamSocket {
  binaryType = "blob";
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: unknown }) => void) | null = null;
  onerror: (() => void) | null = null;
  onclose: (() => void) | null = null;

  static readonly WINDOW = 512 * 1024;
  #user: string;
  #vm: string;
  #onExit: (status: number) => void;
  #line = "";
  #undrawn = 0;
  #flood: ReturnType<typeof setInterval> | null = null;
  #closed = false;

  constructor(user: string, vm: string, greeting: string, onExit: (status: number) => void) {
    this.#user = user;
    this.#vm = vm;
    this.#onExit = onExit;
    setTimeout(() => {
      this.onopen?.();
      this.#say(greeting + this.#prompt());
    }, 10);
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    if (typeof data === "string") {
      return;
    }
    if (data[0] === 0) {
      this.#typed(new TextDecoder().decode(data.subarray(1)));
    } else if (data[0] === 1) {
      this.#undrawn -= new DataView(data.buffer, data.byteOffset).getUint32(1);
    }
  }

  close(): void {
    this.#closed = true;
    this.#stopFlood();
  }

  #prompt(): string {
    return `${GREEN}${this.#user}@${this.#vm}${PLAIN}:\x1b[36m~${PLAIN}$ `;
  }

  #say(text: string): void {
    if (this.#closed || text === "") {
      return;
    }
    const bytes = encode(text);
    this.#undrawn += bytes.length;
    this.onmessage?.({ data: bytes.buffer });
  }

  #stopFlood(): void {
    if (this.#flood !== null) {
      clearInterval(this.#flood);
      this.#flood = null;
    }
  }

  #typed(text: string): void {
    for (const key of text.replaceAll("\x1b[200~", "").replaceAll("\x1b[201~", "")) {
      if (key === "\x03") {
        this.#stopFlood();
        this.#line = "";
        this.#say(`^C\r\n${this.#prompt()}`);
      } else if (key === "\r" || key === "\n") {
        const line = this.#line;
        this.#line = "";
        this.#say("\r\n");
        this.#run(line.trim());
      } else if (key === "\x7f") {
        if (this.#line !== "") {
          this.#line = this.#line.slice(0, -1);
          this.#say("\b \b");
        }
      } else if (key >= " ") {
        this.#line += key;
        this.#say(key);
      }
    }
  }

  #run(line: string): void {
    const [command = "", ...rest] = line.split(/\s+/);
    const arithmetic = /^\$\(\((\d+)\*(\d+)\)\)$/.exec(rest.join(" "));
    switch (command) {
      case "":
        break;
      case "echo":
        this.#say(`${arithmetic ? Number(arithmetic[1]) * Number(arithmetic[2]) : rest.join(" ")}\r\n`);
        break;
      case "exit":
        this.#say("logout\r\n");
        this.#onExit(Number(rest[0] ?? 0));
        return;
      case "yes":
        this.#flood = setInterval(() => {
          while (this.#undrawn < DemoShellSocket.WINDOW) {
            this.#say("y\r\n".repeat(4096));
          }
        }, 4);
        return;
      case "colours":
        for (let row = 0; row < 2; row += 1) {
          const cells = Array.from({ length: 8 }, (_, c) => `\x1b[${(row === 0 ? 30 : 90) + c}m colour ${row * 8 + c}`);
          this.#say(`${cells.join(" ")}${PLAIN}\r\n`);
        }
        break;
      default:
        this.#say(`bash: ${command}: command not found\r\n`);
    }
    this.#say(this.#prompt());
  }
}
