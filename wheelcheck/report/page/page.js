(() => {
  // Paper has no summary to click on.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    opened.forEach((each) => { each.open = true; });
  });
  addEventListener("afterprint", () => opened.forEach((each) => { each.open = false; }));

  const table = document.querySelector(".binaries");
  if (!table) return;
  const make = (name, values) => Object.assign(document.createElement(name), values);
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];

  // Every column sorts, up and then down.
  const text = new Intl.Collator("en", { numeric: true });
  const key = (row, column) => row.cells[column].dataset.key ?? row.cells[column].textContent;
  heads.forEach((head, column) => {
    const button = make("button", { type: "button", textContent: head.textContent });
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      rows.sort((a, b) => text.compare(key(a, column), key(b, column)) * (down ? -1 : 1));
      body.append(...rows);
    });
  });

  // A row is shown if it has every word of the search and the chosen value of each column.
  const search = make("input", { type: "search", placeholder: "Search: any words", ariaLabel: "Search native code" });
  const count = make("output", {});
  const words = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const choices = ["system", "machine", "kind"].map((name) => {
    const column = heads.findIndex((head) => head.textContent === name);
    const values = [...new Set(rows.map((row) => row.cells[column].textContent))].filter(Boolean).sort(text.compare);
    const select = make("select", { ariaLabel: name });
    select.append(new Option(`any ${name}`, ""), ...values.map((value) => new Option(value, value)));
    return { column, select, useful: values.length > 1 };
  });
  const show = () => {
    const wanted = search.value.toLowerCase().split(/\s+/);
    rows.forEach((row) => {
      const found = wanted.every((word) => words.get(row).includes(word));
      row.hidden = !found || choices.some(({ column, select }) => select.value && row.cells[column].textContent !== select.value);
    });
    count.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length}`;
  };
  const bar = make("div", { className: "toolbar", role: "search" });
  bar.append(search, ...choices.filter((choice) => choice.useful).map((choice) => choice.select), count);
  bar.addEventListener("input", show);
  table.closest(".searchable").prepend(bar);
  show();
})();
