// Files that a second visit need not load again.
// IndexedDB, since Cache Storage needs a secure address, and a classroom server often has none.
const NAME = "digit-lab";
const FILES = "files";

// The unpacked bytes of a gzipped file whose name is STEM-HASH.ENDING.gz.
export async function load(address) {
  const name = address.split("/").at(-1);
  const kept = await attempt((files) => files.get(name));
  if (kept) return kept;
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${name} did not arrive (status ${answer.status})`);
  const unpacked = answer.body.pipeThrough(new DecompressionStream("gzip"));
  const bytes = await new Response(unpacked).arrayBuffer();
  await keep(name, bytes);
  return bytes;
}

// Earlier versions of the same file go, so that the store does not grow with every training.
async function keep(name, bytes) {
  const stem = name.slice(0, name.lastIndexOf("-") + 1);
  const names = (await attempt((files) => files.getAllKeys())) ?? [];
  for (const old of names) {
    if (old.startsWith(stem) && old !== name) await attempt((files) => files.delete(old), "readwrite");
  }
  await attempt((files) => files.put(bytes, name), "readwrite");
}

// Runs one request; undefined where the browser keeps nothing (private windows, a full disk).
async function attempt(request, mode = "readonly") {
  let database;
  try {
    const opening = indexedDB.open(NAME, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(FILES);
    database = await settled(opening);
    return await settled(request(database.transaction(FILES, mode).objectStore(FILES)));
  } catch {
    return undefined;
  } finally {
    database?.close();
  }
}

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked"));
  });
}
