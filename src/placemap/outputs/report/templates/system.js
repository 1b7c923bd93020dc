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
  const table = byId("lsoa-table"), body = table.tBodies[0], search = byId("lsoa-search"), more = byId("lsoa-more");
  const hits = byId("practice-hits"), STEP = 25, HITS = 8;
  const POSTCODE = /^[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}$/i;
  const ward = (index) => data.wards[index].replace(/ \S+$/, "");
  const placeOf = (position) => (position === null ? "" : data.places[position]);
  const keys = {
    code: (index) => data.lsoas[index][0], name: (index) => data.lsoas[index][1], ward,
    place: (index) => placeOf(data.lsoas[index][2]), method: (index) => data.lsoas[index][3],
    share: (index) => data.lsoas[index][4] ?? -1, runner: (index) => placeOf(data.lsoas[index][5]),
    residents: (index) => data.lsoas[index][7],
  };
  const texts = data.lsoas.map((row, index) => `${row[0]} ${row[1]} ${data.wards[index]} ${data.places[row[2]]}`.toLowerCase());
  const practices = data.practices.map((row) => `${row[0]} ${row[1]} ${row[2]}`.toLowerCase());
  let order = data.lsoas.map((_, index) => index), found = [], shown = 0;

  function cell(row, text, className) {
    const element = row.insertCell();
    element.textContent = text;
    if (className) element.className = className;
    return element;
  }
  function addRow(index) {
    const [code, name, place, method, share, runner, , residents] = data.lsoas[index];
    const row = body.insertRow(), button = document.createElement("button");
    button.type = "button";
    button.textContent = code;
    button.setAttribute("aria-label", `Show ${code} on the map`);
    button.addEventListener("click", () => choose(index));
    cell(row, "").append(button);
    cell(row, name);
    cell(row, ward(index) || "–");
    cell(row, data.places[place]);
    cell(row, method);
    cell(row, percent(share), "number");
    cell(row, placeOf(runner) || "–");
    cell(row, people(residents), "number");
  }
  function addRows() {
    const first = shown;
    for (const index of found.slice(shown, shown + STEP)) addRow(index);
    shown = Math.min(shown + STEP, found.length);
    more.hidden = shown >= found.length;
    const asked = search.value.trim();
    byId("lsoa-count").textContent = !found.length && POSTCODE.test(asked)
      ? noPostcode(asked.toUpperCase())
      : `${people(shown)} of ${people(found.length)} LSOA${found.length === 1 ? "" : "s"} shown`;
    return body.rows[first];
  }
  function showPractices(words) {
    const matches = words.join("").length < 3 ? [] : practices.flatMap((text, index) => (words.every((word) => text.includes(word)) ? [index] : []));
    hits.replaceChildren(...matches.slice(0, HITS).map((index) => {
      const [code, name, pcn, place, size] = data.practices[index], item = document.createElement("li");
      item.textContent = `GP practice ${name} (${code}): declared in ${data.places[place]}${pcn ? `, with ${pcn}` : ""}; ${people(size)} patients.`;
      return item;
    }));
    if (matches.length > HITS) hits.append(Object.assign(document.createElement("li"), { textContent: `and ${matches.length - HITS} more practices: give more words.` }));
  }
  const noPostcode = (code) => data.postcodes.length
    ? `Postcode ${code} is not in use in these places.`
    : `Postcodes are not in this file. The command placemap explain "${code}" names the LSOA of one; search for that here.`;
  let byPostcode = null;  // unpacked when one is first asked for
  function lsoaOf(postcode) {
    if (byPostcode === null) {
      byPostcode = new Map();
      data.postcodes.forEach((packed, index) => packed && packed.split(";").forEach((group) => {
        const [first, ...others] = group.split(",");
        byPostcode.set(first, index);
        for (const end of others) byPostcode.set(first.slice(0, -2) + end, index);
      }));
    }
    return byPostcode.get(postcode.replace(/\s/g, "").toUpperCase());
  }
  function filterLsoas() {
    const asked = search.value.trim(), words = asked.toLowerCase().split(/\s+/);
    const at = POSTCODE.test(asked) ? lsoaOf(asked) : undefined;
    if (at !== undefined) words.splice(0, words.length, data.lsoas[at][0].toLowerCase());
    found = order.filter((index) => words.every((word) => texts[index].includes(word)));
    shown = 0;
    body.replaceChildren();
    addRows();
    showPractices(words);
  }
  for (const header of table.tHead.rows[0].cells) {
    const button = document.createElement("button"), key = keys[header.dataset.key];
    button.type = "button";
    button.textContent = header.textContent;
    button.addEventListener("click", () => {
      const down = header.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      header.setAttribute("aria-sort", down ? "descending" : "ascending");
      const compare = (a, b) => (typeof a === "number" ? a - b : a.localeCompare(b, "en-GB"));
      order.sort((one, other) => (down ? -1 : 1) * compare(key(one), key(other)) || one - other);
      filterLsoas();
    });
    header.replaceChildren(button);
  }
  search.addEventListener("input", filterLsoas);
  more.addEventListener("click", () => {
    const row = addRows();
    if (row) row.querySelector("button").focus();
  });
  filterLsoas();
})();
