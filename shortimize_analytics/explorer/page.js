// The shared page: the rows it holds, filtered and ordered by the browser alone. `drawTable` and `answering` stand above.
const held = JSON.parse(document.getElementById("sa-data").textContent);
const at = (id) => document.getElementById(id);
const KEYS = { title: "title", username: "account", uploaded_at: "day", views: "views", views_gained: "gained", mult: "mult",
  position: "rank", pred: "pred", engagement: "engaged", notes: "notes" };
const PAGE = 25;
const asked = { by: held.by, ascending: held.ascending, page: 0 };

const whose = (row) => `${row.account} · ${row.platform}`;
const words = (row) => `${row.title} @${row.account} ${row.notes}`.toLowerCase();
for (const row of held.rows) row.words = words(row);

function chosen() {
  const wanted = at("sa-search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const platform = at("sa-platform").value, account = at("sa-account").value;
  return held.rows.filter((row) => (!platform || row.platform === platform) && (!account || whose(row) === account)
    && wanted.every((word) => row.words.includes(word)));
}

// what is missing stands last either way
function ordered(rows) {
  const key = KEYS[asked.by] ?? "views", turn = asked.ascending ? 1 : -1;
  const value = (row) => (typeof row[key] === "string" ? row[key].toLowerCase() || null : row[key]);
  return rows.map((row) => [value(row), row]).sort(([a], [b]) =>
    a === null || b === null ? (a === null) - (b === null) : turn * ((a > b) - (a < b))).map(([, row]) => row);
}

const most = (rows, key) => rows.reduce((top, row) => Math.max(top, row[key] ?? 0), 0);

function draw() {
  const rows = ordered(chosen());
  const pages = Math.max(1, Math.ceil(rows.length / PAGE));
  asked.page = Math.min(asked.page, pages - 1);
  const first = asked.page * PAGE;
  at("sa-said").textContent = `${whole(rows.length)} of ${whole(held.rows.length)} videos`
    + (rows.length ? "" : ": nothing matches. Take a word out of the search, or show all platforms and accounts.");
  drawTable(at("sa-table"), { ...asked, pages, first, total: rows.length, days: held.days, horizon: held.horizon, picked: asked.picked ?? null,
    most: { views: most(rows, "views"), gained: most(rows, "gained") }, rows: rows.slice(first, first + PAGE) },
    (wanted) => { Object.assign(asked, wanted); draw(); }, null);
}

function offer(id, of) {
  const values = [...new Set(held.rows.map(of))].sort((a, b) => a.localeCompare(b));
  for (const value of values) at(id).append(new Option(value, value));
}
offer("sa-platform", (row) => row.platform);
offer("sa-account", whose);
for (const id of ["sa-search", "sa-platform", "sa-account"])
  at(id).addEventListener("input", () => { asked.page = 0; draw(); });
at("sa-all").addEventListener("click", () => {
  for (const id of ["sa-search", "sa-platform", "sa-account"]) at(id).value = "";
  asked.page = 0;
  draw();
});

// a video of a chart is looked up in the table, whatever is chosen there
function open(id) {
  for (const name of ["sa-search", "sa-platform", "sa-account"]) at(name).value = "";
  const place = ordered(held.rows).findIndex((row) => row.id === id);
  Object.assign(asked, { picked: id, page: Math.max(0, Math.floor(place / PAGE)) });
  draw();
  at("sa-table").querySelector(".sa-picked")?.scrollIntoView({ block: "center" });
}
for (const [place, chart] of document.querySelectorAll(".sa-chart").entries())
  answering(chart, () => held.charts[place], { pick: open });
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("sa-dark", dark.matches);
dark.addEventListener("change", follow);
follow();
draw();
