/** The double of the shell, for a browser: a demo inventory, sessions in every state, a shell that echoes. */

import type { Backend } from "./backend";
import { demoBackend } from "./demo/demo";

/** The double; the address's parameters choose the scene (`?scene=terminal&theme=dark`). */
export function browserBackend(): Backend {
  return demoBackend(new URLSearchParams(window.location.search));
}
