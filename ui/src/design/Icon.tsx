/** Icons: lucide's at our size and stroke, and the plain marks of operating systems. */

import type { LucideIcon } from "lucide-react";

import type { Os } from "../contract/Os";
import { OS_WORDS } from "./words";

export type IconSize = "normal" | "small" | "tiny";

const TOKEN: Record<IconSize, string> = { normal: "--icon", small: "--icon-small", tiny: "--icon-tiny" };

export function Icon({ of: Glyph, size = "normal", className }: { of: LucideIcon; size?: IconSize; className?: string }) {
  return (
    <Glyph
      aria-hidden="true"
      style={{ width: `var(${TOKEN[size]})`, height: `var(${TOKEN[size]})`, strokeWidth: "var(--icon-stroke)" }}
      {...(className === undefined ? {} : { className })}
    />
  );
}

/** The system of a VM: a prompt, a window, or neither. */
export function OsIcon({ os, size = "small" }: { os: Os; size?: IconSize }) {
  return (
    <svg
      role="img"
      aria-label={OS_WORDS[os]}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeLinecap="round"
      strokeLinejoin="round"
      style={{ width: `var(${TOKEN[size]})`, height: `var(${TOKEN[size]})`, strokeWidth: "1.4" }}
    >
      {os === "linux" && <path d="m2 3.5 4.5 4.25L2 12M8.5 12.5H14" />}
      {os === "windows" && <path d="M2 4.2 7 3.5v4.1H2zM9 3.2l5-.7v5.1H9zM2 8.9h5V13l-5-.7zM9 8.9h5V14l-5-.7z" />}
      {os === "unknown" && <path d="M3.5 2.5h9a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1ZM5 10.5h2" />}
    </svg>
  );
}
