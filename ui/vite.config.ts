import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  clearScreen: false,
  server: { port: 5173, strictPort: true, host: "127.0.0.1" },
  build: {
    // The web views we run in: WebKitGTK 2.44, Safari 17.5, WebView2. They know OKLCH and light-dark().
    target: ["safari17.5", "chrome123"],
    cssTarget: ["safari17.5", "chrome123"],
    // A font in a data: address would break `font-src 'self'`.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000,
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
  },
});
