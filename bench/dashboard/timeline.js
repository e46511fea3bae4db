
/* ---- stages of each thread over time ----
 * From afar a column of pixels shows the shares of its time, stacked; near
 * enough, each stage is a bar with its name. Times are microseconds. */

const THREAD_PX = 54;
const BAR_PX = 3;   /* bars are drawn when a usual one is wider than this */

class Timeline {
  constructor(target, trace) {
    this.trace = trace;
    this.from = 0;
    this.to = trace.end_us;
    this.rows = trace.threads.map((thread) => this.row(target, thread.name,
      THREAD_PX, (row) => this.draw_thread(row, thread),
      (us) => this.words(thread, us)));
    if (trace.memory.length > 1)
      this.rows.push(this.row(target, "memory", 44,
        (row) => this.draw_memory(row), (us) => this.memory_words(us)));
    this.rows.push(this.row(target, "", 20, (row) => this.draw_axis(row),
      null));
    this.usual = this.usual_width();
  }

  row(target, name, height, draw, words) {
    const canvas = make("canvas", {height, class: words ? "" : "axis"});
    canvas.style.height = `${height}px`;
    target.append(make("div", {class: "thread"}, make("span", {}, name),
      canvas));
    const row = {canvas, height, draw};
    if (words) {
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `${name} over time`);
      canvas.onmousemove = (event) => this.on_move(event, row, words);
      canvas.onmouseleave = hide_tip;
      canvas.onmousedown = (event) => {
        this.drag = {row, from: this.time_at(event, row)};
      };
      canvas.ondblclick = () => this.go(0, this.trace.end_us);
    }
    return row;
  }

  /* The median length of a stage, to tell when bars can be seen. */
  usual_width() {
    const all = this.trace.threads.flatMap((thread) =>
      thread.stages.filter((_, i) => i % 3 === 1)).sort((a, b) => a - b);
    return all.length ? all[all.length >> 1] : 1;
  }

  time_at(event, row) {
    const box = row.canvas.getBoundingClientRect();
    return this.from + (event.clientX - box.left) / box.width *
      (this.to - this.from);
  }

  on_move(event, row, words) {
    const now = this.time_at(event, row);
    if (this.drag && this.drag.row === row)
      this.draw([this.drag.from, now]);
    show_tip(event, words(now));
  }

  end_drag(event) {
    if (!this.drag)
      return;
    const {row, from} = this.drag;
    const to = this.time_at(event, row);
    this.drag = null;
    if (Math.abs(to - from) > (this.to - this.from) / 200)
      this.go(Math.min(from, to), Math.max(from, to));
    else
      this.draw();
  }

  go(from, to) {
    const least = Math.min(20, this.trace.end_us);
    const length = Math.max(least, Math.min(this.trace.end_us, to - from));
    this.from = Math.max(0, Math.min(from, this.trace.end_us - length));
    this.to = this.from + length;
    this.draw();
  }

  zoom(factor) {
    const middle = (this.from + this.to) / 2;
    const half = (this.to - this.from) / 2 * factor;
    this.go(middle - half, middle + half);
  }

  move(share) {
    const by = (this.to - this.from) * share;
    this.go(this.from + by, this.to + by);
  }

  draw(selected = null) {
    for (const row of this.rows) {
      const scale = devicePixelRatio || 1;
      row.width = row.canvas.clientWidth;
      row.canvas.width = Math.max(1, row.width * scale);
      row.canvas.height = row.height * scale;
      row.context = row.canvas.getContext("2d");
      row.context.scale(scale, scale);
      row.per_us = row.width / (this.to - this.from);
      row.draw(row);
      if (selected) {
        row.context.fillStyle = "rgb(128 128 128 / .35)";
        row.context.fillRect((selected[0] - this.from) * row.per_us, 0,
          (selected[1] - selected[0]) * row.per_us, row.height);
      }
    }
    const is_all = this.from <= 0 && this.to >= this.trace.end_us;
    $("time-reset").disabled = is_all;
    $("time-range").textContent = `${span_of(this.from / 1e6)} to ` +
      `${span_of(this.to / 1e6)}`;
  }

  draw_thread(row, thread) {
    if (this.usual * row.per_us > BAR_PX)
      this.draw_bars(row, thread);
    else
      this.draw_shares(row, thread);
  }

  draw_bars(row, thread) {
    const {context, per_us, height} = row;
    context.font = "12px system-ui, sans-serif";
    for (let i = 0; i < thread.stages.length; i += 3) {
      const [begin, length, stage] = thread.stages.slice(i, i + 3);
      if (begin + length < this.from || begin > this.to)
        continue;
      const x = (begin - this.from) * per_us, width = length * per_us;
      const name = this.trace.stages[stage];
      context.fillStyle = STAGE_COLOURS[name];
      context.fillRect(x, 6, Math.max(width - .5, .5), height - 12);
      if (width > 48) {
        context.fillStyle = "#1a1a1a";
        context.fillText(name, Math.max(x, 0) + 5, height / 2 + 4);
      }
    }
  }

  /* [column][stage] us. A column is some blocks wide: one block more or
   * less must not show as noise. */
  shares(row, thread) {
    const column_px = Math.max(2, Math.round(Math.min(row.width / 80,
      40 * this.usual * row.per_us)));
    const n_columns = Math.ceil(row.width / column_px);
    const per_column = column_px / row.per_us;
    const n_stages = this.trace.stages.length;
    const sums = new Float64Array(n_columns * n_stages);
    for (let i = 0; i < thread.stages.length; i += 3) {
      const begin = thread.stages[i], stage = thread.stages[i + 2];
      const end = Math.min(begin + thread.stages[i + 1], this.to);
      let at = Math.max(begin, this.from);
      while (at < end) {
        const column = Math.min(n_columns - 1,
          Math.floor((at - this.from) / per_column + 1e-9));
        const until = Math.min(end,
          this.from + (column + 1) * per_column);
        if (until <= at)
          break;
        sums[column * n_stages + stage] += until - at;
        at = until;
      }
    }
    return {sums, n_columns, column_px, per_column, n_stages};
  }

  draw_shares(row, thread) {
    const {sums, n_columns, column_px, per_column, n_stages} =
      this.shares(row, thread);
    for (let column = 0; column < n_columns; column++) {
      let y = row.height;
      for (let stage = 0; stage < n_stages; stage++) {
        const part = sums[column * n_stages + stage] / per_column *
          row.height;
        if (part > 0) {
          y -= part;
          row.context.fillStyle = STAGE_COLOURS[this.trace.stages[stage]];
          row.context.fillRect(column * column_px, y, column_px, part);
        }
      }
    }
  }

  draw_memory(row) {
    const {context, per_us, height} = row;
    const points = this.trace.memory;
    const most = Math.max(...points.map((p) => p[1]));
    const y = (bytes) => height - 2 - bytes / most * (height - 18);
    context.beginPath();
    points.forEach(([us, bytes], i) => {
      const x = (us - this.from) * per_us;
      if (i > 0)
        context.lineTo(x, y(points[i - 1][1]));
      context.lineTo(x, y(bytes));
    });
    const style = getComputedStyle(document.documentElement);
    context.strokeStyle = style.getPropertyValue("--accent");
    context.lineWidth = 1.5;
    context.stroke();
    context.fillStyle = style.getPropertyValue("--soft");
    context.font = "12px system-ui, sans-serif";
    context.fillText(`most ${mib(most)}`, 6, 12);
  }

  draw_axis(row) {
    const {context, per_us, width} = row;
    const style = getComputedStyle(document.documentElement);
    context.fillStyle = style.getPropertyValue("--soft");
    context.font = "12px system-ui, sans-serif";
    const rough = (this.to - this.from) / Math.max(2, width / 110);
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((n) => n * power)
      .find((n) => n >= rough);
    for (let us = Math.ceil(this.from / step) * step; us <= this.to;
      us += step) {
      const text = span_of(us / 1e6);
      const x = (us - this.from) * per_us;
      const room = context.measureText(text).width;
      context.fillRect(x, 0, 1, 4);
      context.fillText(text,
        Math.max(0, Math.min(x - room / 2, width - room)), 16);
    }
  }

  words(thread, us) {
    const row = this.rows[this.trace.threads.indexOf(thread)];
    const half = this.usual * row.per_us > BAR_PX ? 0 : 2 / row.per_us;
    const sums = {};
    for (let i = 0; i < thread.stages.length; i += 3) {
      const [begin, length, stage] = thread.stages.slice(i, i + 3);
      const overlap = Math.min(begin + length, us + half) -
        Math.max(begin, us - half);
      if (half > 0 && overlap > 0)
        sums[stage] = (sums[stage] || 0) + overlap / (2 * half);
      else if (half === 0 && begin <= us && us < begin + length)
        return `${span_of(us / 1e6)}: ${this.trace.stages[stage]}, ` +
          `${span_of(length / 1e6)}`;
    }
    const parts = Object.entries(sums).map(([stage, share]) =>
      `${this.trace.stages[stage]} ${percent(share, 0)}`);
    return `${span_of(us / 1e6)}: ${parts.join(", ") || "nothing"}`;
  }

  memory_words(us) {
    let last = this.trace.memory[0];
    for (const point of this.trace.memory)
      if (point[0] <= us)
        last = point;
    return `${span_of(us / 1e6)}: ${mib(last[1])}`;
  }
}

