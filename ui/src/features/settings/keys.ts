/** The settings that the window itself reads or changes, by their keys. All others are only shown as they are declared. */
export const KEY = {
  theme: "appearance.theme",
  environment: "appearance.environment",
  fontSize: "terminal.fontSize",
  confirmPaste: "terminal.confirmPaste",
  projects: "explorer.projects",
} as const;
