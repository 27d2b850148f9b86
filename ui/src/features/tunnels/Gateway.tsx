import { ChevronRight, Check, KeyRound } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import { Button, Label, Radio, RadioGroup, Switch } from "react-aria-components";

import type { GatewayInfo } from "../../contract/GatewayInfo";
import type { GatewayLogin } from "../../contract/GatewayLogin";
import type { GatewaySettings } from "../../contract/GatewaySettings";
import { bytes } from "../../design/bytes";
import { Icon } from "../../design/Icon";
import { CopyButton } from "../../design/parts";
import { StateMark } from "../../design/StateMark";
import { remarkFailure } from "../../design/toast";
import { type AppState, useAppState, useBackend } from "../../platform/model";
import { FailureBox } from "../help/FailureBox";
import { TopicLink } from "../help/HelpLink";
import { Line } from "./Details";
import { portOf } from "./draft";
import { gatewayLines } from "./strings";
import { localOf } from "./target";
import { refusalWord, words } from "./words";

const say = words.gateway;
const LOGINS: readonly GatewayLogin[] = ["none", "password"];

/** A name that leads to a VM, of one that is in use if there is one. */
const exampleOf = (state: AppState): string => {
  const target = state.tunnels.find(({ spec }) => spec.target.kind === "instance")?.spec.target;
  const instance = target?.kind === "instance" ? target.instance : state.sessions[0]?.instance;
  return instance === undefined ? "web-1.europe-west1-b.my-project.adit" : `${instance.name}.${instance.zone}.${instance.project}.adit`;
};

/** The card of the listener for all VMs; folded while it is off. */
export function Gateway() {
  const backend = useBackend();
  const gateway = useAppState((state) => state.gateway);
  const on = gateway.state.kind === "on";
  const [open, setOpen] = useState(gateway.state.kind !== "off");
  const id = useId();
  const set = (change: Partial<GatewaySettings>) => {
    backend.call("gateway_set", { settings: { ...settingsOf(gateway), ...change } }).catch(remarkFailure);
  };
  return (
    <section className="tunnel-card gateway" data-testid="gateway" data-state={gateway.state.kind} aria-label={say.title}>
      <header className="tunnel-card-head">
        <button
          type="button"
          className="gateway-fold"
          aria-expanded={open}
          aria-controls={`${id}-body`}
          data-testid="gateway-fold"
          onClick={() => setOpen(!open)}
        >
          <span className="row-chevron" data-open={open}>
            <Icon of={ChevronRight} size="small" />
          </span>
          <span className="tunnel-card-title">{say.title}</span>
          <span className="quiet ellipsis">{say.kind}</span>
        </button>
        <span className="gateway-state" data-testid="gateway-state">
          <StateMark mark={on ? (gateway.connections > 0 ? "ok" : "ready") : gateway.state.kind === "failed" ? "danger" : "off"} />
          <span>{on ? say.on(gateway.connections) : gateway.state.kind === "failed" ? say.failed : say.off}</span>
        </span>
        <Switch
          className="gateway-switch"
          data-testid="gateway-switch"
          aria-label={say.switch}
          isSelected={on}
          onChange={(to) => {
            set({ on: to });
            setOpen(to);
          }}
        >
          <span className="switch-track" aria-hidden="true" />
        </Switch>
      </header>
      {open && <Body id={`${id}-body`} gateway={gateway} set={set} />}
    </section>
  );
}

/** What it is set to now: its place tells the port. */
function settingsOf({ state, local, login }: GatewayInfo): GatewaySettings {
  const at = localOf(local);
  return { on: state.kind === "on", port: at.kind === "port" ? at.port : 10_080, login };
}

