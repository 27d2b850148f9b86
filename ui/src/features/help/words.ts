/** What the help says around its topics. */
export const words = {
  title: "Help",
  close: "Close Help",
  help: "Help",
  helpOn: (title: string) => `Help: ${title}`,
  topics: "Topics",
  chapters: { connecting: "Reaching a VM", signingIn: "Signing in", here: "On this computer", more: "Good to know" },
  check: "What to check",
  ask: "Whom to ask",
};
