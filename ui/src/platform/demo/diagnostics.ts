/** Diagnostics as core tells them. */

import type { DiagnosticNames } from "../../contract/DiagnosticNames";

const HEAD = `Adit         0.1.0
System       Debian GNU/Linux 12 (bookworm), x86_64
Desktop      GNOME, wayland
Web view     2.50.6
Cloud        Google's
Keychain     in use
Accounts     1 by browser
Inventory    12 projects, 0 left out, 214 VMs
             not listed: 1 PermissionDenied
Sessions     1 RDP failed (PasswordRefused), 2 SSH live
Tunnels      1 live, 3 stopped
Environment  HTTPS_PROXY set
Settings     appearance.theme = dark (everywhere)
             explorer.projects has 12 (everywhere)
             rdp.user is set (3 of VMs)
`;

const LINES = Array.from(
  { length: 40 },
  (_, at) => `2026-11-29T13:${String(at + 10).padStart(2, "0")}:07.118Z  INFO adit_tunnel::driver: resumed vm="web-1" attempt=${(at % 3) + 1}`,
).join("\n");

export function sceneDiagnostics(names: DiagnosticNames): string {
  const text = `${HEAD}\nLog, the last lines\n${LINES}\n`;
  return names === "shown" ? text : text.replaceAll("web-1", "<vm-4>");
}
