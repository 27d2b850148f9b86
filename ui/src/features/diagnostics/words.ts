/** What diagnostics say. */
export const words = {
  title: "Diagnostics",
  lead: "What helps when you ask for help. Nothing is sent: what you copy is exactly what you see.",
  names: "Show what VMs, projects and people are called",
  text: "Diagnostics, as they are copied",
  gathering: "Gathering",
  failed: "They could not be gathered.",
  again: "Try again",
  copy: "Copy",
  copied: "Copied",
  close: "Close",
  open: "Diagnostics…",
};
