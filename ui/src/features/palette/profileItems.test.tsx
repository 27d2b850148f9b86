import { renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { describe, expect, it } from "vitest";

import { demoBackend } from "../../platform/demo/demo";
import { Model, ModelContext } from "../../platform/model";
import { useProfileItems } from "./profileItems";

/** The profiles that a text means, once they are known. */
async function found(text: string) {
  const model = new Model(demoBackend(new URLSearchParams("scene=profiles")));
  const calls: unknown[] = [];
  model.hear((event) => calls.push(event.kind));
  await model.open();
  const { result } = renderHook(() => useProfileItems(text), {
    wrapper: ({ children }: { children: ReactNode }) => <ModelContext value={model}>{children}</ModelContext>,
  });
  return { result, model, calls };
}

describe("profiles in the palette", () => {
  it("are found by the beginnings of words in their names and folders", async () => {
    const { result } = await found("databases or");
    await waitFor(() => expect(result.current.items.map(({ label }) => label)).toEqual(["Start orders database"]));
    expect(result.current.exact).toBe(false);
  });

  it("come first by a name that is typed in full, and show what is on", async () => {
    const { result } = await found("jump HOST");
    await waitFor(() => expect(result.current.items.map(({ label }) => label)).toEqual(["Show Jump host"]));
    expect(result.current.exact).toBe(true);
  });

  it("start on enter", async () => {
    const { result, model, calls } = await found("erp");
    await waitFor(() => expect(result.current.items).toHaveLength(1));
    result.current.items[0]?.run("usual");
    await waitFor(() => expect(calls).toContain("tunnel"));
    expect((await model.profiles()).profiles.find(({ profile }) => profile.name === "ERP")?.state.kind).toBe("tunnel");
  });

  it("are not there for nothing", async () => {
    const { result, model } = await found(" ");
    await model.profiles();
    expect(result.current.items).toEqual([]);
  });
});
