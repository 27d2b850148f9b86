import { Eye, EyeOff, TriangleAlert } from "lucide-react";
import { useId, useRef, useState } from "react";
import { Button } from "react-aria-components";

import type { Failure } from "../../contract/Failure";
import type { Question } from "../../contract/Question";
import type { SessionAnswer } from "../../contract/SessionAnswer";
import type { SessionInfo } from "../../contract/SessionInfo";
import { Icon } from "../../design/Icon";
import { StateMark } from "../../design/StateMark";
import { NewPassword } from "../desktop/NewPassword";
import { HelpLink, TopicLink } from "../help/HelpLink";
import { Tick } from "../tunnels/fields";
import { Where } from "./Where";
import { stateWord, words } from "./words";

/**
 * Who signs in to the desktop. The password stays in its field, goes to core once, and the field is emptied with it:
 * it never becomes part of the page's state.
 */
export function Credentials({
  session,
  question,
  onAnswer,
  onCancel,
}: {
  session: SessionInfo;
  question: Extract<Question, { kind: "credentials" }>;
  onAnswer: (answer: SessionAnswer) => void;
  onCancel: () => void;
}) {
  const vm = session.instance.name;
  const [part, setPart] = useState<"sign in" | "new password">("sign in");
  const [name, setName] = useState(question.user);
  const [remember, setRemember] = useState(false);
  return (
    <div className="page">
      <div className="page-column">
        <Where session={session}>
          <span className="chip info">
            <StateMark mark="ask" />
            {stateWord(session.state)}
          </span>
        </Where>
        {part === "sign in" ? (
          <SignInForm
            vm={vm}
            question={question}
            name={name}
            remember={remember}
            onRemember={setRemember}
            onAnswer={onAnswer}
            onCancel={onCancel}
            onNewPassword={(typed) => {
              setName(typed);
              setPart("new password");
            }}
          />
        ) : (
          <>
            <h1 className="page-title">{words.newPasswordTitle(vm)}</h1>
            <p className="page-advice">
              {words.newPasswordLead} <TopicLink topic="windowsPassword" />
            </p>
            <NewPassword
              vm={vm}
              user={name}
              canRemember={question.canRemember}
              submit={words.newPasswordSubmit}
              back={words.back}
              busy={false}
              onBack={() => setPart("sign in")}
              onSubmit={(wish) => onAnswer({ kind: "setPassword", ...wish })}
            />
          </>
        )}
      </div>
    </div>
  );
}

function SignInForm({
  vm,
  question,
  name,
  remember,
  onRemember,
  onAnswer,
  onCancel,
  onNewPassword,
}: {
  vm: string;
  question: Extract<Question, { kind: "credentials" }>;
  name: string;
  remember: boolean;
  onRemember: (remember: boolean) => void;
  onAnswer: (answer: SessionAnswer) => void;
  onCancel: () => void;
  onNewPassword: (typed: string) => void;
}) {
  const user = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const [shown, setShown] = useState(false);
  const [fault, setFault] = useState(false);
  const id = useId();
  const send = () => {
    const [typedUser, typedPassword] = [user.current?.value.trim() ?? "", password.current?.value ?? ""];
    if (typedUser === "" && !question.canBeEmpty) {
      setFault(true);
      user.current?.focus();
      return;
    }
    if (password.current !== null) {
      password.current.value = "";
    }
    onAnswer({ kind: "credentials", user: typedUser, password: typedPassword, remember });
  };
  return (
    <form
      autoComplete="off"
      data-testid="credentials"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <h1 className="page-title">{words.credentialsTitle(vm)}</h1>
      {question.canBeEmpty && <p className="page-advice">{words.credentialsEmpty}</p>}
      {question.refused !== null && <Refused failure={question.refused} />}
      <div className="prompts">
        <div className="prompt">
          <label htmlFor={`${id}-user`}>{words.user}</label>
          <input
            ref={user}
            id={`${id}-user`}
            className="field"
            data-testid="credentials-user"
            type="text"
            defaultValue={name}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            maxLength={256}
            autoFocus={name === ""}
            aria-invalid={fault}
            aria-describedby={`${id}-hint`}
            onChange={() => setFault(false)}
          />
          <p className={fault ? "field-fault" : "field-hint"} id={`${id}-hint`} role={fault ? "alert" : undefined}>
            {fault ? words.userNeeded : words.userHint}
          </p>
        </div>
        <div className="prompt">
          <label htmlFor={`${id}-password`}>{words.password}</label>
          <div className="password">
            <input
              ref={password}
              id={`${id}-password`}
              className="field"
              data-testid="credentials-password"
              type={shown ? "text" : "password"}
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              maxLength={512}
              autoFocus={name !== ""}
            />
            <button
              type="button"
              className="icon-button"
              aria-label={shown ? words.passwordHide : words.passwordShow}
              title={shown ? words.passwordHide : words.passwordShow}
              aria-pressed={shown}
              onClick={() => setShown(!shown)}
            >
              <Icon of={shown ? EyeOff : Eye} size="small" />
            </button>
          </div>
        </div>
        {question.canRemember && <Tick title={words.remember} value={remember} testId="credentials-remember" onChange={onRemember} />}
      </div>
      <div className="page-actions">
        <Button type="submit" className="button primary" data-testid="credentials-submit">
          {words.connect}
        </Button>
        {question.canSetPassword && (
          <Button className="button" data-testid="new-password" onPress={() => onNewPassword(user.current?.value.trim() ?? "")}>
            {words.newPassword}
          </Button>
        )}
        <Button className="button" onPress={onCancel}>
          {words.cancel}
        </Button>
        <TopicLink topic="password" />
      </div>
    </form>
  );
}

/** What became of the last answer. */
function Refused({ failure }: { failure: Failure }) {
  return (
    <div className="caution" role="alert" data-testid="credentials-refused">
      <Icon of={TriangleAlert} size="small" />
      <span>
        <strong>{failure.title}.</strong> {failure.advice} <HelpLink code={failure.code} />
        {failure.server !== null && (
          <span className="caution-server mono selectable">
            {[failure.server.code, failure.server.text].filter((part) => part !== "").join("  ")}
          </span>
        )}
      </span>
    </div>
  );
}
