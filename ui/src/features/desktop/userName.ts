/** Names of Windows users that an agent can make. */

/** Most characters of one. */
export const LONGEST = 20;

export type NameFault = "empty" | "long" | "vm" | "characters";

/** What is wrong with a name, or `null`. */
export function nameFault(name: string, vm: string): NameFault | null {
  if (name === "") {
    return "empty";
  }
  // In the units that Windows counts in.
  if (name.length > LONGEST) {
    return "long";
  }
  if (name.toLowerCase() === vm.toLowerCase()) {
    return "vm";
  }
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return /["/\\[\]:;|=,+*?<>@\u0000-\u001f]/.test(name) || /^[. ]+$|\.$/.test(name) ? "characters" : null;
}

/** The user's own name in `DOMAIN\NAME` and `NAME@DOMAIN`: an agent makes users without a domain. */
export function withoutDomain(name: string): string {
  const own = name.slice(name.lastIndexOf("\\") + 1);
  const at = own.indexOf("@");
  return at === -1 ? own : own.slice(0, at);
}
