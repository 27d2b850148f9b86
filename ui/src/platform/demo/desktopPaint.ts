/** What the demo's desktop looks like: a window that tells what it hears, on a plain ground with a bar below. */

/** What the desktop has heard. */
export interface Seen {
  vm: string;
  scale: number;
  x: number;
  y: number;
  buttons: number[];
  wheel: number;
  keys: string[];
  text: string;
  locks: number;
  /** How often the page said that it has the keyboard. */
  clipboard: number;
}

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

function windowOf(width: number, height: number, scale: number): Box {
  const size = { width: Math.min(width - 40, Math.round(620 * scale)), height: Math.min(height - 80, Math.round(330 * scale)) };
  return { ...size, x: Math.round((width - size.width) / 2), y: Math.round((height - size.height) / 2.6) };
}

/** Paints it all, and says which parts may be others than before. */
export function paintDesktop(context: CanvasRenderingContext2D, seen: Seen): Box[] {
  const { width, height } = context.canvas;
  const { scale } = seen;
  const ground = context.createLinearGradient(0, 0, width, height);
  ground.addColorStop(0, "#0b3a53");
  ground.addColorStop(0.55, "#146c7c");
  ground.addColorStop(1, "#0f4c5c");
  context.fillStyle = ground;
  context.fillRect(0, 0, width, height);
  // Lines of one pixel: they show at once whether the picture is sharp.
  context.fillStyle = "rgba(255,255,255,0.10)";
  for (let x = 0; x < width; x += 64) {
    context.fillRect(x, 0, 1, height);
  }
  for (let y = 0; y < height; y += 64) {
    context.fillRect(0, y, width, 1);
  }
  const bar = Math.round(40 * scale);
  context.fillStyle = "#10181c";
  context.fillRect(0, height - bar, width, bar);
  text(context, "⊞", 14 * scale, height - bar / 2, 18 * scale, "#e8f1f2");
  text(context, new Date().toLocaleTimeString(), width - 110 * scale, height - bar / 2, 13 * scale, "#e8f1f2");

  const box = windowOf(width, height, scale);
  context.fillStyle = "#f5f7f8";
  context.fillRect(box.x, box.y, box.width, box.height);
  const head = Math.round(34 * scale);
  context.fillStyle = "#dfe6e8";
  context.fillRect(box.x, box.y, box.width, head);
  text(context, `${seen.vm} – what arrives here`, box.x + 14 * scale, box.y + head / 2, 14 * scale, "#1c2a30");
  const locks = [seen.locks & 1 ? "Scroll" : "", seen.locks & 2 ? "Num" : "", seen.locks & 4 ? "Caps" : ""].filter(Boolean);
  const lines = [
    `Picture   ${width} × ${height}, ${Math.round(scale * 100)} %`,
    `Mouse     ${seen.x}, ${seen.y}   buttons ${seen.buttons.join(" ") || "–"}   wheel ${seen.wheel}`,
    `Keys      ${seen.keys.join(" ") || "–"}`,
    `Locks     ${locks.join(" ") || "–"}`,
    `Focus     ${seen.clipboard}`,
    `Typed     ${seen.text.slice(-44)}▏`,
  ];
  lines.forEach((line, index) => {
    text(context, line, box.x + 18 * scale, box.y + head + (26 + index * 32) * scale, 14 * scale, "#22343b", "monospace");
  });
  // The mouse leaves a mark where the desktop believes it to be.
  context.fillStyle = "#ff6b35";
  context.fillRect(seen.x - 1, seen.y - 6, 3, 13);
  context.fillRect(seen.x - 6, seen.y - 1, 13, 3);
  return [
    { x: 0, y: 0, width, height: height - bar },
    { x: 0, y: height - bar, width, height: bar },
  ];
}

function text(
  context: CanvasRenderingContext2D,
  what: string,
  x: number,
  y: number,
  size: number,
  colour: string,
  font = "system-ui, sans-serif",
): void {
  context.font = `${size}px ${font}`;
  context.fillStyle = colour;
  context.textBaseline = "middle";
  context.fillText(what, x, y);
}

/** The pointer by where the mouse is: a cross over the window, none at the right edge, else the system's own. */
export function pointerShape(
  { x, y, scale }: Seen,
  width: number,
  height: number,
): { name: string; flags: number; shape: (Box & { pixels: Uint8ClampedArray }) | null } {
  const box = windowOf(width, height, scale);
  if (x > width - 40) {
    return { name: "hidden", flags: 2, shape: null };
  }
  if (x < box.x || x >= box.x + box.width || y < box.y || y >= box.y + box.height) {
    return { name: "default", flags: 4, shape: null };
  }
  const side = 32;
  const pixels = new Uint8ClampedArray(side * side * 4);
  for (let i = 0; i < side; i += 1) {
    for (const [px, py] of [[i, 16], [16, i]] as const) {
      pixels.set([220, 40, 40, 255], (py * side + px) * 4);
    }
  }
  return { name: "cross", flags: 0, shape: { x: 16, y: 16, width: side, height: side, pixels } };
}
