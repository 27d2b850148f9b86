/** What may be written as a public address, and as the address of a service that tells it. */

import type { PublicAddress } from "../../contract/PublicAddress";

/** Most addresses that are kept. */
export const MOST_ADDRESSES = 8;

/** What is wrong with what was typed. */
export type AddressFault = "empty" | "many" | "none" | "private" | "url" | "https" | "secret";

/** The choice that a text means, or what is wrong with it and where. */
export type Typed = { choice: PublicAddress } | { fault: AddressFault; at: string };

/** Addresses, one a line or between commas. */
export function addressesOf(text: string): Typed {
  const addresses = [...new Set(text.split(/[\s,]+/).filter((part) => part !== ""))];
  if (addresses.length === 0) {
    return { fault: "empty", at: "" };
  }
  if (addresses.length > MOST_ADDRESSES) {
    return { fault: "many", at: "" };
  }
  for (const address of addresses) {
    const kind = kindOf(address);
    if (kind !== "public") {
      return { fault: kind, at: address };
    }
  }
  return { choice: { kind: "manual", addresses } };
}

/** The address of a service that answers with the caller's address. */
export function echoOf(text: string): Typed {
  const typed = text.trim();
  if (typed === "") {
    return { fault: "empty", at: "" };
  }
  const url = parsed(typed);
  if (url === null || url.hostname === "") {
    return { fault: "url", at: typed };
  }
  if (url.protocol !== "https:") {
    return { fault: "https", at: typed };
  }
  // What is in a setting is no place for a password.
  return url.username !== "" || url.password !== ""
    ? { fault: "secret", at: "" }
    : { choice: { kind: "echo", url: url.href } };
}

function parsed(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}

/** Whether a text is an address, and one that the internet sees. */
function kindOf(text: string): "public" | "private" | "none" {
  const four = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (four !== undefined) {
    return four.some((part) => part > 255) ? "none" : isPrivateFour(four) ? "private" : "public";
  }
  if (!text.includes(":") || !/^[0-9a-f:.]+$/i.test(text)) {
    return "none";
  }
  // The parser of web addresses knows every way to write one.
  const six = parsed(`http://[${text}]/`)?.hostname;
  if (six === undefined) {
    return "none";
  }
  return /^\[(f[cd]|fe[89ab]|::1?\])/.test(six) ? "private" : "public";
}

function isPrivateFour([a = 0, b = 0]: readonly number[]): boolean {
  return (
    a === 0 ||
    a === 10 ||
    a === 127 ||
    a >= 224 ||
    (a === 100 && b >= 64 && b < 128) ||
    (a === 169 && b === 254) ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168)
  );
}
