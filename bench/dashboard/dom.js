
/* ---- small helpers ---- */

const $ = (id) => document.getElementById(id);
const data = JSON.parse($("data").textContent);

/* An element: make("td", {class: "n"}, "text", child, ...). */
function make(name, attributes = {}, ...children) {
  const is_svg = ["svg", "g", "path", "line", "text", "circle", "rect"];
  const element = is_svg.includes(name)
    ? document.createElementNS("http://www.w3.org/2000/svg", name)
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined)
      continue;
    if (key === "fill_colour")
      element.style.setProperty("--fill", value);
    else
      element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

const grouped = (n) => Math.round(n).toLocaleString("en-US");
const percent = (share, digits = 1) => `${(share * 100).toFixed(digits)} %`;

/* Three digits that count. */
function short(n) {
  if (n === 0)
    return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(n))));
  return n.toLocaleString("en-US", {minimumFractionDigits: 0,
    maximumFractionDigits: Math.min(digits, 6)});
}

function span_of(seconds) {
  if (seconds === 0)
    return "0";
  if (seconds >= 1)
    return `${short(seconds)} s`;
  if (seconds >= 1e-3)
    return `${short(seconds * 1e3)} ms`;
  return `${short(seconds * 1e6)} µs`;
}

const mib = (bytes) => `${short(bytes / 1048576)} MiB`;

/* 48.4 million, 120 thousand. */
function count_of(n) {
  if (n >= 1e6)
    return `${short(n / 1e6)} million`;
  return n >= 1e4 ? `${short(n / 1e3)} thousand` : grouped(n);
}

const times_of = (ratio) =>
  `${ratio >= 100 ? grouped(ratio) : ratio.toFixed(ratio >= 10 ? 0 : 1)} ×`;
const day_of = (text) => text.slice(0, 16).replace("T", " ") + " UTC";

/* ---- colours ---- */

const KIND_COLOURS = {
  ingest: "#f4a853", input: "#f4a853", formats: "#f0be6a", simd: "#ef8262", analytics: "#bfa0dd",
  engine: "#7fb2e5", run: "#7fb2e5", model: "#e8cf5a", base: "#d9b98c", report: "#7fcdbb",
  api: "#9bd18b", cli: "#9bd18b", generate: "#c9d46a",
  library: "#c3b3a6", kernel: "#aab4c0", python: "#f4a853",
  stdlib: "#7fb2e5", other: "#cfd3d8", root: "#dfe3e8",
};
const KIND_NAMES = {
  python: "monitor.py", stdlib: "Python's library", library: "C libraries",
  kernel: "kernel", other: "other", simd: "simd",
};
const STAGE_COLOURS = {
  open: "#9aa3ad", read: "#5b8ecb", split: "#7cc4bb", decode: "#f29a3f",
  "look up": "#ecd05f", totals: "#b88ad0", merge: "#e0605f",
  print: "#a77f63", make: "#f29a3f", pack: "#b88ad0", write: "#5b8ecb",
};

function legend(target, entries) {
  target.replaceChildren(...entries.map(([name, colour]) =>
    make("span", {}, make("i", {fill_colour: colour}), name)));
}

/* ---- the tip beside the pointer ---- */

function show_tip(event, text) {
  const tip = $("tip");
  tip.textContent = text;
  tip.hidden = false;
  const width = tip.offsetWidth, height = tip.offsetHeight;
  const x = Math.min(event.clientX + 14, innerWidth - width - 6);
  const below = event.clientY + 18 + height < innerHeight;
  tip.style.left = `${Math.max(6, x)}px`;
  tip.style.top = `${below ? event.clientY + 18
    : event.clientY - height - 10}px`;
}

function hide_tip() {
  $("tip").hidden = true;
}

/* A switch between a few things. */
function choice(target, names, choose) {
  const buttons = names.map((name, i) => {
    const button = make("button", {type: "button"}, name);
    button.onclick = () => {
      buttons.forEach((other) =>
        other.setAttribute("aria-pressed", String(other === button)));
      choose(i);
    };
    return button;
  });
  target.replaceChildren(...buttons);
  return buttons;
}
