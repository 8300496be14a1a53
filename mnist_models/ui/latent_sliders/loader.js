// Sent with every message, so it only fetches the element, and says so where that fails.
const element = await import(new URL("ELEMENT", document.baseURI)).then(
  (module) => module.default,
  () => undefined,
);
export default element ??
  function ({ setStateValue }) {
    setStateValue("failed", "the element's files did not arrive");
  };
