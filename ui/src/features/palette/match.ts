/** What a typed text means. */

/** Whether every word of the text begins a word of the label. */
export function matches(label: string, text: string): boolean {
  const labelWords = label.toLowerCase().split(/\s+/);
  return text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "")
    .every((word) => labelWords.some((known) => known.startsWith(word)));
}

/** A VM and a port of it: `web-1:5432`; the port is `null` while it is not typed yet. */
export interface Forward {
  vm: string;
  port: number | null;
}

/** The forward that a text means, or `null` where it means none. */
export function forwardOf(text: string): Forward | null {
  const found = /^\s*([^\s:]*)\s*:\s*(\d{0,5})\s*$/.exec(text);
  if (found === null || (found[1] === "" && found[2] === "")) {
    return null;
  }
  const port = Number(found[2]);
  return port > 65_535 ? null : { vm: found[1] ?? "", port: port === 0 ? null : port };
}

/** What is to be done with a VM beside the usual: its name comes after a word. */
export type Way = "ssh" | "rdp" | "password";

/** What `ssh web-1`, `rdp web-1` and `password web-1` ask for; `null` where the text asks for none of them. */
export function wayOf(text: string): { way: Way; vm: string } | null {
  const found = /^\s*(ssh|rdp|desktop|password)\s+(\S*)\s*$/i.exec(text);
  const word = found?.[1]?.toLowerCase();
  if (word === undefined) {
    return null;
  }
  return { way: word === "ssh" ? "ssh" : word === "password" ? "password" : "rdp", vm: found?.[2] ?? "" };
}
