/** The demo: the way there, and the way back. */

import { FlaskConical, LogOut } from "lucide-react";
import { Button, Dialog, DialogTrigger, Popover } from "react-aria-components";

import { Icon } from "../../design/Icon";
import { Spinner } from "../../design/parts";
import { remarkFailure } from "../../design/toast";
import { useAppState, useBackend } from "../../platform/model";
import { words } from "./words";

const say = words.demo;

/** The card that offers it. */
export function DemoCard({ rank, onStart }: { rank: "primary" | "second"; onStart: () => void }) {
  return (
    <section className="signin-way" aria-label={say.title}>
      <h2 className="signin-way-title">{say.title}</h2>
      <p className="quiet">{say.lead}</p>
      <Button className={rank === "primary" ? "button primary large" : "button large"} data-testid="demo-start" onPress={onStart}>
        <Icon of={FlaskConical} />
        {say.start}
      </Button>
    </section>
  );
}

/** While its cloud comes up. */
export function DemoStarting({ onCancel }: { onCancel: () => void }) {
  return (
    <div className="signin-step" role="status" data-testid="demo-starting">
      <h1 className="signin-title">{say.starting}</h1>
      <p className="signin-lead">{say.startingHint}</p>
      <div className="signin-spinner">
        <Spinner />
      </div>
      <Button className="button plain" data-testid="demo-cancel" onPress={onCancel}>
        {words.cancel}
      </Button>
    </div>
  );
}

/** The way back. Nothing where this is not the demo. */
export function LeaveDemo() {
  const backend = useBackend();
  const demo = useAppState((state) => state.cloud.demo);
  if (demo !== "running") {
    return null;
  }
  return (
    <Button className="button plain" data-testid="demo-leave" onPress={() => void backend.call("demo_leave", {}).catch(remarkFailure)}>
      <Icon of={LogOut} size="small" />
      {say.leave}
    </Button>
  );
}

/** The mark in the bar: this is the demo. It leads back. */
export function DemoMark() {
  const demo = useAppState((state) => state.cloud.demo);
  if (demo !== "running") {
    return null;
  }
  return (
    <DialogTrigger>
      <Button className="demo-mark" data-testid="demo-mark" aria-label={say.markLabel}>
        <Icon of={FlaskConical} size="tiny" />
        {say.mark}
      </Button>
      <Popover className="menu-popover demo-popover" placement="bottom start">
        <Dialog className="demo-says" aria-label={say.title} data-testid="demo-says">
          <p className="demo-says-title">{say.here}</p>
          <p className="quiet">{say.hereHint}</p>
          <LeaveDemo />
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
