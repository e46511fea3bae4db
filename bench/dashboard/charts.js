
/* ---- tables, bars, curves ---- */

function cells(name, values, first_class = "name") {
  return make("tr", {}, ...values.map((value, i) =>
    make(name, {class: i === 0 ? first_class : "n"}, value)));
}

/* One bar with its words: what, how long (0..1), and the value. */
function bar(what, share, value, options = {}) {
  const fill = make("div", {class: "fill", fill_colour: options.colour});
  fill.style.width = `${Math.min(1, share) * 100}%`;
  const track = make("div", {class: "track"}, fill);
  if (options.mark) {
    const mark = make("div", {class: "mark", title: "the profile before"});
    mark.style.left = `${Math.min(1, options.mark) * 100}%`;
    track.append(mark);
  }
  return make("div", {class: "row", title: options.title},
    make("div", {class: "what"}, what), track,
    make("div", {class: "value"}, ...[value].flat()));
}

function show_cards() {
  const ours = data.wattle;
  const list = [
    [span_of(ours.wall_s), `for ${grouped(ours.readings)} readings, ` +
      `${ours.timings.threads} threads`],
    [`${count_of(ours.readings / ours.wall_s)}`, "readings a second, " +
      `${short(ours.bytes / ours.wall_s / 1e9)} GB/s`],
    [mib(ours.peak_rss_bytes), "memory at most"],
  ];
  if (ours.instructions)
    list.push([short(ours.instructions.per_reading),
      "instructions per reading (AVX2)"]);
  if (data.before) {
    const {python, wattle, readings} = data.before;
    list.push([times_of(python.wall_s / wattle.wall_s),
      `as fast as the Python monitor, ${grouped(readings)} readings`]);
    list.push([times_of(python.peak_rss_bytes / wattle.peak_rss_bytes),
      "less memory than the Python monitor"]);
  }
  $("cards").append(...list.map(([figure, words]) =>
    make("div", {class: "card"}, make("b", {}, figure),
      make("small", {}, words))));
}

function top_table(title, flame) {
  const table = make("table", {}, make("tr", {}, make("th", {}, "function"),
    make("th", {class: "n"}, "own"), make("th", {class: "n"},
      "with callees")));
  for (const row of flame.top) {
    const where = KIND_NAMES[row.kind] || row.kind;
    table.append(make("tr", {},
      make("td", {class: "name"}, row.name,
        make("span", {class: "where"}, where)),
      make("td", {class: "n"}, percent(row.own_share)),
      make("td", {class: "n"}, percent(row.whole_share))));
  }
  return make("div", {}, make("h3", {}, title),
    make("div", {class: "scroll"}, table));
}

function show_top() {
  const tables = [];
  if (data.wattle.flame)
    tables.push(top_table("wattle report", data.wattle.flame));
  if (data.before)
    tables.push(top_table("Python monitor", data.before.python.flame));
  $("top").hidden = tables.length === 0;
  $("top-about").textContent = "By own share of the samples of the flame " +
    "graph; a function that stands twice in a stack counts once.";
  $("top-tables").append(...tables);
}

/* "12 % less", coloured; null when nothing is to be compared. */
function change(now, then) {
  if (then === undefined || then === null || then === 0)
    return null;
  const share = now / then - 1;
  if (Math.abs(share) < 0.0005)
    return make("small", {}, " unchanged");
  return make("small", {class: share < 0 ? "better" : "worse"},
    ` ${percent(Math.abs(share))} ${share < 0 ? "less" : "more"}`);
}

function show_instructions() {
  const counted = data.wattle.instructions;
  if (!counted) {
    $("instructions").hidden = true;
    return;
  }
  const is_same = data.earlier &&
    data.earlier.counted_readings === counted.readings;
  const earlier = is_same ? data.earlier.functions : {};
  $("instructions-about").textContent = `${counted.command}, counted by ` +
    `callgrind on ${grouped(counted.readings)} readings: ` +
    `${short(counted.per_reading)} each, start and end of the program ` +
    "included. The same on a busy machine and from run to run." +
    (is_same ? " The mark is the profile before this one." : "");
  const longest = Math.max(...counted.functions.map((f) =>
    Math.max(f.per_reading, earlier[f.name] || 0)));
  for (const row of counted.functions) {
    const then = earlier[row.name];
    $("instruction-bars").append(bar(row.name, row.per_reading / longest,
      [`${short(row.per_reading)} `,
        make("small", {}, percent(row.share)),
        change(row.per_reading, then)].filter((part) => part !== null),
      {colour: KIND_COLOURS[row.kind] || KIND_COLOURS.other,
        mark: then ? then / longest : null, title: row.file}));
  }
}

