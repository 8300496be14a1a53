// Undo and Clear for a canvas of streamlit-drawable-canvas.
//
// Python hears of a stroke 200 ms after it ended, so it cannot know which stroke an undo is about. The
// canvas can: strokes drawn since it was last loaded are taken back by its own button. Below these lies
// what Python told it to show; only that is taken back by Python, which is told how much to keep.

const PATIENCE = 1000; // ms that a click waits for Python to have heard of the drawing's last change
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
  const clear = button("Clear", () => tell("clear", told.base));
  row.replaceChildren(undo, clear);

  let told, send, left, isDrawing, frame, held;
  let awaited = 0; // changes that Python has yet to hear of
  let since = -Infinity; // the last of them
  const observer = new MutationObserver(refresh);
  addEventListener("pointerdown", onDown, true);
  addEventListener("pointerup", onUp, true);
  addEventListener("pointercancel", onUp, true);
  addEventListener("click", onClick, true);

  function update(data, setTriggerValue) {
    left = told?.base === data.base ? Math.min(left, data.strokes) : data.strokes;
    const isFirst = !told;
    if (!isFirst) awaited = Math.max(0, awaited - (data.changes - told.changes));
    if (!isFirst && told.base !== data.base) expect(1); // the canvas loads a drawing, and then reports it
    if (!awaited) release();
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
    if (told.isUnseen) tell("unseen", told.base);
  }

  function takeBack() {
    const own = ofCanvas("Undo");
    if (own && !own.disabled) {
      own.click();
      expect(1);
    } else if (left > 0) tell("undo", { base: told.base, keep: --left });
    refresh();
  }

  function tell(name, value) {
    send(name, value);
    expect(2); // the change itself, and then the canvas's report
  }

  function expect(changes) {
    awaited = Math.max(awaited, changes);
    since = performance.now();
  }

  function refresh() {
    const own = ofCanvas("Undo");
    undo.disabled = clear.disabled = !left && (own?.disabled ?? true);
  }

  // Who goes to another page right after a stroke takes it along: the canvas sends it at once, and the
  // click waits for Python. A message that leads to another page overtakes others, and a report of the
  // canvas that comes after it leaves the other page blank.
  function onClick(event) {
    const path = event.composedPath();
    if (!event.isTrusted || path.includes(row) || path.includes(canvas())) return;
    if (!awaited || performance.now() - since > PATIENCE) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    held = path[0];
    setTimeout(release, PATIENCE);
    ofCanvas("Update the app with this drawing")?.click();
  }

  function release() {
    held?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, composed: true }));
    held = null;
  }

  function onDown(event) {
    isDrawing = event.composedPath().includes(canvas());
  }

  function onUp() {
    if (isDrawing) expect(1);
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
