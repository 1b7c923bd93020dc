"use strict";
(function () {
  const { data, byId, people, percent, svg, box, frame } = placemap;
  const table = byId("places-table"), tableBox = byId("places-box"), facts = byId("map-facts");
  const form = byId("filters"), colours = byId("map-colours"), legend = byId("map-legend");
  const paths = data.places.map((_, index) => byId(`place-${index}`));
  const rows = new Map([...table.tBodies[0].rows].map((row) => [Number(row.dataset.index), row]));
  let chosen = null, shown = new Set(rows.keys());

  function sentence(index) {
    const [, name, system, grade, declared, lsoas, residents, patients, own, description] = data.places[index];
    return `${name} (${system}): grade ${grade}, declared from ${declared}. ${people(lsoas)} LSOAs, ${people(residents)} ` +
      `residents, ${people(patients)} patients, ${percent(own)} of them with practices of the place. ` +
      (description.length < 160 ? `${description}.` : "");
  }

  // --- pointing and choosing -------------------------------------------------------------------------------------
  function outline(className, index) {
    for (const path of svg.querySelectorAll(`path.${className}`)) {
      path.setAttribute("d", index === null ? "" : paths[index].getAttribute("d"));
    }
  }
  function point(index) {
    outline("pointed", index);
    if (index !== null) facts.textContent = sentence(index);
    else if (chosen !== null) facts.textContent = sentence(chosen);
  }
  function choose(index) {
    if (chosen !== null) rows.get(chosen).removeAttribute("aria-current");
    chosen = index;
    rows.get(index).setAttribute("aria-current", "true");
    outline("chosen", index);
    outline("pointed", null);
    facts.textContent = sentence(index) + (shown.has(index) ? "" : " It is not among the rows shown.");
  }
  // The row is brought into view inside its own box, so that the map stays where it is.
  function reveal(index) {
    const row = rows.get(index);
    if (!row.hidden) tableBox.scrollTo({ top: row.offsetTop - table.tHead.offsetHeight - 40, left: 0 });
  }
  function zoomTo(index) {
    frame(paths[index].getBBox(), 5);
  }
  const indexOf = (target) => {
    const element = target.closest("[data-index]");
    return element ? Number(element.dataset.index) : null;
  };

  let pressed = null;
  svg.addEventListener("pointerdown", (event) => { pressed = [event.clientX, event.clientY]; });
  // Moves only: what comes to lie under a pointer that rests, because the view changed, was not pointed at.
  function follows(element) {
    let last = null;
    element.addEventListener("pointermove", (event) => {
      const index = indexOf(event.target);
      if (index !== last) point(index);
      last = index;
    });
    element.addEventListener("pointerleave", () => {
      last = null;
      point(null);
    });
  }
  follows(svg);
  svg.addEventListener("click", (event) => {
    const index = indexOf(event.target);
    const dragged = pressed && Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) > 5;
    if (index === null || dragged) return;
    choose(index);
    reveal(index);
  });
  function step(by) {
    const order = [...table.tBodies[0].rows].filter((row) => !row.hidden).map((row) => Number(row.dataset.index));
    if (!order.length) return;
    const at = order.indexOf(chosen);
    const next = order[at < 0 ? (by > 0 ? 0 : order.length - 1) : (at + by + order.length) % order.length];
    choose(next);
    zoomTo(next);
    reveal(next);
  }
  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "n" || event.key === "p") step(event.key === "n" ? 1 : -1);
  });

  for (const [index, row] of rows) {
    const name = row.querySelector(".name"), button = document.createElement("button");
    button.type = "button";
    button.className = "name";
    button.textContent = name.textContent;
    button.addEventListener("click", () => {
      choose(index);
      zoomTo(index);
      // On a narrow screen the map is above the table; the keyboard goes along.
      const place = box.getBoundingClientRect();
      if (place.bottom < 100 || place.top > window.innerHeight - 100) {
        box.scrollIntoView({ block: "center" });
        box.focus({ preventScroll: true });
      }
    });
    button.addEventListener("focus", () => point(index));
    button.addEventListener("blur", () => point(null));
    name.replaceWith(button);
  }
  follows(table.tBodies[0]);

  // --- filters -----------------------------------------------------------------------------------------------------
  placemap.means("places-table", (wanted) => {
    const code = wanted.toUpperCase();
    if (!/^E01\d{6}$/.test(code) || !data.files[data.lsoas]) return wanted;
    const file = data.files[data.lsoas].text, at = file.indexOf(`,${code},`);
    if (at < 0) return wanted;
    return file.slice(file.lastIndexOf("\n", at) + 1, at).split(",")[2];
  });
  table.addEventListener("filtered", (event) => {
    const { rows: left, whole } = event.detail;
    shown = new Set(left.map((row) => Number(row.dataset.index)));
    for (const path of svg.querySelectorAll(".place, .inset use[data-index]")) {
      path.classList.toggle("dim", !shown.has(Number(path.dataset.index)));
    }
    byId("total-label").textContent = whole ? "All places" : "Places shown";
    for (const cell of table.tFoot.querySelectorAll("[data-total]")) {
      const column = cell.dataset.total;
      cell.textContent = people(left.reduce((sum, row) => sum + Number(row.cells[column].textContent.replace(/,/g, "")), 0));
    }
    tableBox.scrollTop = 0;
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => {
    placemap.filter(table);
    paint();
  }));

  // --- colours -----------------------------------------------------------------------------------------------------
  const firstItem = legend.firstElementChild;
  function swatch([colour, text]) {
    const item = document.createElement("li"), picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const square = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    picture.setAttribute("class", "swatch");
    picture.setAttribute("viewBox", "0 0 20 20");
    picture.setAttribute("aria-hidden", "true");
    for (const [key, value] of [["width", 20], ["height", 20], ["fill", colour]]) square.setAttribute(key, value);
    picture.append(square);
    item.append(picture, text);
    return item;
  }
  function paint() {
    const chosenColours = data.colours[colours.value];
    chosenColours.places.forEach((colour, index) => paths[index].setAttribute("fill", colour));
    legend.replaceChildren(...chosenColours.legend.map(swatch), firstItem);
  }
  colours.addEventListener("input", paint);

  // A link such as #bnssg/localities/south-bristol opens with that place chosen, and one to evidence opens it.
  function follow() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.tagName === "DETAILS") target.open = true;
    if (target.tagName === "TR" && target.dataset.index) {
      choose(Number(target.dataset.index));
      zoomTo(chosen);
    }
  }
  window.addEventListener("hashchange", follow);
  follow();
})();
