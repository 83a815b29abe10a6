// Elements that are made of text and never of markup, and times as people read them.

/** Makes an element. Strings among the children become text. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value !== "string") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** The element with this id. */
export function at(id) {
  return document.getElementById(id);
}

const SVG = "http://www.w3.org/2000/svg";

/** Makes an element of a picture. */
export function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Puts words into an element, and leaves it alone where they stand there: a reader of the screen
 * would say them again. */
export function put(id, words) {
  const element = at(id);
  if (element.textContent !== words) element.textContent = words;
}

/** Puts parts in place of what an element holds. Whoever stands on a button of it stays on the one
 * like it. */
export function refill(element, parts) {
  const stood = element.contains(document.activeElement) ? document.activeElement : null;
  const name = (one) => one.dataset.act ?? one.getAttribute("aria-label") ?? one.textContent;
  element.replaceChildren(...parts);
  if (!stood || stood === element) return;
  [...element.querySelectorAll(stood.tagName)].find((one) => name(one) === name(stood))?.focus();
}

/** Whether the end of `box` is in view, or nearly. */
export function atEnd(box, near) {
  return box.scrollHeight - box.scrollTop - box.clientHeight < near;
}

/** Keeps the end of `box` in view where it is, whatever takes room from it. */
export function holdEnd(box, near) {
  let held = true;
  let last = box.scrollTop;
  // Told late, when what is in the box may have grown: whoever reads on has moved up themselves.
  box.addEventListener("scroll", () => {
    if (atEnd(box, near)) held = true;
    else if (box.scrollTop < last) held = false;
    last = box.scrollTop;
  }, { passive: true });
  new ResizeObserver(() => {
    if (held) box.scrollTop = box.scrollHeight;
  }).observe(box);
}

/** The time of day of an RFC 3339 moment, or its day, with its full form for those who want it. */
export function clock(at, dated = false) {
  const moment = new Date(at);
  const short = dated
    ? moment.toLocaleDateString([], { day: "numeric", month: "short", year: "numeric" })
    : moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return make("time", { datetime: at, title: moment.toLocaleString() }, short);
}

/** Seconds as people say them: `3:07`, `1 h 12 min`, `2 d 4 h`. */
export function span(seconds) {
  const all = Math.max(0, Math.floor(seconds));
  const [days, hours, minutes] = [Math.floor(all / 86400), Math.floor((all % 86400) / 3600), Math.floor((all % 3600) / 60)];
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  return `${minutes}:${String(all % 60).padStart(2, "0")}`;
}

/** Seconds from then to now. */
export function since(at) {
  return (Date.now() - Date.parse(at)) / 1000;
}
