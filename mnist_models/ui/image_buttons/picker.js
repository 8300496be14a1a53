export default function ({ data, parentElement, setTriggerValue }) {
  const box = parentElement.querySelector(".pictures") ?? parentElement.appendChild(document.createElement("div"));
  box.className = "pictures";
  const focused = [...box.children].indexOf(parentElement.activeElement);
  box.replaceChildren(...data.pictures.map(button));
  box.children[focused]?.focus();

  function button(address, index) {
    const picture = Object.assign(new Image(data.size, data.size), { src: address, alt: "" });
    const caption = Object.assign(document.createElement("span"), { textContent: data.captions[index] });
    const element = document.createElement("button");
    element.ariaLabel = `Picture ${index + 1} ${data.captions[index]}`.trim();
    element.ariaPressed = data.pressed.includes(index);
    element.disabled = !data.isOpen;
    element.append(picture, caption);
    element.addEventListener("click", () => setTriggerValue("pick", index));
    return element;
  }
}
