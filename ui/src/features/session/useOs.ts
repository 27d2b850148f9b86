/** The operating system of a session's VM: the inventory knows it, the session does not. */

import { useEffect, useState } from "react";

import type { InstanceRef } from "../../contract/InstanceRef";
import type { Os } from "../../contract/Os";
import { useBackend } from "../../platform/model";

/** Most VMs of the same name that are looked through. */
const LIMIT = 30;

/** The VM's operating system, once it is known; asked for only where it is wanted. */
export function useOs({ project, zone, name }: InstanceRef, wanted: boolean): Os {
  const backend = useBackend();
  const [os, setOs] = useState<Os>("unknown");
  useEffect(() => {
    if (!wanted) {
      return;
    }
    let current = true;
    backend.call("search", { text: name, limit: LIMIT }).then(
      (hits) => {
        const hit = hits.find(({ instance }) => instance.name === name && instance.zone === zone && instance.project === project);
        if (current && hit !== undefined) {
          setOs(hit.os);
        }
        return undefined;
      },
      // Without it there is one button less.
      () => undefined,
    );
    return () => {
      current = false;
    };
  }, [backend, project, zone, name, wanted]);
  return os;
}
