/** What the page of all sessions says. */
export const words = {
  title: "All sessions",
  search: "Search the sessions",
  nothing: "No session is open",
  nothingAdvice: "Connect to a VM, and it shows here.",
  noMatch: (text: string) => `No session matches “${text}”`,
  list: "Sessions",
  elsewhere: (window: string) => (window === "main" ? "In the main window" : `In ${window}`),
  close: "Close All sessions",
};
