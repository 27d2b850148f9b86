import type { ProfileAction } from "../../contract/ProfileAction";
import type { SettingSpec } from "../../contract/SettingSpec";

/** The first part of the keys that only one kind of profile has a use for. */
const ONLY: Readonly<Record<string, ProfileAction["kind"]>> = { rdp: "rdp", terminal: "ssh", ssh: "ssh" };

/** The settings that have an effect on what a profile opens. */
export function concerning(specs: readonly SettingSpec[], action: ProfileAction["kind"]): SettingSpec[] {
  return specs.filter(({ key }) => {
    const only = ONLY[key.split(".", 1)[0] ?? ""];
    return only === undefined || only === action;
  });
}
