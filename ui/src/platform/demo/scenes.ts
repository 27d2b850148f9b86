/** The states a picture can be taken of. */

import type { Desk } from "../../contract/Desk";
import type { DeskLeft } from "../../contract/DeskLeft";
import type { Failure } from "../../contract/Failure";
import type { SessionInfo } from "../../contract/SessionInfo";
import type { SessionState } from "../../contract/SessionState";
import type { Want } from "../../contract/Want";
import type { SignInState } from "../../contract/SignInState";
import { type DesktopFailure, desktopFailures, desktopScene } from "./desktopScenes";

/** A failure of each kind that a tab shows. */
export const failures: Record<
  "stopped" | "denied" | "hostkey" | "unreachable" | "closed" | "lost" | "signin" | "settings" | DesktopFailure,
  Failure
> = {
  ...desktopFailures,
  settings: {
    code: "file",
    title: "The settings file could not be understood",
    advice: "Adit began with the usual settings and kept the file beside them.",
    facts: [{ label: "File", value: "/home/ana/.config/adit/settings.json.old" }],
    actions: [],
    server: null,
  },
  stopped: {
    code: "vmStopped",
    title: "web-3 is stopped",
    advice: "Start it and connect? It takes about half a minute, and Google charges for it while it runs.",
    facts: [],
    actions: ["startAndConnect", "tryAgain"],
    server: null,
  },
  denied: {
    code: "notAuthorized",
    title: "IAP does not let you into billing-db-7",
    advice:
      "Your account needs the role IAP-secured Tunnel User on this VM or its project, and whatever conditions come with it. Ask your administrator, then try again.",
    facts: [
      { label: "Account", value: "ana@acme.example" },
      { label: "VM", value: "acme-prod/europe-west1-b/billing-db-7" },
      { label: "Port", value: "22 on nic0" },
      { label: "Permission", value: "iap.tunnelInstances.accessViaIAP" },
    ],
    actions: ["tryAgain"],
    server: { code: "4033", text: "not authorized" },
  },
  hostkey: {
    code: "hostKeyChanged",
    title: "web-1 shows another host key than before",
    advice:
      "Either the VM was set up anew, or something between you and it pretends to be it. Replace the key only if you know why it changed.",
    facts: [
      { label: "Pinned host key", value: "SHA256:9mW2n7Yh1VJ0oQm3JxkqgVdY0y0m8cXlq9r6cT4dT0E" },
      { label: "Presented host key", value: "SHA256:Q0r5tZk3l1Cq1kY8Zb2nH7u9s4fQe6vX2wG5pJ8mN1o" },
      { label: "Algorithm", value: "ssh-ed25519" },
    ],
    actions: ["tryAgain", "replaceHostKey"],
    server: null,
  },
  unreachable: {
    code: "relayUnreachable",
    title: "The relay does not answer",
    advice: "Check the network of this computer, and whether a proxy or firewall lets tunnel.cloudproxy.app through.",
    facts: [{ label: "Relay", value: "tunnel.cloudproxy.app:443" }],
    actions: ["tryAgain"],
    server: { code: "", text: "tcp connect error: Connection timed out (os error 110)" },
  },
  closed: {
    code: "backendUnreachable",
    title: "Nothing answers on port 22 of web-1",
    advice: "Its SSH server may not run, or its firewall may not let 35.235.240.0/20 through.",
    facts: [],
    actions: ["tryAgain"],
    server: { code: "4003", text: "failed to connect to backend" },
  },
  lost: {
    code: "connectionLost",
    title: "The connection to web-1 was lost",
    advice: "The relay no longer knows this connection, so it could not be resumed. What runs in tmux or screen is still there.",
    facts: [],
    actions: ["tryAgain"],
    server: { code: "4001", text: "session expired" },
  },
  signin: {
    code: "signInNeeded",
    title: "Google wants you to sign in again",
    advice: "Your organisation ends sessions after a while. Sign in, and this tab goes on by itself.",
    facts: [],
    actions: ["signIn"],
    server: null,
  },
};

