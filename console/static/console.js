// Makes pages that work without it quicker to work with: keys, sliders that answer at once, filters without a button.
"use strict";
document.documentElement.classList.add("js");
const one = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const isSeen = (element) => element.getClientRects().length > 0 || element.matches(".choice input");

// --- keys: every element with data-key is clicked, or focused if one writes into it
let before = "";
document.addEventListener("keydown", (event) => {
  const target = event.target;
  if (event.ctrlKey || event.metaKey || event.altKey || one("dialog[open]")) return;
  if (target.matches("input:not([type=radio]):not([type=checkbox]):not([type=range]), textarea, select")) {
    if (event.key === "Escape") target.blur();
    return;
  }
  const key = before ? `${before} ${event.key}` : event.key;
  before = "";
  if (event.key === "g") { before = "g"; setTimeout(() => { before = ""; }, 1500); return; }
  if (act(key)) event.preventDefault();
});

function act(key) {
  if (/^[1-9]$/.test(key)) return choose(key);
  const found = all(`[data-key="${CSS.escape(key)}"]`).find(isSeen);
  if (found) { use(found); return true; }
  if (key === "j" || key === "k") return step(key === "j" ? 1 : -1);
  if (key === "a") { const form = one("[data-decide]"); if (form) { one("input[type=radio]", form).focus(); return true; } }
  return viewerKey(key);
}

function use(element) {
  if (element.matches("input[type=radio]")) { element.checked = true; element.dispatchEvent(new Event("change", { bubbles: true })); element.focus(); }
  else if (element.matches("input, select")) element.focus();
  else element.click();
}

function step(by) {
  const links = all("[data-row] .rowlink");
  if (!links.length) return false;
  const at = links.indexOf(document.activeElement);
  const to = links[at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + by))];
  to.focus();
  to.scrollIntoView({ block: "nearest" });
  return true;
}

