import { act, cleanup, render, screen, within } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";

import type { Event } from "../../contract/Event";
import type { Explanation } from "../../contract/Explanation";
import type { SessionInfo } from "../../contract/SessionInfo";
import { demoBackend } from "../../platform/demo/demo";
import { stories } from "../../platform/demo/explain/explain";
import { failures, session } from "../../platform/demo/scenes";
import { Model, ModelContext } from "../../platform/model";
import { SessionExplained } from "./SessionExplained";

afterEach(cleanup);

const vm = session("s-1", "billing-db-7", { kind: "failed", failure: failures.denied, wasLive: false });
const nothing = { answer: () => {}, cancel: () => {}, signIn: () => {} };

function telling(name: string, rest: Partial<Explanation> = {}): Explanation {
  const tell = stories[name];
  if (tell === undefined) {
    throw new Error(`no story ${name}`);
  }
  return {
    ...tell(vm.instance, 22),
    id: "e-1",
    revision: 1,
    target: { kind: "instance", instance: vm.instance, interface: "nic0", port: 22 },
    account: null,
    at: 0,
    complete: true,
    ...rest,
  };
}

/** The page of the denied session, over a core that answers when it is told to. */
async function page(shown: SessionInfo = vm) {
  const demo = demoBackend(new URLSearchParams("scene=tree"));
  const calls: string[] = [];
  const answers: { resolve: (explanation: Explanation) => void; reject: (error: unknown) => void }[] = [];
  let tell: (event: Event) => void = () => {};
  const model = new Model({
    ...demo,
    listen: async (handler) => {
      tell = handler;
      return () => {};
    },
    call: async (command, args) => {
      calls.push(command);
      return command === "explain_open"
        ? (new Promise((resolve, reject) => answers.push({ resolve, reject })) as never)
        : demo.call(command, args);
    },
  });
  await model.open();
  const draw = (of: SessionInfo) => (
    <ModelContext value={model}>
      <SessionExplained session={of} failure={failures.denied} act={nothing} />
    </ModelContext>
  );
  const view = render(draw(shown));
  return {
    calls,
    view,
    again: (of: SessionInfo) => view.rerender(draw(of)),
    answer: (explanation: Explanation) => act(async () => answers.shift()?.resolve(explanation)),
    refuse: (error: unknown) => act(async () => answers.shift()?.reject(error)),
    tell: (value: Explanation) => act(async () => tell({ kind: "explanation", value })),
  };
}

test("the failure's own words are there at once, and give way to the explanation", async () => {
  const { answer, tell } = await page();
  expect(screen.getByTestId("failure-title").textContent).toBe(failures.denied.title);
  expect(screen.getByTestId("action-tryAgain")).toBeTruthy();
  expect(screen.queryByTestId("explain-headline")).toBeNull();
  await answer(telling("unreadable", { complete: false }));
  expect(screen.getByTestId("explain-status").textContent).toBe("Still looking");
  const full = telling("corp-net", { revision: 2 });
  await tell(full);
  expect(screen.getByTestId("explain-headline").textContent).toBe(full.headline);
  expect(screen.getByTestId("failure-title").textContent).toBe(full.title);
  expect(screen.getByTestId("explain-certainty").textContent).toBe("Likely");
  expect(screen.getByTestId("explain-again")).toBeTruthy();
});

test("what is announced does not change with each source", async () => {
  const { answer, tell } = await page();
  await answer(telling("corp-net", { complete: false }));
  const before = screen.getByTestId("explain-status").textContent;
  const rungs = telling("corp-net").rungs.slice(0, 3);
  await tell(telling("corp-net", { revision: 2, complete: false, rungs }));
  expect(screen.getByTestId("explain-status").textContent).toBe(before);
  await tell(telling("corp-net", { revision: 3 }));
  expect(screen.getByTestId("explain-status").textContent).not.toBe(before);
});

test("the level is a table whose rows say in words what is met", async () => {
  const { answer } = await page();
  await answer(telling("corp-net"));
  const table = within(screen.getByTestId("level-accessPolicies/42/accessLevels/corp_net")).getByRole("table");
  expect(within(table).getAllByRole("columnheader")).toHaveLength(4);
  const rows = within(table).getAllByTestId("level-row").map((row) => row.textContent);
  expect(rows).toEqual([
    "Public address203.0.113.0/24198.51.100.7not met",
    "Operating systemmacOS 14 or latermacOS 15.1looks met",
    "Company-owned deviceyesonly Google knowsunknown",
  ]);
});

test("an inferred row says that it follows from the refusal", async () => {
  const { answer } = await page();
  await answer(telling("inferred"));
  expect(screen.getAllByTestId("level-row").at(1)?.textContent).toMatch(/not metfollows from the refusal$/);
});

test("the old page stays where nothing can be explained, and says so quietly", async () => {
  const { refuse } = await page();
  await refuse(failures.unreachable);
  expect(screen.getByTestId("failure-title").textContent).toBe(failures.denied.title);
  expect(screen.getByTestId("failure-remark").textContent).toContain(failures.unreachable.title);
  expect(screen.getByTestId("failure-server").textContent).toContain("4033");
});

test("it is asked anew for a new attempt, and ended when it is left", async () => {
  const { answer, again, calls, view } = await page();
  await answer(telling("corp-net"));
  await act(async () => again({ ...vm, attempt: vm.attempt + 1 }));
  expect(calls.filter((call) => call === "explain_open")).toHaveLength(2);
  expect(calls.filter((call) => call === "explain_close")).toHaveLength(1);
  await answer(telling("no-grant", { id: "e-2" }));
  expect(screen.getByTestId("failure-title").textContent).toBe(telling("no-grant").title);
  view.unmount();
  expect(calls.filter((call) => call === "explain_close")).toHaveLength(2);
});

test("an answer that comes after the tab was left is ended too", async () => {
  const { answer, calls, view } = await page();
  view.unmount();
  await answer(telling("corp-net"));
  expect(calls.filter((call) => call === "explain_close")).toHaveLength(1);
});

test.each(Object.keys(stories))("%s can be shown, told in part and in full", async (name) => {
  const { answer, tell } = await page();
  await answer(telling(name, { complete: false, levels: [], binding: null, firewall: [] }));
  await tell(telling(name, { revision: 2 }));
  expect(screen.getByTestId("explain-headline").textContent).toBe(telling(name).headline);
});
