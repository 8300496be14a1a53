// Runs a generator. In a worker, so that the thumb of a slider stays smooth on a slow phone.
import * as ort from "onnxruntime-web/wasm";

const WARM_UPS = 5; // until the browser has compiled the busiest loops

ort.env.wasm.numThreads = 1; // more need headers that Streamlit does not send
ort.env.logLevel = "error";

let session;
let wanted; // the newest vector that is not drawn yet
let isDrawing = false;
const turn = new MessageChannel();

self.onmessage = ({ data }) => {
  if (data.vector) {
    wanted = data.vector;
    drawSoon();
  } else {
    prepare(data).catch(fail);
  }
};

// After the messages that arrived during the last picture: only the newest vector is drawn.
turn.port1.onmessage = () => {
  const vector = wanted;
  wanted = undefined;
  draw(vector).catch(fail).finally(() => {
    isDrawing = false;
    if (wanted) drawSoon();
  });
};

function drawSoon() {
  if (isDrawing) return;
  isDrawing = true;
  turn.port2.postMessage(undefined);
}

function fail(error) {
  self.postMessage({ failed: String(error?.message ?? error) });
}

async function prepare({ wasm, generator, latentDim }) {
  const [runtime, network] = await Promise.all([load(wasm), load(generator)]);
  ort.env.wasm.wasmBinary = runtime;
  session = await ort.InferenceSession.create(network, { graphOptimizationLevel: "all" });
  for (let i = 0; i < WARM_UPS; i++) await run(new Float32Array(latentDim));
  self.postMessage({ ready: true });
}

// Names change with what is in a file, and the server says so: browsers load each once.
async function load(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address.split("/").at(-1)} did not arrive (status ${answer.status})`);
  return answer.arrayBuffer();
}

async function draw(vector) {
  const start = performance.now();
  const picture = await run(vector);
  const [, height, width, channels] = picture.dims;
  const pixels = toPixels(picture.data, channels);
  const milliseconds = performance.now() - start;
  self.postMessage({ pixels, width, height, milliseconds }, [pixels.buffer]);
}

async function run(vector) {
  const input = new ort.Tensor("float32", vector, [1, vector.length]);
  const outputs = await session.run({ [session.inputNames[0]]: input });
  return outputs[session.outputNames[0]];
}

// Grey or colour in [0, 1] → RGBA bytes, rounded as NumPy's rint does.
function toPixels(values, channels) {
  const count = values.length / channels;
  const pixels = new Uint8ClampedArray(4 * count);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) {
      pixels[4 * i + c] = 255 * values[channels * i + (channels === 3 ? c : 0)];
    }
    pixels[4 * i + 3] = 255;
  }
  return pixels;
}
