import { useEffect, useId, useState } from "react";

import type { TunnelTarget } from "../../contract/TunnelTarget";
import { useBackend } from "../../platform/model";
import type { Draft } from "./draft";
import { Field, type Fill } from "./fields";
import { localOf } from "./target";
import { words } from "./words";

const say = words.form;

/** Where the local end is to be. */
export function LocalField({
  draft,
  target,
  fill,
  fault,
}: {
  draft: Draft;
  /** Where it leads, as far as that is known. */
  target: TunnelTarget | null;
  fill: Fill;
  fault: string | null;
}) {
  const usual = useUsualLocal(target);
  const id = useId();
  const socket = draft.place === "socket";
  return (
    <Field label={say.local} htmlFor={id} fault={fault} hint={socket ? null : say.localHint}>
      <div className="form-local" data-off={socket || undefined}>
        <span className="form-local-host mono" aria-hidden="true">
          {say.localHost}
        </span>
        <input
          id={id}
          className="field mono"
          data-testid="tunnel-form-local"
          inputMode="numeric"
          disabled={socket}
          placeholder={usual ?? say.localFree}
          aria-invalid={fault !== null}
          value={draft.localPort}
          onChange={({ target: { value } }) => fill({ localPort: value, place: value.trim() === "" ? "steady" : "port" })}
        />
      </div>
    </Field>
  );
}

/** The port that the target has without a choice; `null` until it is known. */
function useUsualLocal(target: TunnelTarget | null): string | null {
  const backend = useBackend();
  const key = target === null ? "" : JSON.stringify(target);
  const [found, setFound] = useState<{ key: string; port: string } | null>(null);
  useEffect(() => {
    if (key === "") {
      return;
    }
    let wanted = true;
    backend.call("tunnel_local", { target: JSON.parse(key) as TunnelTarget }).then(
      (local) => {
        const at = localOf(local);
        if (wanted && at.kind === "port") {
          setFound({ key, port: String(at.port) });
        }
        return undefined;
      },
      // The field then says that one is chosen.
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [backend, key]);
  return found?.key === key ? found.port : null;
}
