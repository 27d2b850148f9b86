import type { Environment } from "../../contract/Environment";
import type { SessionInfo } from "../../contract/SessionInfo";
import { useSettingsAt } from "../../platform/model";
import { KEY } from "./keys";
import { ENVIRONMENTS } from "./words";

/** What a session's VM is used for, as the settings say: those of its profile, or of the VM where it has none any more. */
export function useEnvironment({ instance, profile }: Pick<SessionInfo, "instance" | "profile">): Environment {
  const ofVm = useSettingsAt({ kind: "vm", instance });
  const ofProfile = useSettingsAt(profile === null ? null : { kind: "profile", id: profile, instance });
  const value = (ofProfile ?? ofVm)?.find((state) => state.key === KEY.environment)?.value;
  return typeof value === "string" && value in ENVIRONMENTS ? (value as Environment) : "none";
}
