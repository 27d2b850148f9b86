import { expect, it } from "vitest";

import { ago, lasting, nextAgo } from "./time";

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

it("looks again when the words change", () => {
  let now = 0;
  const changes = [];
  while (now < 3_600_000) {
    const next = now + nextAgo(0, now);
    // From there on it counts hours.
    if (next < 59.5 * 60_000) {
      expect(ago(0, next - 1)).toBe(ago(0, now));
      expect(ago(0, next)).not.toBe(ago(0, now));
    }
    now = next;
    changes.push(now);
  }
  expect(changes.slice(0, 3)).toEqual([45_000, 90_000, 150_000]);
  // A clock that was set back.
  expect(nextAgo(5_000, 0)).toBe(45_000);
});

it("tells how long something lasts", () => {
  expect(lasting(-1)).toBe("0 s");
  expect(lasting(3999)).toBe("3 s");
  expect(lasting(80_500)).toBe("1 min 20 s");
});
