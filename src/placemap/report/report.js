"use strict";
(function () {
  const data = JSON.parse(document.getElementById("report-data").textContent);
  const byId = (id) => document.getElementById(id);
  const people = (value) => value.toLocaleString("en-GB");
  const percent = (value) => (value === null ? "–" : (value * 100).toFixed(1) + "%");
  document.documentElement.classList.add("scripted");

  // --- map -----------------------------------------------------------------------------------------------------
  const svg = byId("map-svg"), box = byId("map-box"), facts = byId("map-facts"), chosen = byId("lsoa-chosen");
  const whole = svg.viewBox.baseVal, full = { x: 0, y: 0, w: whole.width, h: whole.height };
  let view = { ...full };

  function show() {
    view.w = Math.min(Math.max(view.w, full.w / 60), full.w);
    view.h = view.w * full.h / full.w;
    view.x = Math.min(Math.max(view.x, 0), full.w - view.w);
    view.y = Math.min(Math.max(view.y, 0), full.h - view.h);
    svg.setAttribute("viewBox", [view.x, view.y, view.w, view.h].map((value) => value.toFixed(1)).join(" "));
    for (const group of svg.querySelectorAll("g[data-size]")) {
      group.setAttribute("font-size", group.dataset.size * view.w / full.w);
    }
  }
  function zoom(factor, x = view.x + view.w / 2, y = view.y + view.h / 2) {
    const before = view.w;
    const width = Math.min(Math.max(view.w * factor, full.w / 60), full.w);
    const change = width / before;
    view = { x: x - (x - view.x) * change, y: y - (y - view.y) * change, w: width, h: view.h * change };
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
    // The page scrolls as usual until the map has been chosen by a click or the keyboard.
    if (document.activeElement !== box) return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? 0.8 : 1.25, ...ground(event));
  }, { passive: false });
  const fingers = new Map();
  box.addEventListener("pointerdown", (event) => { fingers.set(event.pointerId, event); });
  for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
    box.addEventListener(end, (event) => fingers.delete(event.pointerId));
  }
  const gap = (one, other) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
  box.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
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

  const layer = byId("lsoa-layer");
  data.paths.forEach((path, index) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", "path");
    element.setAttribute("d", path);
    element.dataset.index = index;
    layer.append(element);
  });
  function sentence(row) {
    const [code, name, place, method, share, runner, margin, residents, inside] = row;
    let text = `${code} (${name}) is in ${data.places[place]}`;
    if (share === null) {
      text += `, by ${method}.`;
    } else {
      text += `: ${percent(share)} of its registered patients use the place’s practices.`;
      if (runner !== null) text += ` Next is ${data.places[runner]}, ${percent(share - margin)}.`;
    }
    return `${text} ${people(residents)} residents.${inside ? "" : " Outside the system."}`;
  }
  layer.addEventListener("pointerover", (event) => {
    const index = event.target.dataset.index;
    if (index !== undefined) facts.textContent = sentence(data.lsoas[index]);
  });
  function choose(index) {
    chosen.setAttribute("d", data.paths[index]);
    const area = layer.children[index].getBBox();
    const size = Math.max(area.width, area.height * full.w / full.h) * 8;
    view = { x: area.x + area.width / 2 - size / 2, y: area.y + area.height / 2 - size * full.h / full.w / 2, w: size, h: 0 };
    show();
    facts.textContent = sentence(data.lsoas[index]);
    box.scrollIntoView({ block: "center" });
    box.focus({ preventScroll: true });
  }

  // --- table of LSOAs --------------------------------------------------------------------------------------------
  const lsoaBody = byId("lsoa-table").tBodies[0], lsoaSearch = byId("lsoa-search"), more = byId("lsoa-more");
  const words = data.lsoas.map((row) => `${row[0]} ${row[1]} ${data.places[row[2]]}`.toLowerCase());
  const STEP = 25;
  let found = [], shown = 0;

  function cell(row, text, className) {
    const element = row.insertCell();
    element.textContent = text;
    if (className) element.className = className;
    return element;
  }
  function addRows() {
    const first = shown;
    for (const index of found.slice(shown, shown + STEP)) {
      const [code, name, place, method, share, runner, , residents] = data.lsoas[index];
      const row = lsoaBody.insertRow();
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = code;
      button.setAttribute("aria-label", `Show ${code} on the map`);
      button.addEventListener("click", () => choose(index));
      cell(row, "").append(button);
      cell(row, name);
      cell(row, data.places[place]);
      cell(row, method);
      cell(row, percent(share), "number");
      cell(row, runner === null ? "–" : data.places[runner]);
      cell(row, people(residents), "number");
      shown += 1;
    }
    more.hidden = shown >= found.length;
    byId("lsoa-count").textContent = `${people(shown)} of ${people(found.length)} LSOAs shown`;
    return lsoaBody.rows[first];
  }
  function filterLsoas() {
    const wanted = lsoaSearch.value.trim().toLowerCase();
    found = words.flatMap((text, index) => (text.includes(wanted) ? [index] : []));
    shown = 0;
    lsoaBody.replaceChildren();
    addRows();
  }
  lsoaSearch.addEventListener("input", filterLsoas);
  more.addEventListener("click", () => {
    const row = addRows();
    if (row) row.querySelector("button").focus();
  });
  filterLsoas();

  // --- tables that sort and filter ---------------------------------------------------------------------------------
  function value(row, column, kind) {
    const text = row.cells[column].textContent.trim();
    return kind === "number" ? Number(text.replace(/,/g, "")) : text;
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
      button.textContent = header.textContent;
      button.addEventListener("click", () => sortBy(table, header, column));
      header.replaceChildren(button);
    });
  }
  for (const input of document.querySelectorAll("[data-filter]")) {
    const table = byId(input.dataset.filter), count = byId(`${input.dataset.filter}-count`);
    const filter = () => {
      const wanted = input.value.trim().toLowerCase();
      let left = 0;
      for (const row of table.tBodies[0].rows) {
        row.hidden = !row.textContent.toLowerCase().includes(wanted);
        left += row.hidden ? 0 : 1;
      }
      count.textContent = wanted ? `${left} of ${table.tBodies[0].rows.length} places shown` : "";
    };
    input.addEventListener("input", filter);
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
})();
