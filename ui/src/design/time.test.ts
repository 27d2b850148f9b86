import { expect, it } from "vitest";

import { ago, lasting } from "./time";

it("tells how long ago something was", () => {
  const now = 1_000_000_000;
  const before = (seconds: number) => ago(now - seconds * 1000, now);
  expect(before(-5)).toBe("just now");
  expect(before(44)).toBe("just now");
  expect(before(45)).toBe("1 min ago");
  expect(before(125)).toBe("2 min ago");
  expect(before(3600)).toBe("1 h ago");
  expect(before(26 * 3600)).toBe("yesterday");
  expect(before(60 * 3600)).toBe("3 days ago");
});

it("tells how long something lasts", () => {
  expect(lasting(-1)).toBe("0 s");
  expect(lasting(3999)).toBe("3 s");
  expect(lasting(80_500)).toBe("1 min 20 s");
});
