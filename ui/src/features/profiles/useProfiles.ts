import { useEffect, useState } from "react";

import type { Failure } from "../../contract/Failure";
import type { ProfileList } from "../../contract/ProfileList";
import { asFailure } from "../../platform/ipc";
import { useAppState, useModel } from "../../platform/model";

/** The profiles as they were told last, and why they could not be told since. */
export interface Profiles {
  list: ProfileList | null;
  failure: Failure | null;
}

/** The profiles, kept up with their changes. */
export function useProfiles(): Profiles {
  const model = useModel();
  const revision = useAppState((state) => state.profilesRevision);
  const [profiles, setProfiles] = useState<Profiles>({ list: null, failure: null });
  useEffect(() => {
    let wanted = true;
    const set = (to: (before: Profiles) => Profiles) => {
      if (wanted) {
        setProfiles(to);
      }
    };
    model.profiles().then(
      (list) => set((before) => ({ list: withKept(before.list, list), failure: null })),
      (error: unknown) => set((before) => ({ ...before, failure: asFailure(error) })),
    );
    return () => {
      wanted = false;
    };
  }, [model, revision]);
  return profiles;
}

/** The list with those of before that are the same, so that only the rows of others are drawn again. */
export function withKept(before: ProfileList | null, list: ProfileList): ProfileList {
  const known = new Map(before?.profiles.map((info) => [info.id, info]));
  return {
    ...list,
    profiles: list.profiles.map((info) => {
      const kept = known.get(info.id);
      return kept !== undefined && JSON.stringify(kept) === JSON.stringify(info) ? kept : info;
    }),
  };
}
