
/* ---- flame graph ----
 * Every node of the tree has one button, placed in percent of the width, so
 * that it follows the window. Zooming gives the chosen node the whole width;
 * those above it keep it too, what is beside it goes away. */

const ROW_PX = 22;
const LEAST_PX = 2; /* narrower frames are left out until zoomed */

class Flame {
  constructor(target) {
    this.target = target;
    this.nodes = [];
    this.zoomed = null;
    this.word = "";
    target.addEventListener("keydown", (event) => this.on_key(event));
    target.addEventListener("mouseleave", hide_tip);
  }

  show(flame) {
    this.flame = flame;
    this.nodes = [];
    const add = (tuple, parent, begin, depth) => {
      const [name, kind, value, children] = tuple;
      const node = {name, kind, value, parent, begin, depth, children: [],
        share: value / flame.tree[2]};
      this.nodes.push(node);
      let at = begin;
      for (const child of children) {
        node.children.push(add(child, node, at, depth + 1));
        at += child[2];
      }
      return node;
    };
    this.root = add(flame.tree, null, 0, 0);
    this.target.replaceChildren(...this.nodes.map((n) => this.button(n)));
    this.zoom(this.root);
    this.search(this.word);
    this.describe(null);
  }

  button(node) {
    const button = make("button", {type: "button", class: "frame",
      role: "treeitem", tabindex: -1, "data-name": node.name,
      "aria-label": this.words(node),
      fill_colour: KIND_COLOURS[node.kind] || KIND_COLOURS.other}, node.name);
    button.style.top = `${node.depth * ROW_PX}px`;
    button.onclick = () => this.zoom(node);
    button.onmousemove = (event) => show_tip(event, this.words(node));
    button.onmouseenter = () => this.describe(node);
    button.onfocus = () => this.describe(node);
    node.button = button;
    return button;
  }

  words(node) {
    const room = node.kind === "root" ? ""
      : ` [${KIND_NAMES[node.kind] || node.kind}]`;
    return `${node.name}${room}: ${percent(node.share)}, ` +
      `${grouped(node.value)} ${this.flame.unit}`;
  }

  describe(node) {
    const detail = $("detail");
    if (!node) {
      detail.textContent = "Point at a frame, or go with the arrow keys; " +
        "click or Enter zooms, Esc resets, / searches.";
      return;
    }
    const path = [];
    for (let n = node.parent; n && n.parent; n = n.parent)
      path.unshift(n.name);
    detail.replaceChildren(make("b", {}, this.words(node)),
      path.length ? ` — called by ${path.slice(-4).join(" › ")}` : "");
  }

  zoom(node) {
    hide_tip();
    this.zoomed = node;
    let deepest = 0;
    for (const n of this.nodes) {
      const is_above = n.depth < node.depth && n.begin <= node.begin &&
        n.begin + n.value >= node.begin + node.value &&
        this.is_ancestor(n, node);
      const is_below = n.depth >= node.depth && this.is_ancestor(node, n);
      const left = is_below ? (n.begin - node.begin) / node.value : 0;
      const width = is_below ? n.value / node.value : is_above ? 1 : 0;
      n.width = width;
      const is_seen = width * this.target.clientWidth >= LEAST_PX;
      n.button.hidden = !is_seen;
      n.button.style.left = `${left * 100}%`;
      n.button.style.width = `${width * 100}%`;
      n.button.classList.toggle("above", is_above);
      n.button.classList.toggle("thin",
        width * this.target.clientWidth < 32);
      n.button.tabIndex = n === node ? 0 : -1;
      n.button.setAttribute("aria-level", n.depth + 1);
      if (is_seen)
        deepest = Math.max(deepest, n.depth);
    }
    this.target.style.height = `${(deepest + 1) * ROW_PX}px`;
    $("reset").disabled = node === this.root;
  }

  is_ancestor(above, node) {
    for (let n = node; n; n = n.parent)
      if (n === above)
        return true;
    return false;
  }

  /* Marks what holds the word; returns how many, and their share, in which
   * what lies below another match counts once. */
  search(word) {
    this.word = word;
    const wanted = word.trim().toLowerCase();
    let n_hits = 0, value = 0;
    for (const node of this.nodes) {
      const kind = KIND_NAMES[node.kind] || node.kind;
      node.is_hit = wanted !== "" && node !== this.root &&
        (node.name.toLowerCase().includes(wanted) ||
         kind.toLowerCase() === wanted);
      node.is_under = node.parent !== null &&
        (node.parent.is_hit || node.parent.is_under);
      node.button.classList.toggle("hit", node.is_hit);
      if (node.is_hit) {
        n_hits++;
        value += node.is_under ? 0 : node.value;
      }
    }
    this.target.classList.toggle("searching", wanted !== "");
    $("matches").textContent = wanted === "" ? ""
      : `${n_hits} frame${n_hits === 1 ? "" : "s"}, ` +
        `${percent(value / this.root.value)} of all`;
  }

  on_key(event) {
    const node = this.nodes.find((n) => n.button === document.activeElement);
    if (event.key === "Escape")
      this.zoom(this.root);
    if (!node)
      return;
    const seen = (n) => n && !n.button.hidden ? n : null;
    const row = node.parent ? node.parent.children.filter(seen) : [node];
    const at = row.indexOf(node);
    const next = {
      ArrowUp: node.parent, ArrowLeft: row[at - 1], ArrowRight: row[at + 1],
      ArrowDown: node.children.find(seen),
    }[event.key];
    if (event.key.startsWith("Arrow"))
      event.preventDefault();
    if (seen(next)) {
      node.button.tabIndex = -1;
      next.button.tabIndex = 0;
      next.button.focus();
    }
  }
}

function kinds_in(tree, found = new Set()) {
  found.add(tree[1]);
  tree[3].forEach((child) => kinds_in(child, found));
  return found;
}

function show_flames() {
  const flames = [];
  if (data.wattle.flame)
    flames.push(["wattle", data.wattle.flame]);
  if (data.before)
    flames.push(["Python monitor", data.before.python.flame]);
  if (!flames.length) {
    $("flame").hidden = true;
    return null;
  }
  const flame = new Flame($("frames"));
  const show = (i) => {
    const one = flames[i][1];
    $("flame-about").textContent = `${one.command}: ` +
      `${grouped(one.tree[2])} ${one.unit} (${one.tool}). ` +
      "A frame is as wide as its share; below it is what it calls. What " +
      "the compiler has put into another function is counted there.";
    flame.show(one);
    const names = [...kinds_in(one.tree)].filter((kind) => kind !== "root");
    legend($("flame-legend"), Object.keys(KIND_COLOURS)
      .filter((kind) => names.includes(kind))
      .map((kind) => [KIND_NAMES[kind] || kind, KIND_COLOURS[kind]]));
  };
  choice($("flame-choice"), flames.map(([name]) => name), show)[0].click();
  $("search").oninput = () => flame.search($("search").value);
  $("reset").onclick = () => flame.zoom(flame.root);
  addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== $("search")) {
      event.preventDefault();
      $("search").focus();
    }
  });
  addEventListener("resize", () => flame.zoom(flame.zoomed));
  return flame;
}
