"use strict";
(function () {
  const data = JSON.parse(document.getElementById("report-data").textContent);
  const words = document.getElementById("search-words"), count = document.getElementById("search-count");
  const list = document.getElementById("found"), most = 60;
  document.documentElement.classList.add("scripted");
  const plain = (text) => text.toLowerCase().replace(/[’']/g, "");
  // What is found: its text, what it is, and the positions of its places.
  const units = [
    ...data.places.map(([code, name, system], place) => [name, `place of ${system} · ${code}`, [place]]),
    ...data.units.map(([kind, code, name, more, places]) => [name, `${kind} ${code}${more ? ` · ${more}` : ""}`, places]),
  ].map((unit) => [plain(`${unit[0]} ${unit[1]}`), ...unit]);

  function lsoa(code) {
    const place = data.lsoas.findIndex((codes) => codes.includes(code.slice(3)));
    return place < 0 ? [] : [["", code, "LSOA of 2021", [place]]];
  }
  function item([, name, what, places]) {
    const line = document.createElement("li");
    line.append(`${name} (${what}): `);
    places.forEach((place, number) => {
      const [code, title] = data.places[place], link = document.createElement("a");
      link.href = `places/${code}.html`;
      link.textContent = title;
      line.append(number ? ", " : "", link);
    });
    return line;
  }
  function search() {
    const wanted = plain(words.value.trim());
    const parts = wanted.split(/\s+/);
    let found = [];
    if (/^e01\d{6}$/.test(wanted)) found = lsoa(wanted.toUpperCase());
    else if (wanted.length > 1) found = units.filter(([text]) => parts.every((part) => text.includes(part)));
    // What begins with the words stands first.
    const first = found.filter(([text]) => text.startsWith(wanted)), rest = found.filter(([text]) => !text.startsWith(wanted));
    list.replaceChildren(...[...first, ...rest].slice(0, most).map(item));
    count.textContent = wanted.length < 2 ? "" : `${found.length.toLocaleString("en-GB")} found` + (found.length > most ? `, the first ${most} shown` : "");
  }
  words.addEventListener("input", search);
  document.getElementById("search-form").addEventListener("submit", (event) => event.preventDefault());
  // A link such as search.html#q=norwich opens with its result.
  const asked = /^#q=(.+)$/.exec(location.hash);
  if (asked) {
    words.value = decodeURIComponent(asked[1]);
    search();
  }
})();
