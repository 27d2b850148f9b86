import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";

import type { Question } from "../../contract/Question";
import type { SessionAnswer } from "../../contract/SessionAnswer";
import type { SessionState } from "../../contract/SessionState";
import { demoBackend } from "../../platform/demo/demo";
import { sceneAsking, sceneDesktop } from "../../platform/demo/desktopScenes";
import { session } from "../../platform/demo/scenes";
import { Model, ModelContext } from "../../platform/model";
import { CertificateQuestion } from "./CertificateQuestion";
import { Credentials } from "./Credentials";

afterEach(cleanup);

function asked<K extends Question["kind"]>(state: SessionState, kind: K): Extract<Question, { kind: K }> {
  if (state.kind !== "asking" || state.question.kind !== kind) {
    throw new Error(kind);
  }
  return state.question as Extract<Question, { kind: K }>;
}

function show(body: (answers: SessionAnswer[]) => React.ReactNode) {
  const answers: SessionAnswer[] = [];
  render(<ModelContext value={new Model(demoBackend(new URLSearchParams()))}>{body(answers)}</ModelContext>);
  return answers;
}

const vm = (state: SessionState) => session("s-1", "sql-win-2", state, { protocol: "rdp", desktop: sceneDesktop() });

function credentials(state: SessionState) {
  return show((answers) => (
    <Credentials session={vm(state)} question={asked(state, "credentials")} onAnswer={(answer) => answers.push(answer)} onCancel={() => {}} />
  ));
}

const field = (id: string) => screen.getByTestId<HTMLInputElement>(id);

describe("credentials", () => {
  it("go to core once, and the password leaves its field", () => {
    const answers = credentials(sceneAsking("credentials"));
    expect(document.activeElement).toBe(field("credentials-user"));
    fireEvent.change(field("credentials-user"), { target: { value: " ACME\\ana " } });
    fireEvent.change(field("credentials-password"), { target: { value: "pa ss " } });
    fireEvent.submit(screen.getByTestId("credentials"));
    expect(answers).toEqual([{ kind: "credentials", user: "ACME\\ana", password: "pa ss ", remember: false }]);
    expect(field("credentials-password").value).toBe("");
  });

  it("need a name, unless the desktop asks itself", () => {
    const answers = credentials(sceneAsking("credentials"));
    fireEvent.submit(screen.getByTestId("credentials"));
    expect(answers).toEqual([]);
    expect(field("credentials-user").getAttribute("aria-invalid")).toBe("true");
    cleanup();
    const empty = credentials(sceneAsking("credentials-empty"));
    expect(screen.queryByTestId("new-password")).toBeNull();
    fireEvent.submit(screen.getByTestId("credentials"));
    expect(empty).toEqual([{ kind: "credentials", user: "", password: "", remember: false }]);
  });

  it("asked for again say why, and begin with the password", () => {
    credentials(sceneAsking("credentials-refused", "ana"));
    expect(screen.getByRole("alert").textContent).toContain("does not take this name and password");
    expect(field("credentials-user").value).toBe("ana");
    expect(document.activeElement).toBe(field("credentials-password"));
  });

  it("can be a password that is set now, for a name without its domain", () => {
    const answers = credentials(sceneAsking("credentials-refused", "ACME\\ana"));
    fireEvent.click(screen.getByTestId("new-password"));
    expect(field("new-password-user").value).toBe("ana");
    fireEvent.change(field("new-password-user"), { target: { value: "sql-win-2" } });
    fireEvent.submit(screen.getByTestId("new-password-form"));
    expect(answers).toEqual([]);
    fireEvent.change(field("new-password-user"), { target: { value: "ana" } });
    fireEvent.submit(screen.getByTestId("new-password-form"));
    expect(answers).toEqual([{ kind: "setPassword", user: "ana", administrator: true, remember: false }]);
  });
});

describe("a new certificate", () => {
  const certificate = (state: SessionState) =>
    show((answers) => (
      <CertificateQuestion session={vm(state)} question={asked(state, "newCertificate")} onAnswer={(answer) => answers.push(answer)} />
    ));

  it("is trusted for good, once, or not", () => {
    const answers = certificate(sceneAsking("certificate"));
    for (const id of ["trust-certificate", "trust-certificate-once", "reject-certificate"]) {
      fireEvent.click(screen.getByTestId(id));
    }
    expect(answers).toEqual([
      { kind: "trustCertificate", pin: true },
      { kind: "trustCertificate", pin: false },
      { kind: "rejectCertificate" },
    ]);
  });

  it("that a password goes to is not trusted only once", () => {
    certificate(sceneAsking("certificate-exposes"));
    expect(screen.queryByTestId("trust-certificate-once")).toBeNull();
    expect(screen.getByTestId("certificate-exposes")).toBeDefined();
  });
});
