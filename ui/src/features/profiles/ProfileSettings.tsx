import { Button } from "react-aria-components";

import type { ProfileInfo } from "../../contract/ProfileInfo";
import type { Scope } from "../../contract/Scope";
import { SettingsGroups, useSettings } from "../settings/SettingsGroups";
import { concerning } from "./concerning";
import { words } from "./words";

const say = words.form;

/** The settings of a profile, in the form that every place has them. They need a profile that is saved. */
export function ProfileSettings({ saved, onSave }: { saved: ProfileInfo | undefined; onSave: () => void }) {
  return saved === undefined ? (
    <div className="profile-form-first">
      <p className="quiet">{say.settingsFirst}</p>
      <Button className="button" data-testid="profile-form-settings-save" onPress={onSave}>
        {say.settingsSave}
      </Button>
    </div>
  ) : (
    <Own info={saved} />
  );
}

function Own({ info }: { info: ProfileInfo }) {
  const { target, action } = info.profile;
  const at: Scope = { kind: "profile", id: info.id, instance: target.kind === "instance" ? target.instance : null };
  const all = useSettings(at);
  const settings = all === null ? null : { ...all, specs: concerning(all.specs, action.kind) };
  const none = settings !== null && !settings.specs.some(({ key }) => settings.states.some((state) => state.key === key));
  return (
    <div className="settings profile-form-settings" data-testid="profile-settings">
      <p className="quiet">{none ? say.settingsNone : say.settingsSay}</p>
      <SettingsGroups at={at} text="" settings={settings} onFollow={null} />
    </div>
  );
}