function show_timeline() {
  const {trace, timings} = data.wattle;
  const joined = trace.joined_blocks > 0
    ? ` ${grouped(trace.joined_blocks)} blocks are put together with their ` +
      "neighbours." : "";
  $("stages-about").textContent = `One run of wattle report on ` +
    `${grouped(data.wattle.readings)} readings, ${timings.threads} ` +
    `thread${timings.threads === 1 ? "" : "s"}, from --trace. Far off, a ` +
    "column shows how its time is divided; empty is waiting. Near, each " +
    "bar is a stage of one block. Drag to zoom, double-click for all." +
    joined;
  const timeline = new Timeline($("timeline"), trace);
  const button = (id, text, label, act) => {
    const made = make("button", {type: "button", id, "aria-label": label},
      text);
    made.onclick = act;
    return made;
  };
  $("time-bar").append(
    button("time-in", "+", "Zoom in", () => timeline.zoom(1 / 3)),
    button("time-out", "−", "Zoom out", () => timeline.zoom(3)),
    button("time-left", "◀", "Earlier", () => timeline.move(-.5)),
    button("time-right", "▶", "Later", () => timeline.move(.5)),
    button("time-reset", "Reset", "Show all", () =>
      timeline.go(0, trace.end_us)),
    make("span", {id: "time-range"}));
  addEventListener("mouseup", (event) => timeline.end_drag(event));
  addEventListener("resize", () => timeline.draw());
  const used = new Set(trace.threads.flatMap((thread) =>
    thread.stages.filter((_, i) => i % 3 === 2)));
  legend($("stage-legend"), trace.stages
    .filter((_, i) => used.has(i)).map((name) => [name,
      STAGE_COLOURS[name]]));
  timeline.draw();
  show_sums(timings);
  return timeline;
}

function show_sums(timings) {
  const stages = ["open", "read", "split", "decode", "look up", "totals",
    "merge", "print"].map((name) =>
    [name, timings[name === "look up" ? "lookup_s" : `${name}_s`]]);
  const all_s = stages.reduce((sum, [, s]) => sum + s, 0) || 1;
  const stack = make("div", {class: "stack"});
  const table = make("table", {}, make("tr", {}, make("th", {}, "Stage"),
    make("th", {class: "n"}, "time"),
    make("th", {class: "n"}, "share"),
    make("th", {class: "n"}, "per reading")));
  for (const [name, s] of stages) {
    const colour = STAGE_COLOURS[name];
    const part = make("div", {fill_colour: colour, title:
      `${name}: ${span_of(s)}`}, s / all_s > .06 ? name : "");
    part.style.width = `${s / all_s * 100}%`;
    stack.append(part);
    table.append(make("tr", {}, make("td", {}, name),
      make("td", {class: "n"}, span_of(s)),
      make("td", {class: "n"}, percent(s / all_s)),
      make("td", {class: "n"},
        `${short(s / data.wattle.readings * 1e9)} ns`)));
  }
  $("stage-sums").append(stack, table);
}