/* ---- memory: both axes logarithmic ---- */

function log_axis(low, high, from, to) {
  const a = Math.log10(low), b = Math.log10(high);
  return (value) => from + (Math.log10(Math.max(value, low)) - a) /
    (b - a) * (to - from);
}

function decades(low, high) {
  const found = [];
  for (let p = Math.floor(Math.log10(low)); 10 ** p <= high * 1.001; p++)
    if (10 ** p >= low * 0.999)
      found.push(10 ** p);
  return found;
}

function show_memory() {
  if (!data.before) {
    $("memory").hidden = true;
    return;
  }
  const {python, wattle, readings} = data.before;
  $("memory-about").textContent = `Resident memory of each program while ` +
    `it works on the same ${grouped(readings)} readings, looked at from ` +
    "outside; pages of a mapped file count. Both axes are logarithmic.";
  const draw = () => draw_memory_chart(
    [["wattle", wattle, "var(--bar)", true],
      ["Python monitor", python, "var(--old)", false]]);
  addEventListener("resize", draw);
  draw();
}

function draw_memory_chart(lines) {
  const target = $("memory-chart");
  const width = Math.max(300, target.clientWidth), height = 300;
  const points = lines.flatMap(([, one]) => one.memory);
  const low_s = 10 ** Math.floor(Math.log10(Math.max(1e-4,
    Math.min(...points.map((p) => p[0])))));
  const high_s = Math.max(...lines.map(([, one]) => one.wall_s),
    ...points.map((p) => p[0])) * 1.1;
  const high_b = Math.max(...lines.map(([, o]) => o.peak_rss_bytes)) * 2;
  const x = log_axis(low_s, high_s, 64, width - 12);
  const y = log_axis(1048576, high_b, height - 30, 12);
  const svg = make("svg", {class: "chart", viewBox:
    `0 0 ${width} ${height}`, role: "img", "aria-label": lines.map(
    ([name, one]) => `${name}: at most ${mib(one.peak_rss_bytes)}`)
    .join("; ")});
  for (const s of decades(low_s, high_s))
    svg.append(make("line", {class: "grid", x1: x(s), x2: x(s), y1: 12,
      y2: height - 30}), make("text", {x: x(s), y: height - 12,
      "text-anchor": "middle"}, span_of(s)));
  for (const m of decades(1, high_b / 1048576))
    svg.append(make("line", {class: "grid", x1: 64, x2: width - 12,
      y1: y(m * 1048576), y2: y(m * 1048576)}), make("text",
      {x: 58, y: y(m * 1048576) + 4, "text-anchor": "end"}, `${m} MiB`));
  lines.forEach(([name, one, colour, is_below]) => {
    const path = one.memory.filter((p) => p[1] >= 1048576).map(([s, bytes], i) =>
      `${i ? "L" : "M"}${x(s).toFixed(1)} ${y(bytes).toFixed(1)}`).join("");
    const [s, bytes] = one.memory.reduce((most, point) =>
      point[1] > most[1] ? point : most);
    svg.append(make("path", {d: path, fill: "none", stroke: colour,
      "stroke-width": 2.2, "stroke-linejoin": "round"}),
    make("circle", {cx: x(s), cy: y(bytes), r: 4, fill: colour}));
    const late = one.memory.slice(one.memory.length >> 1);
    const level = is_below ? Math.min(...late.map((p) => p[1])) : bytes;
    const label = make("text", {class: "label", x: x(s),
      y: y(level) + (is_below ? 20 : -11), "text-anchor": x(s) > width / 2 ? "end"
        : "middle"}, `${name}: ${mib(one.peak_rss_bytes)}, ` +
      `${span_of(one.wall_s)}`);
    label.style.fill = colour;
    svg.append(label);
  });
  target.replaceChildren(svg);
}

/* ---- from bench/results ---- */

