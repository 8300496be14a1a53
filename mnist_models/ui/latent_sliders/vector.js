// Latent vectors: their text, and the walks that sliders make. The Python side is dreaming.py.
export const STEPS = 4096; // a unit: numbers are kept as 16-bit integers, from -8 to 8

// Base64 (URL-safe, little-endian int16) → Float32Array.
export function decode(text) {
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) =>
    c.charCodeAt(0),
  );
  return Float32Array.from(new Int16Array(bytes.buffer), (step) => step / STEPS);
}

export function encode(vector) {
  const bytes = new Uint8Array(Int16Array.from(vector, (number) => Math.round(number * STEPS)).buffer);
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// What `decode` gives back: the address then holds exactly the picture on the canvas.
export function quantised(vector) {
  return Float32Array.from(vector, (number) => {
    const step = Math.round(number * STEPS);
    return Math.min(Math.max(step, -32768), 32767) / STEPS;
  });
}

export function dot(a, b) {
  return a.reduce((sum, number, i) => sum + number * b[i], 0);
}

// The vector moved along a direction of unit length until it stands at `place` on it.
export function movedTo(vector, direction, place) {
  const step = place - dot(vector, direction);
  return quantised(vector.map((number, i) => number + step * direction[i]));
}

export function withNumber(vector, index, number) {
  return quantised(vector.with(index, number));
}

// On the arc from one vector to another, as latent.spherical; t from 0 to 1.
export function between(start, end, t) {
  const lengths = [Math.sqrt(dot(start, start)), Math.sqrt(dot(end, end))];
  const cosine = dot(start, end) / (lengths[0] * lengths[1]);
  const angle = Math.acos(Math.min(Math.max(cosine, -1), 1));
  if (!(Math.sin(angle) > 1e-6)) {
    return quantised(start.map((number, i) => (1 - t) * number + t * end[i]));
  }
  const length = (1 - t) * lengths[0] + t * lengths[1];
  const parts = [Math.sin((1 - t) * angle), Math.sin(t * angle)].map((part) => part / Math.sin(angle));
  return quantised(
    start.map((number, i) => length * ((parts[0] * number) / lengths[0] + (parts[1] * end[i]) / lengths[1])),
  );
}
