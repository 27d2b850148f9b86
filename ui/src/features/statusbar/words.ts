/** What the status bar says. */
export const words = {
  label: "Status",
  relay: "Relay",
  relayState: { idle: "Relay idle", connected: "Relay connected", resuming: "Relay resuming" },
  relayMs: (ms: number) => `${Math.round(ms)} ms`,
  relayHint: {
    measured: "How long the relay took to answer last",
    connected: "Connected; its answer was not timed yet",
    idle: "Nothing is connected",
  },
  sessions: (count: number) => (count === 1 ? "1 session" : `${count} sessions`),
  sessionsHint: "Go to the next session",
  tunnels: (on: number) => (on === 1 ? "1 tunnel" : `${on} tunnels`),
  tunnelsHint: "Show the tunnels",
  tunnelsCare: (care: number) => (care === 1 ? "1 tunnel needs a look" : `${care} tunnels need a look`),
  listing: (instances: number) => (instances === 0 ? "Listing" : `Listing, ${instances} VMs so far`),
  listed: (when: string) => `List ${when}`,
  listedHint: (exact: string) => `Listed at ${exact}. Refresh`,
  never: "Not listed yet",
  problems: (count: number) => (count === 1 ? "1 project not listed" : `${count} places not listed`),
  keychain: { locked: "Keychain locked", absent: "No keychain", timedOut: "Keychain does not answer" },
  keychainHint: "Your sign-in is kept in memory and ends when Adit quits",
};