/** One session in a state. */
export function session(id: string, name: string, state: SessionState, extra?: Partial<SessionInfo>): SessionInfo {
  return {
    id,
    protocol: "ssh",
    desktop: null,
    instance: { project: "acme-prod", zone: "europe-west1-b", name },
    window: "main",
    name: null,
    colour: "none",
    user: "ana_acme_example",
    state,
    notes: [],
    attempt: 1,
    profile: null,
    ...extra,
  };
}

/** A window as the run before left it: two groups of tabs. */
export function sceneDesk(left: DeskLeft): Desk {
  const instance = (name: string) => ({ project: "acme-prod", zone: "europe-west1-b", name });
  const group = (id: string, views: string[]) => ({ type: "leaf", data: { views, activeView: views[0], id }, size: 500 });
  const panel = (id: string, title: string) => [id, { id, contentComponent: "session", tabComponent: "session", title, params: { id } }];
  return {
    left,
    dock: JSON.stringify({
      grid: { root: { type: "branch", data: [group("1", ["1", "2"]), group("2", ["3"])], size: 700 }, width: 1000, height: 700, orientation: "HORIZONTAL" },
      panels: Object.fromEntries([panel("1", "web-1"), panel("2", "db-7"), panel("3", "sql-win-2")]),
      activeGroup: "1",
    }),
    sessions: [
      { panel: "1", instance: instance("web-1"), protocol: "ssh", linked: {}, profile: null, name: "Primary", colour: "blue" },
      { panel: "2", instance: instance("db-7"), protocol: "ssh", linked: {}, profile: null, name: null, colour: "none" },
      { panel: "3", instance: instance("sql-win-2"), protocol: "rdp", linked: { "rdp.user": "ana", "rdp.port": 3390 }, profile: null, name: null, colour: "none" },
    ],
  };
}

/** The sessions of a scene. The last one is in front. */
export function sceneSessions(scene: string, now: number): SessionInfo[] {
  const others = [
    session("s-a", "bastion-eu", { kind: "live" }),
    session("s-b", "billing-db-7", { kind: "failed", failure: failures.denied, wasLive: false }),
  ];
  const one = (name: string, state: SessionState, extra?: Partial<SessionInfo>) => [
    ...others.filter((other) => other.instance.name !== name),
    session("s-1", name, state, extra),
  ];
  switch (scene) {
    case "terminal":
    case "split":
      return one("web-1", { kind: "live" });
    case "notes":
      return one(
        "web-1",
        { kind: "live" },
        {
          notes: [
            {
              kind: "rootKey",
              text: "Adit published a key for ana_acme_example to this VM's metadata. Whoever has a key there is root on it. It expires tomorrow at 14:32.",
            },
            { kind: "hostKey", text: "The host key matches the one the VM announced." },
          ],
        },
      );
    case "connecting":
      return one("web-1", { kind: "connecting", step: "openTunnel", text: "Opening a tunnel to web-1", since: now - 3200 });
    case "waiting":
      return one("web-3", { kind: "connecting", step: "waitForVm", text: "Waiting for web-3 to answer", since: now - 21_000 });
    case "hostkey":
      return one("web-1", {
        kind: "asking",
        question: {
          kind: "newHostKey",
          algorithm: "ssh-ed25519",
          fingerprint: "SHA256:9mW2n7Yh1VJ0oQm3JxkqgVdY0y0m8cXlq9r6cT4dT0E",
        },
      });
    case "secondfactor":
      return one("web-1", {
        kind: "asking",
        question: {
          kind: "secondFactor",
          title: "Two-step verification",
          instruction: "Open the authenticator app on your phone and enter the code it shows for acme.example.",
          prompts: [{ text: "Verification code:", echo: false }],
        },
      });
    case "resuming":
      return one("web-1", {
        kind: "resuming",
        text: "The relay closed the connection",
        attempt: 3,
        nextAt: now + 7400,
      });
    case "ended":
      return one("web-1", { kind: "ended", end: { kind: "exit", status: 0 } });
    case "stopped":
    case "denied":
    case "hostkey-changed":
    case "unreachable":
    case "signin-needed": {
      const [name, failure] = {
        stopped: ["web-3", failures.stopped] as const,
        denied: ["billing-db-7", failures.denied] as const,
        "hostkey-changed": ["web-1", failures.hostkey] as const,
        unreachable: ["web-1", failures.unreachable] as const,
        "signin-needed": ["web-1", failures.signin] as const,
      }[scene];
      return one(name, { kind: "failed", failure, wasLive: false });
    }
    case "profiles":
      return one("bastion-eu", { kind: "live" }, { profile: "p-4" });
    case "explain-perimeter":
    case "explain-api-off":
      return one("web-1", { kind: "failed", failure: { ...failures.unreachable, code: "permissionDenied", title: "web-1 could not be read", advice: "" }, wasLive: false });
    case "explain-firewall":
    case "explain-listens":
    case "explain-stopped":
      return one("web-1", { kind: "failed", failure: failures.closed, wasLive: false });
    case "explain-suspect":
      return one("report-runner-with-a-name-of-exactly-sixty-three-characters-01x", { kind: "failed", failure: failures.denied, wasLive: false });
    case "lost":
      return one("web-1", { kind: "failed", failure: failures.lost, wasLive: true });
    default:
      if (scene.startsWith("desktop")) {
        const [name, state, extra] = desktopScene(scene, now);
        return one(name, state, extra);
      }
      return scene.startsWith("explain-") ? one("billing-db-7", { kind: "failed", failure: failures.denied, wasLive: false }) : [];
  }
}

