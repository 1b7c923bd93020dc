"use strict";
(function () {
  const { data, byId, people, percent, box, frame } = placemap;
  const facts = byId("map-facts"), chosen = byId("lsoa-chosen");

  // --- map -------------------------------------------------------------------------------------------------------
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
    frame(layer.children[index].getBBox(), 8);
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
})();
