// The plane element: a sheet of pictures, and under the pointer the picture of exactly that place.
const elements = new WeakMap(); // by parentElement: Streamlit calls again with every change of the data

export default function plane({ parentElement, data, setStateValue }) {
  if (!elements.has(parentElement)) elements.set(parentElement, new Plane(parentElement, data));
  elements.get(parentElement).update(setStateValue);
  return () => {
    elements.get(parentElement)?.close();
    elements.delete(parentElement);
  };
}

class Plane {
  constructor(parent, { sheet, tiles, edge, label, worker, wasm, decoder }) {
    this.edge = edge;
    this.tiles = tiles;
    this.root = add(parent, "div", { className: "plane" });
    this.map = add(this.root, "div", { className: "map", tabIndex: 0, role: "application", ariaLabel: label });
    add(this.map, "img", { src: sheet, alt: "", draggable: false });
    this.mark = add(this.map, "div", { className: "mark" });
    const right = add(this.root, "div", { className: "here" });
    this.canvas = add(right, "canvas", { width: 28, height: 28, role: "img", ariaLabel: "The picture of this place" });
    this.place = add(right, "output");
    this.map.addEventListener("pointerdown", (event) => this.point(event));
    this.map.addEventListener("pointermove", (event) => this.point(event));
    this.map.addEventListener("keydown", (event) => this.step(event));
    this.start(worker, wasm, decoder);
    this.go(0, 0);
  }

  update(setStateValue) {
    this.setStateValue = setStateValue;
    if (this.broken) setStateValue("failed", this.broken);
  }

  close() {
    this.worker?.terminate(); // and with it the session and its memory
    this.root.remove();
  }

  start(worker, wasm, decoder) {
    if (typeof WebAssembly === "undefined") {
      this.broken = "this browser does not run WebAssembly";
      return;
    }
    const app = document.baseURI; // the app may have a path prefix
    this.worker = new Worker(new URL(worker, app), { type: "module" });
    this.worker.onerror = () => this.fail("the browser's worker did not start");
    this.worker.onmessage = ({ data }) => this.hear(data);
    this.worker.postMessage({
      wasm: new URL(wasm, app).href,
      generator: new URL(decoder, app).href,
      latentDim: 2,
    });
  }

  // A tile's middle is the place that it was drawn for, so the sheet reaches half a tile over the edge.
  get reach() {
    return (this.edge * this.tiles) / (this.tiles - 1);
  }

  point(event) {
    const box = this.map.getBoundingClientRect();
    const x = (2 * (event.clientX - box.left)) / box.width - 1;
    const y = 1 - (2 * (event.clientY - box.top)) / box.height;
    this.go(x * this.reach, y * this.reach);
  }

  step(event) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
    if (!(event.key in steps)) return;
    event.preventDefault(); // the page would scroll
    const [x, y] = steps[event.key];
    this.go(this.x + 0.1 * x, this.y + 0.1 * y);
  }

  go(x, y) {
    const inside = (value) => Math.min(this.reach, Math.max(-this.reach, value));
    this.x = inside(x);
    this.y = inside(y);
    this.mark.style.left = `${50 * (1 + this.x / this.reach)}%`;
    this.mark.style.top = `${50 * (1 - this.y / this.reach)}%`;
    this.place.textContent = `${signed(this.x)}, ${signed(this.y)}`;
    this.draw();
  }

  // The worker draws the newest place when it is done with the one before.
  draw() {
    if (this.ready) this.worker.postMessage({ vector: Float32Array.of(this.x, this.y) });
  }

  hear({ failed, ready, pixels, width, height }) {
    if (failed) return this.fail(failed);
    if (pixels) {
      this.canvas.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
    }
    if (ready) {
      this.ready = true;
      this.draw();
    }
  }

  fail(reason) {
    this.broken = reason;
    this.worker.terminate();
    this.setStateValue("failed", reason);
  }
}

function signed(value) {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
}

function add(parent, tag, properties = {}) {
  const element = Object.assign(document.createElement(tag), properties);
  parent.append(element);
  return element;
}