function show_ladder() {
  const {ladder} = data;
  if (!ladder) {
    $("ladder").hidden = true;
    return;
  }
  $("ladder-about").textContent = `What each technique is worth: ` +
    `${grouped(ladder.readings)} readings, wall time of whole processes on a ` +
    `logarithmic scale, as recorded ${day_of(ladder.taken_at)} on ` +
    `${ladder.cpu}, ${ladder.cores} cores (bench/results/ladder.json).`;
  const walls = ladder.steps.map((step) => step.wall_s);
  const low = 10 ** Math.floor(Math.log10(Math.min(...walls) / 2));
  const share = log_axis(low, Math.max(...walls), 0, 1);
  const colours = {python: "var(--old)", ladder: "var(--bar-soft)"};
  const part = (kind, title) => {
    const steps = ladder.steps.filter((step) => step.kind === kind);
    if (!steps.length)
      return;
    $("ladder-bars").append(make("h3", {}, title));
    for (const step of steps)
      $("ladder-bars").append(bar(step.title, share(step.wall_s),
        [`${span_of(step.wall_s)} `, make("small", {}, gain_words(step))],
        {colour: colours[step.program], title: step.title}));
  };
  part("stack", "One technique on the other");
  part("off", "One technique less, in the C program");
  part("switch", "One switch against the default");
  if (ladder.steps.some((step) => step.program !== "wattle"))
    $("ladder-bars").append(make("div", {class: "legend"},
      ...[["Python monitor", colours.python],
        ["C program (bench/ladder)", colours.ladder],
        ["wattle", "var(--bar)"]].map(([name, colour]) =>
        make("span", {}, make("i", {fill_colour: colour}), name))));
}

function gain_words(step) {
  if (!step.gain)
    return "";
  if (Math.abs(step.gain - 1) < 0.02)
    return "the same";
  return step.gain > 1 ? `${step.gain.toFixed(2)} × faster`
    : `${(1 / step.gain).toFixed(2)} × slower`;
}

function before_rows() {
  const rows = [];
  const add = (readings, python, wattle, ratio, from) => {
    rows.push([`${grouped(readings)} readings`, span_of(python.wall_s),
      span_of(wattle.wall_s), times_of(ratio), mib(python.peak_rss_bytes),
      mib(wattle.peak_rss_bytes),
      times_of(python.peak_rss_bytes / wattle.peak_rss_bytes), from]);
  };
  if (data.before) {
    const {python, wattle, readings} = data.before;
    add(readings, python, wattle, python.wall_s / wattle.wall_s,
      "this run");
  }
  for (const row of data.bench ? data.bench.rows : [])
    add(row.readings, row.before, row.wattle, row.ratio,
      `benchmark of ${data.bench.taken_at.slice(0, 10)}`);
  return rows;
}

function show_before() {
  const rows = before_rows();
  const target = $("before-tables");
  $("before-about").textContent = "The Python monitor that wattle replaces, " +
    "against wattle: whole processes on the same files, medians.";
  const table = make("table", {}, cells("th", ["", "Python", "wattle",
    "faster", "Python's memory", "wattle's", "less", "from"]));
  table.append(...rows.map((row) => cells("td", row)));
  target.append(make("div", {class: "scroll"}, table));
  const then = data.earlier;
  if (!then)
    return;
  const now = data.wattle;
  const name = (one) => `${(one.software.commit || "").slice(0, 7)} ` +
    day_of(one.taken_at);
  const both = make("table", {}, cells("th", ["", name(then), name(data),
    "change"]));
  const add = (what, old, fresh, words) => {
    if (old && fresh)
      both.append(cells("td", [what, words(old), words(fresh),
        change(fresh, old)]));
  };
  const counted = now.instructions;
  if (counted && then.counted_readings === counted.readings)
    add("instructions per reading", then.instructions_per_reading,
      counted.per_reading, short);
  if (then.readings === now.readings) {
    add("wall time", then.wall_s, now.wall_s, span_of);
    add("wall time, one thread", then.one_thread_wall_s,
      now.one_thread.wall_s, span_of);
    add("memory at most", then.peak_rss_bytes, now.peak_rss_bytes, mib);
  }
  if (both.rows.length < 2)
    return;
  target.append(make("h3", {}, "The profile before this one"));
  if (then.other_cpu_share > 0.05)
    target.append(make("p", {class: "about"}, "Others used " +
      `${percent(then.other_cpu_share, 0)} of the CPU then: compare the ` +
      "instructions, not the times."));
  target.append(make("div", {class: "scroll"}, both));
}