function Body({ id, gateway, set }: { id: string; gateway: GatewayInfo; set: (change: Partial<GatewaySettings>) => void }) {
  const platform = useAppState((state) => state.platform);
  const example = useAppState(exampleOf);
  const refusal = refusalWord(gateway.refused, gateway.lastRefusal);
  const { state } = gateway;
  return (
    <div id={id}>
      {state.kind === "failed" && (
        <FailureBox failure={state.failure} tone="danger" role="alert">
          <Button className="button primary" onPress={() => set({ on: true })}>
            {words.tryAgain}
          </Button>
        </FailureBox>
      )}
      <dl className="tunnel-facts">
        <Line label={say.names}>
          <span className="selectable">
            <span className="mono">{say.pattern}</span> {say.namesSay} <TopicLink topic="gateway" />
          </span>
        </Line>
        <Line label={say.port}>
          <Port value={settingsOf(gateway).port} onChange={(port) => set({ port, on: state.kind !== "off" })} />
        </Line>
        <Line label={say.login}>
          <Login gateway={gateway} onChange={(login) => set({ login })} />
        </Line>
        {gatewayLines(gateway.local, gateway.user, example, platform).map(({ label, text }) => (
          <Line key={label} label={label} copy={text}>
            <span className="mono selectable">{text}</span>
            {label === "Browser" && <span className="tunnel-note">{say.browserHint}</span>}
          </Line>
        ))}
        {gateway.received + gateway.sent > 0 && (
          <Line label={words.traffic}>
            <span className="tabular">
              {words.received(bytes(gateway.received))} · {words.sent(bytes(gateway.sent))}
            </span>
          </Line>
        )}
        {refusal !== "" && (
          <Line label={say.refusals}>
            <span className="selectable">{refusal}</span>
          </Line>
        )}
      </dl>
    </div>
  );
}

/** The port; it is set with Enter, or when the field is left. */
function Port({ value, onChange }: { value: number; onChange: (port: number) => void }) {
  const [text, setText] = useState<string | null>(null);
  const wrong = text !== null && portOf(text) === null;
  const set = () => {
    const port = portOf(text ?? "");
    if (port !== null && port !== value) {
      onChange(port);
    }
    if (port !== null) {
      setText(null);
    }
  };
  return (
    <>
      <input
        className="field short tabular"
        data-testid="gateway-port"
        aria-label={say.port}
        aria-invalid={wrong}
        inputMode="numeric"
        value={text ?? String(value)}
        onChange={(event) => setText(event.target.value)}
        onBlur={set}
        onKeyDown={(event) => {
          if (event.key === "Enter") {
            set();
          } else if (event.key === "Escape" && text !== null) {
            event.stopPropagation();
            setText(null);
          }
        }}
      />
      {wrong && (
        <span className="field-fault" role="alert">
          {say.portFault}
        </span>
      )}
    </>
  );
}

function Login({ gateway, onChange }: { gateway: GatewayInfo; onChange: (login: GatewayLogin) => void }) {
  return (
    <div className="gateway-login">
      <RadioGroup
        className="gateway-logins"
        orientation="horizontal"
        value={gateway.login}
        onChange={(login) => onChange(login as GatewayLogin)}
      >
        <Label className="sr-only">{say.login}</Label>
        <div className="segments">
          {LOGINS.map((login) => (
            <Radio className="segment" key={login} value={login} data-testid={`gateway-login-${login}`}>
              {say.logins[login]}
            </Radio>
          ))}
        </div>
      </RadioGroup>
      {gateway.user !== null && (
        <span className="gateway-user">
          <span className="selectable">{say.user(gateway.user)}</span>
          <CopyButton text={gateway.user} label={words.copyOf(say.user(gateway.user))} />
        </span>
      )}
      {gateway.login === "password" && <CopyPassword />}
      <span className="tunnel-note">{say.loginSays[gateway.login]}</span>
    </div>
  );
}

/** The password goes from core to the clipboard: it is never here. */
function CopyPassword() {
  const backend = useBackend();
  const [copied, setCopied] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(() => () => clearTimeout(timer.current ?? undefined), []);
  return (
    <Button
      className="button"
      data-testid="gateway-copy-password"
      onPress={() => {
        backend.call("gateway_copy_password", {}).then(() => {
          setCopied(true);
          timer.current = setTimeout(() => setCopied(false), 1500);
          return undefined;
        }, remarkFailure);
      }}
    >
      <Icon of={copied ? Check : KeyRound} size="small" />
      {copied ? say.passwordCopied : say.copyPassword}
    </Button>
  );
}
