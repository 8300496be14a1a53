// The dream element: sliders, and a canvas whose picture follows them while they are dragged.
import css from "./element.css";
import { between, decode, dot, encode, movedTo, quantised, withNumber } from "./vector.js";

const REPORT_AFTER = 120; // milliseconds; a key held down releases a slider thirty times a second
const TELL_SPEED_EVERY = 500; // milliseconds
const NUMBERS_REACH = 3; // standard deviations

const dreams = new WeakMap(); // by parentElement: Streamlit calls again with every change of the data

export default function dream(component) {
  const { parentElement } = component;
  if (!dreams.has(parentElement)) dreams.set(parentElement, new Dream(component));
  dreams.get(parentElement).update(component);
  return () => {
    dreams.get(parentElement)?.close();
    dreams.delete(parentElement);
  };
}

class Dream {
  constructor({ parentElement, data }) {
    this.root = add(parentElement, "div", { className: "dream" });
    add(this.root, "style", { textContent: css });
    const columns = add(this.root, "div", { className: "columns" });
    this.controls = add(columns, "div");
    const right = add(columns, "div", { className: "picture" });
    const [height, width] = data.shape;
    this.canvas = add(right, "canvas", { width, height, role: "img", ariaLabel: data.label });
    this.canvas.style.setProperty("--pixels", width);
    this.note = add(right, "small", { textContent: "The generator is on its way to your browser." });
    this.sliders = [];
    this.releases = 0;
    this.addDirections(data);
    this.addMorph();
    this.addNumbers(data.latent);
    this.start(data);
    parentElement.host.style.minHeight = 0; // the height kept free for all this
  }

  // Called with every change of the data, in the middle of a drag too. The sliders' own vector stands
  // unless Python has set another since.
  update({ data, setStateValue }) {
    this.setStateValue = setStateValue;
    this.showPins(data.pins);
    if (data.turn !== this.turn) {
      this.turn = data.turn;
      this.base = undefined;
      clearTimeout(this.report);
      this.show(decode(data.latent));
      this.showPlaces(this.sliders);
    }
    if (!this.ready && data.latent === encode(this.vector)) this.paintFile(data.picture);
    if (this.broken) this.setStateValue("failed", this.broken);
  }

  close() {
    clearTimeout(this.report);
    this.worker?.terminate(); // and with it the session and its memory
    this.root.remove();
  }

  // --- sliders

  addDirections({ directions }) {
    for (const { title, vector, reach } of directions) {
      const direction = floats(vector);
      this.addSlider(this.controls, title, {
        reach,
        place: (z) => dot(z, direction),
        moved: (z, place) => movedTo(z, direction, place),
      });
    }
  }

  addMorph() {
    this.morph = this.addSlider(this.controls, "From A to B, once both are pinned", {
      start: 0,
      reach: 1,
      place: () => undefined, // a picture off the way has no place on it
      moved: (_, place) => between(...this.pins, place),
    }).input;
  }

  addNumbers(latent) {
    const count = decode(latent).length;
    const details = add(this.controls, "details");
    add(details, "summary", { textContent: `The ${count} numbers that the picture is made of` });
    const place = add(details, "div", { className: "numbers" });
    const fill = () => {
      const added = Array.from({ length: count }, (_, index) =>
        this.addSlider(place, `${index + 1}`, {
          reach: NUMBERS_REACH,
          place: (z) => z[index],
          moved: (z, number) => withNumber(z, index, number),
        }),
      );
      this.showPlaces(added);
    };
    details.addEventListener("toggle", fill, { once: true });
  }

  addSlider(parent, title, { start, reach, place, moved }) {
    const label = add(parent, "label");
    add(label, "span", { textContent: title });
    const output = add(label, "span", { className: "place", ariaHidden: true });
    const range = { type: "range", min: start ?? -reach, max: reach, step: 0.01, ariaLabel: title };
    const input = add(label, "input", range);
    const slider = { input, output, place };
    input.value = start ?? 0;
    input.addEventListener("input", () => {
      this.base ??= this.vector; // where the drag began: going back leads back
      this.show(moved(this.base, input.valueAsNumber));
      tell(slider);
      this.showPlaces(this.sliders.filter((other) => other !== slider && !other.isNumber));
    });
    input.addEventListener("change", () => {
      this.base = undefined;
      this.showPlaces(this.sliders.filter((other) => other !== slider));
      clearTimeout(this.report);
      this.report = setTimeout(() => this.release(), REPORT_AFTER);
    });
    slider.isNumber = parent.className === "numbers";
    tell(slider);
    this.sliders.push(slider);
    return slider;
  }

  showPlaces(sliders) {
    for (const slider of sliders) {
      const place = slider.place(this.vector);
      if (place === undefined) continue;
      slider.input.value = place;
      tell(slider);
    }
  }

  showPins(pins) {
    this.pins = pins.map(decode);
    this.morph.disabled = pins.length < 2;
  }

  release() {
    this.releases += 1; // so that the same vector twice is news twice
    this.setStateValue("release", { latent: encode(this.vector), turn: this.turn, count: this.releases });
  }

  // --- the picture

  start({ generator, latent }) {
    this.vector = decode(latent);
    if (typeof WebAssembly === "undefined") {
      this.broken = "this browser does not run WebAssembly";
      return;
    }
    const app = document.baseURI; // the app may have a path prefix
    this.worker = new Worker(new URL(`browser/${WORKER_FILE}`, app), { type: "module" });
    this.worker.onerror = () => this.fail("the browser's worker did not start");
    this.worker.onmessage = ({ data }) => this.hear(data);
    this.worker.postMessage({
      wasm: new URL(`browser/${WASM_FILE}`, app).href,
      generator: new URL(generator, app).href,
      latentDim: this.vector.length,
    });
  }

  show(vector) {
    this.vector = quantised(vector);
    this.draw();
  }

  draw() {
    if (this.ready) this.worker.postMessage({ vector: this.vector });
  }

  hear({ failed, ready, pixels, width, height, milliseconds }) {
    if (failed) return this.fail(failed);
    if (ready) {
      this.ready = true;
      return this.draw();
    }
    this.canvas.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
    this.tellSpeed(milliseconds);
  }

  tellSpeed(milliseconds) {
    const now = performance.now();
    if (now - (this.told ?? -TELL_SPEED_EVERY) < TELL_SPEED_EVERY) return;
    this.told = now;
    this.note.textContent = `Drawn by your browser in ${milliseconds.toFixed(1)} ms.`;
  }

  fail(reason) {
    this.broken = reason;
    this.worker?.terminate();
    this.setStateValue("failed", reason);
  }

  async paintFile(address) {
    const picture = new Image();
    picture.src = address;
    await picture.decode();
    if (!this.ready) this.canvas.getContext("2d").drawImage(picture, 0, 0);
  }
}

function tell({ input, output }) {
  const place = input.valueAsNumber;
  output.textContent = `${place > 0 ? "+" : place < 0 ? "−" : ""}${Math.abs(place).toFixed(2)}`;
}

function add(parent, tag, properties = {}) {
  const element = Object.assign(document.createElement(tag), properties);
  parent.append(element);
  return element;
}

// Base64 of little-endian float32 → Float32Array.
function floats(text) {
  return new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
}