// --- decisions: the digit of a reason decides
function choose(digit) {
  const reason = all(`[data-preset="${digit}"]`).find((input) => input.closest(".presets").getClientRects().length);
  if (!reason) return false;
  reason.checked = true;
  reason.form.requestSubmit();
  return true;
}
for (const form of all("[data-decide]")) {
  form.addEventListener("change", (event) => {
    if (event.target.name === "decision") all("[data-preset]", form).forEach((input) => { input.checked = false; });
  });
  form.addEventListener("submit", (event) => {
    const said = one("[name=reason]", form).value.trim() || one("[data-preset]:checked", form);
    if (!said) { event.preventDefault(); one("[name=reason]", form).focus(); return; }
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}

// --- the picture
const viewer = one("[data-viewer]");
const view = viewer && {
  stage: one("[data-stage]", viewer), image: one("image", viewer), form: one(".controls", viewer), turn: 0, waiting: false, wanted: "",
};
function draw() {
  const field = (name) => one(`[name=${name}]`, view.form);
  const query = field("centre") ? `?centre=${field("centre").value}&width=${field("width").value}` : "";
  const source = `${viewer.dataset.source}${field("slide").value}.png${query}`;
  for (const output of all("output", view.form)) {
    const value = Number(field(output.dataset.of).value);
    output.value = output.dataset.of === "slide" ? value + 1 : value;
  }
  for (const box of all("g[data-slide]", viewer)) box.classList.toggle("away", box.dataset.slide !== field("slide").value);
  view.wanted = source;
  if (!view.waiting) load();
}
function load() { // one picture at a time: the last one that was asked for wins
  const source = view.wanted;
  if (view.image.getAttribute("href") === source) return;
  view.waiting = true;
  const next = new Image();
  next.onload = next.onerror = () => {
    view.image.setAttribute("href", source);
    view.waiting = false;
    if (view.wanted !== source) load();
  };
  next.src = source;
}
function move(name, by) {
  const input = one(`[name=${name}]`, view.form);
  if (!input) return false;
  input.value = Number(input.value) + by;
  draw();
  return true;
}
function reach(name) { const input = one(`[name=${name}]`, view.form); return input ? (input.max - input.min) / 40 || 1 : 0; }
function viewerKey(key) {
  if (!viewer) return false;
  const moves = { ",": ["slide", -1], ".": ["slide", 1], "[": ["centre", reach("centre")], "]": ["centre", -reach("centre")], "-": ["width", reach("width")], "+": ["width", -reach("width")], "=": ["width", -reach("width")] };
  return key in moves && move(...moves[key]);
}
if (viewer) {
  view.turn = Number(one("[name=turn]", view.form).value);
  view.form.addEventListener("input", draw);
  view.form.addEventListener("submit", (event) => event.preventDefault());
  one("[data-reset]", viewer)?.addEventListener("click", () => {
    one("[name=centre]", view.form).value = viewer.dataset.ownCentre;
    one("[name=width]", view.form).value = viewer.dataset.ownWidth;
    draw();
  });
  one("[data-turn]", viewer).addEventListener("click", () => {
    view.stage.classList.remove(`turn-${view.turn}`);
    view.turn = (view.turn + 90) % 360;
    view.stage.classList.add(`turn-${view.turn}`);
  });
  one("[data-boxes]", viewer).addEventListener("click", (event) => {
    const off = view.stage.classList.toggle("no-boxes");
    event.currentTarget.setAttribute("aria-pressed", String(!off));
  });
  one("[data-zoom]", viewer).addEventListener("click", (event) => {
    event.currentTarget.setAttribute("aria-pressed", String(view.stage.classList.toggle("zoomed")));
  });
  let from = null; // dragging over the picture changes the window: sideways its width, up and down its centre
  view.stage.addEventListener("pointerdown", (event) => { if (!event.target.closest("a")) { from = [event.clientX, event.clientY]; view.stage.setPointerCapture(event.pointerId); } });
  view.stage.addEventListener("pointerup", () => { from = null; });
  view.stage.addEventListener("pointermove", (event) => {
    if (!from) return;
    move("width", (event.clientX - from[0]) * reach("width") / 10);
    move("centre", (event.clientY - from[1]) * reach("centre") / 10);
    from = [event.clientX, event.clientY];
  });
  view.stage.addEventListener("wheel", (event) => {
    const leafs = one("[name=slide]", view.form).max > 0 && !view.stage.classList.contains("zoomed");
    if (leafs && move("slide", Math.sign(event.deltaY))) event.preventDefault();
  }, { passive: false });
}

// --- elements are asked for when somebody opens them, and not before: it is noted that they looked
for (const details of all("[data-load]")) {
  details.addEventListener("toggle", async () => {
    if (!details.open || details.dataset.loaded) return;
    details.dataset.loaded = "yes";
    const slide = "slide" in details.dataset && viewer ? `&slide=${one("[name=slide]", view.form).value}` : "";
    const answer = await fetch(details.dataset.load + slide);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fragment = one("[data-fragment]", page);
    if (fragment) { one("p", details).replaceWith(fragment); fragment.scrollIntoView({ block: "nearest" }); }
  });
}

// --- filters without a button
for (const form of all("[data-auto]")) form.addEventListener("change", () => form.requestSubmit());

// --- a page that shows what goes on shows it anew
const refreshed = one("main[data-refresh]");
if (refreshed) setInterval(async () => {
  if (document.hidden || one("dialog[open]") || refreshed.contains(document.activeElement)) return;
  try {
    const answer = await fetch(location.href);
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    refreshed.replaceChildren(...one("main", page).childNodes);
    for (const form of all("[data-auto]", refreshed)) form.addEventListener("change", () => form.requestSubmit());
  } catch { /* away for a moment: the next time will tell */ }
}, 1000 * refreshed.dataset.refresh);

// --- theme, and the list of keys
one("[data-help]")?.addEventListener("click", () => one("#help").showModal());
one("[data-theme-switch]")?.addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try { localStorage.setItem("pixl-theme", root.dataset.theme); } catch { /* kept for this page only */ }
});
