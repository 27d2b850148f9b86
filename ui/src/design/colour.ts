/** OKLCH to sRGB and back to a hexadecimal name: xterm takes no other. */

export interface Rgb {
  r: number;
  g: number;
  b: number;
  a: number;
}

/** OKLCH (lightness 0 to 1, chroma, hue in degrees) as sRGB from 0 to 1, cut to what a screen can show. */
export function oklch(l: number, c: number, h: number, alpha = 1): Rgb {
  const a = c * Math.cos((h * Math.PI) / 180);
  const b = c * Math.sin((h * Math.PI) / 180);
  const l3 = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m3 = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s3 = (l - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return {
    r: gamma(4.0767416621 * l3 - 3.3077115913 * m3 + 0.2309699292 * s3),
    g: gamma(-1.2684380046 * l3 + 2.6097574011 * m3 - 0.3413193965 * s3),
    b: gamma(-0.0041960863 * l3 - 0.7034186147 * m3 + 1.707614701 * s3),
    a: alpha,
  };
}

function gamma(linear: number): number {
  const value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
  return Math.min(1, Math.max(0, value));
}

/** Reads `oklch(…)` and `rgb(…)` as browsers compute them. */
export function parseColour(text: string): Rgb | null {
  const found = /^(oklch|rgba?)\(([^)]*)\)$/.exec(text.trim());
  if (found === null) {
    return null;
  }
  const numbers = (found[2] ?? "").split(/[\s,/]+/).filter((part) => part !== "").map((part) => {
    const value = Number.parseFloat(part);
    return part.endsWith("%") ? value / 100 : value;
  });
  const [x = 0, y = 0, z = 0, alpha = 1] = numbers.map((value) => (Number.isFinite(value) ? value : 0));
  return found[1] === "oklch" ? oklch(x, y, z, alpha) : { r: x / 255, g: y / 255, b: z / 255, a: alpha };
}

/** `#rrggbb`, without what is transparent in it. */
export function hex({ r, g, b }: Rgb): string {
  return `#${[r, g, b].map((part) => Math.round(part * 255).toString(16).padStart(2, "0")).join("")}`;
}

/** Contrast as WCAG 2 counts it, 1 to 21. */
export function contrast(one: Rgb, other: Rgb): number {
  const [high, low] = [luminance(one), luminance(other)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function luminance({ r, g, b }: Rgb): number {
  const linear = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

/** A colour token as it is now, in the theme in use. */
export function colourToken(name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(--${name})`;
  probe.style.display = "none";
  document.body.append(probe);
  const computed = getComputedStyle(probe).color;
  probe.remove();
  const parsed = parseColour(computed);
  return parsed === null ? computed : hex(parsed);
}

/** A size token in CSS pixels. */
export function sizeToken(name: string, otherwise: number): number {
  const value = Number.parseFloat(getComputedStyle(document.documentElement).getPropertyValue(`--${name}`));
  return Number.isFinite(value) ? value : otherwise;
}
