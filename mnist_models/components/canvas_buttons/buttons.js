// Undo and Clear for a canvas of streamlit-drawable-canvas.
//
// Python hears of a stroke 200 ms after it ended, so it cannot know which stroke an undo is about. The
// canvas can: strokes drawn since it was last loaded are taken back by its own button. Below these lies
// what Python told it to show; only that is taken back by Python, which is told how much to keep.

const REPORTED = 250; // ms after a stroke, when the canvas has sent it
const PATIENCE = 1000; // ms that a click waits for Python to have heard of a stroke
const elements = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const element = elements.get(parentElement) ?? create(parentElement);
  elements.set(parentElement, element);
  element.update(data, setTriggerValue);
  return () => {
    element.stop();
    elements.delete(parentElement);
  };
}

function create(parentElement) {
  const row = parentElement.querySelector(".row") ?? parentElement.appendChild(document.createElement("div"));
  row.className = "row";
  const undo = button("Undo", takeBack);
  const clear = button("Clear", () => send("clear", told.base));
  row.replaceChildren(undo, clear);

  let told, send, left, isDrawing, frame, isAwaited, held;
  let released = -Infinity;
  const observer = new MutationObserver(refresh);
  addEventListener("pointerdown", onDown, true);
  addEventListener("pointerup", onUp, true);
  addEventListener("pointercancel", onUp, true);
  addEventListener("click", onClick, true);

  function update(data, setTriggerValue) {
    left = told?.base === data.base ? Math.min(left, data.strokes) : data.strokes;
    const isFirst = !told;
    if (told?.changes !== data.changes) release();
    told = data;
    send = setTriggerValue;
    refresh();
    if (isFirst) watch();
  }

  // The canvas comes later than this element, or sooner.
  function watch() {
    const own = ofCanvas("Undo");
    if (!own) {
      frame = requestAnimationFrame(watch);
      return;
    }
    observer.observe(own, { attributeFilter: ["disabled"] });
    refresh();
    if (told.isUnseen) send("unseen", told.base);
  }

  function takeBack() {
    const own = ofCanvas("Undo");
    if (own && !own.disabled) own.click();
    else if (left > 0) send("undo", { base: told.base, keep: --left });
    refresh();
  }

  function refresh() {
    const own = ofCanvas("Undo");
    undo.disabled = clear.disabled = !left && (own?.disabled ?? true);
  }

  // Who goes to another page right after a stroke takes it along: the canvas sends it at once, and the
  // click waits for Python, since a message that leads to another page overtakes others.
  function onDown(event) {
    const path = event.composedPath();
    isDrawing = path.includes(canvas());
    if (isDrawing || path.includes(row) || performance.now() - released > REPORTED) return;
    isAwaited = true;
    setTimeout(release, PATIENCE);
    ofCanvas("Update the app with this drawing")?.click();
  }

  function onClick(event) {
    if (!isAwaited || !event.isTrusted) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    held = event.composedPath()[0];
  }

  function release() {
    isAwaited = false;
    held?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, composed: true }));
    held = null;
  }

  function onUp() {
    if (isDrawing) released = performance.now();
    isDrawing = false;
  }

  function canvas() {
    return document.querySelector(`.st-key-${told.canvas} [data-testid="stBidiComponentIsolated"]`);
  }

  function ofCanvas(label) {
    return canvas()?.shadowRoot?.querySelector(`.dc-toolbar button[aria-label="${label}"]`);
  }

  function stop() {
    cancelAnimationFrame(frame);
    observer.disconnect();
    removeEventListener("pointerdown", onDown, true);
    removeEventListener("pointerup", onUp, true);
    removeEventListener("pointercancel", onUp, true);
    removeEventListener("click", onClick, true);
  }

  return { update, stop };
}

function button(text, onClick) {
  const element = Object.assign(document.createElement("button"), { textContent: text, disabled: true });
  element.addEventListener("click", onClick);
  return element;
}
