/**
 * The tree's rows as far as they are known here. Core holds the tree; this fetches the ranges on the
 * screen, keeps them by the tree's revision, and shows old rows until their successors have come.
 */

import type { InstanceRef } from "../../contract/InstanceRef";
import type { Os } from "../../contract/Os";
import type { TreeRow } from "../../contract/TreeRow";
import type { TreeWindow } from "../../contract/TreeWindow";

/** Rows fetched at once. */
export const CHUNK = 100;
/** Most ranges kept. */
const KEPT = 40;

export type Fetch = (offset: number, count: number) => Promise<TreeWindow>;

interface Chunk {
  rows: TreeRow[];
  revision: number;
}

export class TreeRows {
  #fetch: Fetch;
  #changed: () => void;
  #chunks = new Map<number, Chunk>();
  #asked = new Map<number, number>();
  #revision = 0;
  #total = 0;
  #range: [first: number, last: number] = [0, 0];

  constructor(fetch: Fetch, changed: () => void) {
    this.#fetch = fetch;
    this.#changed = changed;
  }

  get total(): number {
    return this.#total;
  }

  get revision(): number {
    return this.#revision;
  }

  /** The row, or `null` while it is still to come. */
  at(index: number): TreeRow | null {
    return this.#chunks.get(Math.floor(index / CHUNK))?.rows[index % CHUNK] ?? null;
  }

  /** Where a row is among those that are here. */
  indexOf(id: string): number | null {
    for (const [number, chunk] of this.#chunks) {
      const index = chunk.rows.findIndex((row) => row.id === id);
      if (index !== -1 && number * CHUNK + index < this.#total) {
        return number * CHUNK + index;
      }
    }
    return null;
  }

  /** Core says how the tree stands. What is on the screen is asked for again if it is older. */
  renew(revision: number, total: number): void {
    if (revision === this.#revision && total === this.#total) {
      return;
    }
    this.#revision = revision;
    this.#total = total;
    this.#ask();
    this.#changed();
  }

  /** These rows are on the screen. */
  show(first: number, last: number): void {
    this.#range = [first, last];
    this.#ask();
  }

  #ask(): void {
    const [first, last] = this.#range;
    const from = Math.floor(Math.max(0, first) / CHUNK);
    const to = Math.floor(Math.max(0, Math.min(last, this.#total - 1)) / CHUNK);
    if (this.#total === 0) {
      return;
    }
    for (let number = from; number <= to; number += 1) {
      const here = this.#chunks.get(number);
      if (here?.revision !== this.#revision && this.#asked.get(number) !== this.#revision) {
        void this.#fetchChunk(number);
      }
    }
  }

  async #fetchChunk(number: number): Promise<void> {
    const wanted = this.#revision;
    this.#asked.set(number, wanted);
    try {
      const window = await this.#fetch(number * CHUNK, CHUNK);
      if (window.revision >= this.#revision) {
        this.#revision = window.revision;
        this.#total = window.total;
      }
      const here = this.#chunks.get(number);
      if (here === undefined || window.revision >= here.revision) {
        this.#chunks.delete(number);
        this.#chunks.set(number, { rows: window.rows, revision: window.revision });
        this.#forget();
      }
      if (this.#asked.get(number) === wanted && window.revision >= wanted) {
        this.#asked.delete(number);
      }
    } catch {
      // The rows stay as they are and count as asked for: only the next change of the tree asks again.
    }
    this.#ask();
    this.#changed();
  }

  /** Lets go of what was fetched longest ago and is not on the screen. */
  #forget(): void {
    const [first, last] = this.#range;
    for (const number of this.#chunks.keys()) {
      if (this.#chunks.size <= KEPT) {
        return;
      }
      if ((number + 1) * CHUNK <= first || number * CHUNK > last) {
        this.#chunks.delete(number);
      }
    }
  }
}

/** The VM of a row. */
export function vmOf({ instance, os }: Pick<TreeRow, "instance" | "os">): { instance: InstanceRef; os: Os } | null {
  return instance === null ? null : { instance, os: os ?? "unknown" };
}
