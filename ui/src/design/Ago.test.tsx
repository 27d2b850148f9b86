import { act, render } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { Ago } from "./Ago";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const say = (when: string) => `List ${when}`;

it("goes with the time, and begins anew with another moment", () => {
  const { container, rerender, unmount } = render(<Ago then={1_000_000} say={say} />);
  expect(container.textContent).toBe("List just now");
  act(() => void vi.advanceTimersByTime(45_000));
  expect(container.textContent).toBe("List 1 min ago");
  rerender(<Ago then={1_045_000} say={say} />);
  expect(container.textContent).toBe("List just now");
  act(() => void vi.advanceTimersByTime(90_000));
  expect(container.textContent).toBe("List 2 min ago");
  expect(vi.getTimerCount()).toBe(1);
  // A night of sleep.
  vi.setSystemTime(1_045_000 + 8 * 3_600_000);
  window.dispatchEvent(new Event("focus"));
  expect(container.textContent).toBe("List 8 h ago");
  expect(vi.getTimerCount()).toBe(1);
  unmount();
  expect(vi.getTimerCount()).toBe(0);
});
