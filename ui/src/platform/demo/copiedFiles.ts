/** Files that were copied on a desktop: they come a little at a time. */

import type { CopiedFiles } from "../../contract/CopiedFiles";
import type { FilesAction } from "../../contract/FilesAction";
import type { SessionInfo } from "../../contract/SessionInfo";

/** How often some of them have come, in milliseconds. */
const TICK = 200;
/** How much of them, in percent. */
const STEP = 4;

export class DemoFiles {
  #find: (id: string) => SessionInfo | undefined;
  #update: (id: string, change: Partial<SessionInfo>) => void;
  #timers = new Map<string, ReturnType<typeof setInterval>>();

  constructor(find: (id: string) => SessionInfo | undefined, update: (id: string, change: Partial<SessionInfo>) => void) {
    this.#find = find;
    this.#update = update;
  }

  act(id: string, action: FilesAction): void {
    this.#stop(id);
    if (action === "cancel") {
      this.#set(id, { kind: "offered", number: 1 });
      return;
    }
    let percent = 0;
    this.#set(id, { kind: "saving", percent });
    this.#timers.set(
      id,
      setInterval(() => {
        percent += STEP;
        if (percent < 100) {
          this.#set(id, { kind: "saving", percent });
          return;
        }
        this.#stop(id);
        this.#set(id, { kind: "offered", number: 1 });
        const notes = this.#find(id)?.notes.filter(({ kind }) => kind !== "filesSaved") ?? [];
        this.#update(id, { notes: [...notes, { kind: "filesSaved", text: "report.pdf and 2 more are saved in /home/ana/Downloads." }] });
      }, TICK),
    );
  }

  #stop(id: string): void {
    clearInterval(this.#timers.get(id));
    this.#timers.delete(id);
  }

  #set(id: string, files: CopiedFiles): void {
    const desktop = this.#find(id)?.desktop;
    if (desktop !== undefined && desktop !== null) {
      this.#update(id, { desktop: { ...desktop, files } });
    }
  }
}
