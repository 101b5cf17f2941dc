// Elements are made here, and only here. Texts become text nodes, so no text of a player can become markup.

const SVG = "http://www.w3.org/2000/svg";
const LONGEST_TEXT = 200;

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") Object.entries(value).forEach(([property, one]) => element.style.setProperty(property, one));
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function h(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

// The first characters of a text, whole ones, as the API cuts titles and error ids in its list.
export function beginning(text) {
  return Array.from(String(text ?? "")).slice(0, LONGEST_TEXT).join("");
}

export function cut(text) {
  const first = beginning(text);
  return first.length < String(text ?? "").length ? `${first}…` : first;
}

// A text that a player sent. `bdi` keeps its direction from turning the words around it.
export function foreign(text) {
  return h("bdi", {}, cut(text));
}

// A link only where the address is https; every other text stays text.
export function foreignLink(address, shown = address) {
  if (!address && !shown) return null;
  let url = null;
  try {
    url = new URL(address);
  } catch {
    // not an address
  }
  if (url?.protocol !== "https:") return foreign(shown);
  return h("a", { href: url.href, rel: "noopener noreferrer", target: "_blank" }, foreign(shown));
}

export function button(label, onclick, attributes = {}) {
  return h("button", { type: "button", onclick, ...attributes }, label);
}

export function choice(label, options, chosen, onchange, attributes = {}) {
  const select = h("select", { onchange: () => onchange(select.value), ...attributes },
    options.map(([value, name]) => h("option", { value, selected: value === chosen }, name)));
  return h("label", { class: "field" }, h("span", {}, label), select);
}

let lastId = 0;

export function newId(name) {
  lastId += 1;
  return `${name}-${lastId}`;
}
