/** What the help says around its topics. */
export const words = {
  title: "Help",
  close: "Close Help",
  closeShort: "Close",
  copyServer: "Copy what the server said",
  help: "Help",
  helpOn: (title: string) => `Help: ${title}`,
  topics: "Topics",
  chapters: { reaching: "Reaching a VM", signingIn: "Signing in", here: "On this computer", more: "Good to know" },
  check: "What to check",
  ask: "Whom to ask",
};