/** The sign-in of a scene. */
export function sceneSignIn(scene: string): SignInState {
  const url =
    "https://accounts.google.com/o/oauth2/v2/auth?client_id=1093-adit.apps.googleusercontent.com&response_type=code&code_challenge_method=S256&redirect_uri=http%3A%2F%2F127.0.0.1%3A41923%2Fk3J";
  switch (scene) {
    case "signin-waiting":
      return { kind: "waitingForBrowser", url, browserFailed: false };
    case "signin-nobrowser":
      return { kind: "waitingForBrowser", url, browserFailed: true };
    case "signin-exchanging":
      return { kind: "exchanging" };
    case "signin-failed":
      return {
        kind: "failed",
        failure: {
          code: "permissionDenied",
          title: "Google did not grant what Adit asked for",
          advice: "Sign in again and leave every box ticked: Adit lists your VMs and opens tunnels with it.",
          facts: [],
          actions: ["tryAgain"],
          server: { code: "access_denied", text: "The user denied the request" },
        },
      };
    default:
      return { kind: "idle" };
  }
}

/** What the window is asked to do at its start: `?want=close`, `quit` or `offer`. */
export function sceneWants(which: string | null): Want[] {
  switch (which) {
    case "close":
      return [{ kind: "close", question: "firstTime", sessions: 2, tunnels: 1 }];
    case "quit":
      return [{ kind: "close", question: "quit", sessions: 2, tunnels: 1 }];
    case "offer":
      return [
        {
          kind: "offer",
          offer: {
            action: "rdp",
            instance: { project: "acme-prod", zone: "europe-west1-b", name: "web-1" },
            port: null,
            parameters: { "rdp.clipboard": "text", "rdp.port": 3390, "rdp.user": "ACME\\ana" },
            says: ["Clipboard: Text", "Port: 3390", "User: ACME\\ana"],
            shares: ["Text on your clipboard", "Your loudspeaker, for its sound"],
            ignored: ["ColorDepth"],
          },
        },
      ];
    default:
      return [];
  }
}
