import { expect, it } from "vitest";

import { bytes, rate } from "./bytes";

it("tells amounts in three figures at most", () => {
  expect(bytes(0)).toBe("0 B");
  expect(bytes(999)).toBe("999 B");
  expect(bytes(1000)).toBe("1.0 kB");
  expect(bytes(84_200)).toBe("84 kB");
  expect(bytes(999_600)).toBe("1.0 MB");
  expect(bytes(1_240_000)).toBe("1.2 MB");
  expect(bytes(9_970_000)).toBe("10 MB");
  expect(bytes(3.2e18)).toBe("3200 PB");
  expect(bytes(-4)).toBe("0 B");
});

it("tells rates, and nothing as nothing", () => {
  expect(rate(0)).toBe("0");
  expect(rate(0.2)).toBe("0");
  expect(rate(84_200)).toBe("84 kB/s");
  expect(rate(1_100_000)).toBe("1.1 MB/s");
});
