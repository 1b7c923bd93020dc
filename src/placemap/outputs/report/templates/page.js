"use strict";
// What all reports share: the map's view, tables that sort and filter, files, print. Each report's own script follows.
const placemap = (function () {
  const data = JSON.parse(document.getElementById("report-data").textContent);
  const byId = (id) => document.getElementById(id);
  const people = (value) => value.toLocaleString("en-GB");
  const percent = (value) => (value === null ? "–" : (value * 100).toFixed(1) + "%");
  document.documentElement.classList.add("scripted");

  // --- map -----------------------------------------------------------------------------------------------------
  const svg = byId("map-svg"), box = byId("map-box");
  const whole = svg.viewBox.baseVal, full = { x: 0, y: 0, w: whole.width, h: whole.height };
  let view = { ...full }, press = null;

  function show() {
    view.w = Math.min(Math.max(view.w, full.w / 60), full.w);
    view.h = view.w * full.h / full.w;
    view.x = Math.min(Math.max(view.x, 0), full.w - view.w);
    view.y = Math.min(Math.max(view.y, 0), full.h - view.h);
    svg.setAttribute("viewBox", [view.x, view.y, view.w, view.h].map((value) => value.toFixed(1)).join(" "));
    for (const group of svg.querySelectorAll("g[data-size]")) {
      group.setAttribute("font-size", group.dataset.size * view.w / full.w);
    }
    for (const line of svg.querySelectorAll(".leader")) {  // ends at the edge of its name, which keeps its size
      const [x, y, edgeX, edgeY] = line.dataset.label.split(" ").map(Number);
      line.setAttribute("x1", x + (edgeX - x) * view.w / full.w);
      line.setAttribute("y1", y + (edgeY - y) * view.w / full.w);
    }
  }
  function zoom(factor, x = view.x + view.w / 2, y = view.y + view.h / 2) {
    const before = view.w;
    const width = Math.min(Math.max(view.w * factor, full.w / 60), full.w);
    const change = width / before;
    view = { x: x - (x - view.x) * change, y: y - (y - view.y) * change, w: width, h: view.h * change };
    show();
  }
  // Show a part of the map: `area` with air around it, in all `times` as wide as the area itself.
  function frame(area, times) {
    const size = Math.max(area.width, area.height * full.w / full.h) * times;
    const high = size * full.h / full.w;
    view = { x: area.x + area.width / 2 - size / 2, y: area.y + area.height / 2 - high / 2, w: size, h: high };
    show();
  }
  function move(right, down) {
    view.x += right * view.w;
    view.y += down * view.h;
    show();
  }
  const actions = { in: () => zoom(0.6), out: () => zoom(1 / 0.6), reset: () => { view = { ...full }; show(); } };
  for (const button of document.querySelectorAll("[data-map]")) {
    button.addEventListener("click", () => actions[button.dataset.map]());
  }
  const keys = {
    ArrowLeft: () => move(-0.2, 0), ArrowRight: () => move(0.2, 0), ArrowUp: () => move(0, -0.2),
    ArrowDown: () => move(0, 0.2), "+": actions.in, "=": actions.in, "-": actions.out, 0: actions.reset,
  };
  box.addEventListener("keydown", (event) => {
    if (keys[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      keys[event.key]();
    }
  });
  function ground(event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [point.x, point.y];
  }
  box.addEventListener("wheel", (event) => {
    // The page scrolls as usual until the map has been chosen by a click or the keyboard, and where it is whole already.
    if (document.activeElement !== box && !event.ctrlKey) return;
    if (event.deltaY > 0 && view.w >= full.w && !event.ctrlKey) return;
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 33 : 1);
    zoom(Math.exp(Math.max(-300, Math.min(300, pixels)) * 0.0022), ...ground(event));
  }, { passive: false });
  const fingers = new Map();
  box.addEventListener("pointerdown", (event) => {
    fingers.set(event.pointerId, event);
    if (fingers.size === 1) press = event;
  });
  for (const end of ["pointerup", "pointercancel"]) {
    box.addEventListener(end, (event) => {
      fingers.delete(event.pointerId);
      box.classList.remove("dragged");
    });
  }
  const gap = (one, other) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
  box.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    // A drag goes on beyond the map's edge; a click stays a click, as the pointer is held only once it has moved.
    if (Math.hypot(event.clientX - press.clientX, event.clientY - press.clientY) > 5 && !box.hasPointerCapture(event.pointerId)) {
      box.setPointerCapture(event.pointerId);
      box.classList.add("dragged");
    }
    const [x0, y0] = ground(before), [x1, y1] = ground(event);
    const other = [...fingers.values()].find((finger) => finger.pointerId !== event.pointerId);
    if (other) {
      zoom(gap(before, other) / Math.max(gap(event, other), 1), ...ground(other));
    } else {
      view.x += x0 - x1;
      view.y += y0 - y1;
      show();
    }
    fingers.set(event.pointerId, event);
  });

  // --- tables that sort and filter ---------------------------------------------------------------------------------
  function value(row, column, kind) {
    const text = row.cells[column].textContent.trim();
    return kind === "number" ? Number(text.replace(/[,%]/g, "")) : text;
  }
  function sortBy(table, header, column) {
    const down = header.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", down ? "descending" : "ascending");
    const kind = header.dataset.sort, body = table.tBodies[0];
    const rows = [...body.rows].sort((one, other) => {
      const a = value(one, column, kind), b = value(other, column, kind);
      const order = kind === "number" ? a - b : a.localeCompare(b, "en-GB");
      return down ? -order : order;
    });
    body.append(...rows);
  }
  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((header, column) => {
      const button = document.createElement("button");
      button.type = "button";
      // On paper a plain title stands instead: browsers repeat a table's head on every page only if it holds no controls.
      const title = document.createElement("span");
      title.className = "print";
      title.textContent = button.textContent = header.textContent;
      button.addEventListener("click", () => sortBy(table, header, column));
      header.replaceChildren(button, title);
    });
  }
  // A search box shows the rows that have all of its words, a select those whose cell of its column has its value.
  const filters = new Map();
  function filter(table) {
    const controls = [...document.querySelectorAll(`[data-filter="${table.id}"]`)];
    const tests = controls.filter((control) => control.value.trim()).map((control) => {
      const wanted = control.value.trim().toLowerCase();
      if (control.tagName === "SELECT") {
        return (row) => row.cells[control.dataset.column].dataset.value === control.value;
      }
      const words = (filters.get(table.id) || ((text) => text))(wanted).split(/\s+/);
      return (row) => words.every((word) => row.textContent.toLowerCase().includes(word));
    });
    const rows = [...table.tBodies[0].rows];
    for (const row of rows) row.hidden = !tests.every((test) => test(row));
    const left = rows.filter((row) => !row.hidden);
    byId(`${table.id}-count`).textContent = tests.length ? `${left.length} of ${rows.length} places shown` : "";
    table.dispatchEvent(new CustomEvent("filtered", { detail: { rows: left, whole: !tests.length } }));
  }
  for (const control of document.querySelectorAll("[data-filter]")) {
    control.addEventListener("input", () => filter(byId(control.dataset.filter)));
  }

  // --- downloads and print ---------------------------------------------------------------------------------------
  for (const button of document.querySelectorAll("[data-file]")) {
    button.addEventListener("click", () => {
      const file = data.files[button.dataset.file];
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([file.text], { type: file.type }));
      link.download = button.dataset.file;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  }
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const element of opened) element.open = true;
    actions.reset();
  });
  window.addEventListener("afterprint", () => {
    for (const element of opened) element.open = false;
  });

  return {
    data, byId, people, percent, svg, box, frame, filter, reset: actions.reset,
    // What a search means, by id of the table: text to text.
    means: (table, change) => filters.set(table, change),
  };
})();
