
/* ---- the page ---- */

function set_theme(theme) {
  document.documentElement.dataset.theme = theme;
  const other = theme === "dark" ? "light" : "dark";
  $("theme").textContent = other === "dark" ? "Dark" : "Light";
  $("theme").setAttribute("aria-label", `Change to ${other} colours`);
}

function show_facts() {
  const {machine, software} = data;
  $("facts").textContent = [software.wattle,
    software.commit ? `commit ${software.commit.slice(0, 7)}` : null,
    day_of(data.taken_at), `${machine.cpu}, ${machine.cores} cores`,
    `simd ${data.wattle.timings.simd}`, machine.system]
    .filter((part) => part).join(" · ");
  const notes = [...data.notes];
  if (data.other_cpu_share > 0.05)
    notes.push(`Others used ${percent(data.other_cpu_share, 0)} of the CPU ` +
      "meanwhile: times are not to be trusted, instructions are.");
  $("notes").append(...notes.map((text) =>
    make("p", {class: "note"}, text)));
  $("footer").textContent = "Written by make profile. Times of this page are " +
    `medians (wattle: of ${data.wattle.runs}); under a profiler programs ` +
    "are slower than that.";
}

const system_dark = matchMedia("(prefers-color-scheme: dark)");
set_theme(system_dark.matches ? "dark" : "light");
show_facts();
show_cards();
show_flames();
const timeline = show_timeline();
show_top();
show_instructions();
show_memory();
show_ladder();
show_before();
for (const link of document.querySelectorAll("nav a"))
  link.hidden = document.querySelector(link.hash).hidden;
$("theme").onclick = () => {
  set_theme(document.documentElement.dataset.theme === "dark"
    ? "light" : "dark");
  timeline.draw();
};
system_dark.addEventListener("change", (event) => {
  set_theme(event.matches ? "dark" : "light");
  timeline.draw();
});
