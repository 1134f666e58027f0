/** How the screens are built: one single-page app in dist/, every text asset also as .gz for slow lines. */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const HUB = "http://127.0.0.1:8600";
const WORTH_PACKING = /\.(js|css|html|svg)$/;

function filesUnder(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesUnder(path) : [path];
  });
}

function precompress(): Plugin {
  return {
    name: "precompress",
    apply: "build",
    closeBundle() {
      for (const path of filesUnder("dist").filter((each) => WORTH_PACKING.test(each))) {
        writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), precompress()],
  server: {
    port: 5173,
    proxy: { "/api": HUB, "/hook": HUB, "/health": HUB },
  },
  build: { target: "es2022", chunkSizeWarningLimit: 900 },
  // A machine that does other things besides is slow, not wrong: a test that hangs is told after half a minute.
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/test-setup.ts"],
    testTimeout: 30_000,
  },
});
