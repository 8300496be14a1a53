// Builds what the browser loads into static/: npm ci && npm run build.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const TARGET = new URL("../../../static/", import.meta.url);
const RUNTIME = new URL("node_modules/onnxruntime-web/", import.meta.url);

rmSync(TARGET, { recursive: true, force: true });
mkdirSync(TARGET, { recursive: true });

// Names carry a hash, so that browsers may keep the files for ever. The server knows what is packed.
const wasm = readFileSync(new URL("dist/ort-wasm-simd-threaded.wasm", RUNTIME));
const wasmName = `runtime-${hash(wasm)}.wasm`;
write(`${wasmName}.gz`, gzipSync(wasm, { level: 9 }));

const worker = await bundle("worker.js", {});
const workerName = `worker-${hash(worker)}.js`;
write(workerName, worker);

const element = await bundle("element.js", {
  WORKER_FILE: JSON.stringify(workerName),
  WASM_FILE: JSON.stringify(wasmName),
});
write(`element-${hash(element)}.js`, element);
write("LICENCE.txt", licence());

async function bundle(entry, define) {
  const result = await build({
    entryPoints: [entry],
    absWorkingDir: new URL(".", import.meta.url).pathname,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    loader: { ".css": "text" },
    legalComments: "none",
    define,
    write: false,
  });
  return result.outputFiles[0].contents;
}

function licence() {
  const { version } = JSON.parse(readFileSync(new URL("package.json", RUNTIME)));
  return `runtime-*.wasm.gz and most of worker-*.js are onnxruntime-web ${version}:

Copyright (c) Microsoft Corporation. All rights reserved.

MIT License

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
`;
}

function hash(bytes) {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 8);
}

function write(name, bytes) {
  writeFileSync(new URL(name, TARGET), bytes);
  console.log(name, `${(bytes.length / 1000).toFixed(1)} kB`);
}
