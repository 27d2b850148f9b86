import { act, renderHook } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { SearchHit } from "../../contract/SearchHit";
import { type Model, ModelContext } from "../../platform/model";
import { useHits, useOnceFresh } from "./hits";

const hit = (name: string): SearchHit => ({
  instance: { project: "p", zone: "z", name },
  status: "running",
  os: "linux",
  favourite: false,
});

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** A field over a search that answers when it is told to. */
function field() {
  const answers: (() => void)[] = [];
  const call = (_: string, { text }: { text: string }) =>
    new Promise((resolve) => answers.push(() => resolve([hit(text === "" ? "first" : text)])));
  const model = { backend: { call } } as unknown as Model;
  const done: string[] = [];
  const { result, rerender } = renderHook(
    ({ text }) => {
      const { hits, fresh } = useHits(text, 5);
      return useOnceFresh(text, fresh, (how: string) => done.push(`${how} ${hits[0]?.instance.name}`));
    },
    {
      initialProps: { text: "" },
      wrapper: ({ children }: { children: ReactNode }) => <ModelContext value={model}>{children}</ModelContext>,
    },
  );
  return {
    done,
    type: (text: string) => rerender({ text }),
    enter: () => act(() => result.current("open")),
    answer: () =>
      act(async () => {
        await vi.advanceTimersByTimeAsync(100);
        answers.pop()?.();
      }),
  };
}

test("enter means what was typed, not what is still shown", async () => {
  const { done, type, enter, answer } = field();
  await answer();
  type("billing-db-7");
  enter();
  expect(done).toEqual([]);
  await answer();
  expect(done).toEqual(["open billing-db-7"]);
  enter();
  expect(done).toEqual(["open billing-db-7", "open billing-db-7"]);
});

test("typing on calls an enter off", async () => {
  const { done, type, enter, answer } = field();
  await answer();
  type("web");
  enter();
  type("web-1");
  await answer();
  expect(done).toEqual([]);
});
