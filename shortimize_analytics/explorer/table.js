// A page of videos as a table. Cells are filled with text, never with HTML: whatever a title holds stays text.
const SVG = "http://www.w3.org/2000/svg";
const NONE = "–";
const SCALE = { low: Math.log(0.2), high: Math.log(40), width: 110 };

function make(tag, given = {}, ...children) {
  const { text, ...attributes } = given;
  const one = SVG_TAGS.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) one.setAttribute(name, value);
  if (text !== undefined) one.textContent = text;
  one.append(...children.filter((child) => child !== null));
  return one;
}
const SVG_TAGS = new Set(["svg", "line", "circle", "rect"]);

export function short(count) {
  if (count === null) return NONE;
  const size = Math.abs(count), sign = count < 0 ? "−" : "";
  for (const [power, suffix] of [[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e3, "k"]]) {
    if (size < power * 0.9995) continue;
    const scaled = size / power;
    return sign + (scaled < 99.95 ? scaled.toFixed(1).replace(/\.0$/, "") : scaled.toFixed(0)) + suffix;
  }
  return sign + Math.round(size);
}
export const whole = (count) => (count === null ? "not known" : Math.round(count).toLocaleString("en-US"));
export const times = (ratio) =>
  ratio === null ? NONE : ratio.toFixed(ratio >= 9.95 ? 0 : ratio >= 1.995 ? 1 : 2) + "×";

const bar = (value, most) =>
  make("span", { class: "sa-bar", "aria-hidden": "true" },
    make("i", { style: `width:${value > 0 && most > 0 ? Math.max(1, (100 * value) / most) : 0}%` }));

const place = (ratio) => {
  const at = (Math.log(ratio) - SCALE.low) / (SCALE.high - SCALE.low);
  return SCALE.width * Math.min(1, Math.max(0, at));
};

// the score with its interval on a scale of ratios; filled where the whole interval is at least five times the usual
function whisker(row) {
  if (row.mult === null || !(row.mult > 0)) return null;
  const kind = !row.reliable ? "sa-weak" : row.mult_lo >= 5 ? "sa-sure" : "";
  const known = row.mult_lo !== null && row.mult_lo > 0 && row.mult_hi !== null;
  const text = known ? `90% interval ${times(row.mult_lo)} to ${times(row.mult_hi)}` : "no interval";
  const at = (ratio, name) =>
    make("line", { class: name, x1: place(ratio), x2: place(ratio), y1: 0, y2: 24 });
  return make("svg", { class: `sa-whisker ${kind}`, width: SCALE.width, height: 24, role: "img", "aria-label": text },
    at(1, "sa-one"), at(5, "sa-five"),
    known ? make("line", { class: "sa-range", x1: place(row.mult_lo), x2: place(row.mult_hi), y1: 12, y2: 12 }) : null,
    make("circle", { cx: place(row.mult), cy: 12, r: 4 }));
}

// the same in words, where there is no room for the scale
function interval(row) {
  if (row.mult === null) return null;
  const known = row.mult_lo !== null && row.mult_hi !== null;
  const text = !row.reliable ? "uncertain" : known ? `${times(row.mult_lo).slice(0, -1)}–${times(row.mult_hi)}` : "";
  return make("span", { class: "sa-sub sa-range-text", text });
}

const engaged = (row) => row.engaged === null ? null : (100 * row.engaged).toFixed(1) + "%";

function video(row, shown, pick) {
  const title = row.link === null
    ? make("span", { class: "sa-title", dir: "auto", text: row.title })
    : make("a", { class: "sa-title", dir: "auto", href: row.link, target: "_blank", rel: "noopener noreferrer",
                  text: row.title });
  // what has no column of its own in a narrow table
  const uploaded = row.uploaded === "unknown" ? "upload day unknown" : row.uploaded;
  const more = [["sa-below-760", row.rank === null ? "" : `rank ${whole(row.rank)}`],
                ["sa-below-620", row.pred === null ? "" : `${short(row.pred)} expected at day ${shown.horizon}`],
                ["sa-below-980", row.engaged === null ? "" : `${engaged(row)} engaged`],
                ["sa-below-980", row.notes]].filter(([, text]) => text);
  const about = make("span", { class: "sa-sub", text: `@${row.account} · ${row.platform}` },
    make("span", { class: "sa-below-980", title: row.age, text: ` · ${uploaded}` }),
    ...more.map(([where, text]) => make("span", { class: where, text: ` · ${text}` })));
  const mark = pick === null ? make("span", { class: "sa-tile-mark", "aria-hidden": "true", text: row.mark })
    : make("button", { class: "sa-tile-mark", type: "button", "aria-label": `History of ${row.title}`,
                       title: "Show its history", text: row.mark });
  return [make("div", { class: "sa-video" }, mark, make("span", { class: "sa-video-names" }, title, about))];
}

const number = (text, full, ...more) => [make("span", { title: full, text }), ...more];
const amount = (text) => [make("span", { text: text ?? NONE })];
const EVERY = [
  { name: "video", heads: [["title", "Video"], ["username", "Account"], ["uploaded_at", "Uploaded", "sa-below-980"],
    ["position", "Rank", "sa-below-760"], ["pred", "Expected", "sa-below-620"], ["engagement", "Engaged", "sa-below-980"]],
    cell: video },
  { name: "uploaded", heads: [["uploaded_at", "Uploaded"]], cell: (row) => number(row.uploaded, row.age) },
  { name: "views", heads: [["views", "Views"]],
    cell: (row, shown) => number(short(row.views), whole(row.views), bar(row.views, shown.most.views)) },
  { name: "gained", heads: [["views_gained", "Gained"]], about: (shown) => shown.days,
    cell: (row, shown) => number(row.gained === null ? NONE : (row.gained > 0 ? "+" : "") + short(row.gained),
                                 whole(row.gained), bar(row.gained, shown.most.gained)) },
  { name: "score", heads: [["mult", "Score"]], about: () => "usual · 5×",
    cell: (row) => [make("span", { class: "sa-times", text: times(row.mult) }), whisker(row), interval(row)] },
  { name: "rank", heads: [["position", "Rank"]], cell: (row) => number(row.rank === null ? NONE : whole(row.rank), "") },
  { name: "expected", heads: [["pred", "Expected"]], about: (shown) => shown.horizon ? `at day ${shown.horizon}` : "",
    cell: (row) => row.pred === null ? [make("span", { class: "sa-sub", text: row.ahead })]
      : number(short(row.pred), whole(row.pred),
               make("span", { class: "sa-sub", text: `${short(row.lo)} to ${short(row.hi)}` })) },
  { name: "engaged", heads: [["engagement", "Engaged"]],
    cell: (row) => number(engaged(row) ?? NONE, "") },
  { name: "cost", heads: [["cost", "Cost"]], money: true, cell: (row) => amount(row.cost) },
  { name: "cpm", heads: [["cpm", "Per 1,000"]], money: true, about: () => "at equal age", cell: (row) => amount(row.cpm) },
  { name: "owed", heads: [["owed", "Owed"]], money: true, about: (shown) => shown.period,
    cell: (row) => amount(row.owed) },
  { name: "notes", heads: [["notes", "Notes"]], cell: (row) => [make("span", { class: "sa-sub", text: row.notes })] },
];

// money stands in the table only where some was given
const columnsOf = (shown) => EVERY.filter((one) => !one.money || (shown.money ?? []).includes(one.name));

function head(shown, ask) {
  const cells = columnsOf(shown).map((column) => {
    const order = shown.ascending ? "ascending" : "descending";
    const sorted = column.heads.some(([by, , where]) => by === shown.by && !where);
    const buttons = column.heads.map(([by, text, where = ""]) => {
      const mine = by === shown.by;
      const one = make("button", { type: "button", "data-by": by, class: `${where} ${mine ? "sa-sorted" : ""}`,
        "aria-label": mine && where ? `${text}, ${order}` : null },
        text, mine ? make("span", { "aria-hidden": "true", text: shown.ascending ? " ▲" : " ▼" }) : null);
      const first = by === "title" || by === "username" || by === "position";
      one.addEventListener("click", () => ask({ by, ascending: mine ? !shown.ascending : first, page: 0 }));
      return one;
    });
    const about = column.about ? make("small", { text: column.about(shown) }) : null;
    return make("th", { scope: "col", class: `sa-col-${column.name}`, "aria-sort": sorted ? order : null }, ...buttons, about);
  });
  return make("thead", {}, make("tr", {}, ...cells));
}

function body(shown, pick) {
  const rows = shown.rows.map((row) => {
    const chosen = row.id === shown.picked;
    const cells = columnsOf(shown).map((column) =>
      make("td", { class: `sa-col-${column.name}` }, ...column.cell(row, shown, pick)));
    const one = make("tr", { class: chosen ? "sa-picked" : null, "aria-current": chosen ? "true" : null }, ...cells);
    if (pick) one.addEventListener("click", (event) => event.target.closest("a") ?? pick(row.id));
    return one;
  });
  return make("tbody", {}, ...rows);
}

function pager(shown, ask) {
  const go = (text, page) => {
    const one = make("button", { type: "button", text });
    one.disabled = page < 0 || page >= shown.pages || page === shown.page;
    one.addEventListener("click", () => ask({ by: shown.by, ascending: shown.ascending, page }));
    return one;
  };
  const last = shown.first + shown.rows.length;
  const said = `${whole(shown.rows.length ? shown.first + 1 : 0)}–${whole(last)} of ${whole(shown.total)}`;
  return make("div", { class: "sa-pager", role: "group", "aria-label": "Pages of the table" },
    make("span", { class: "sa-key", text: "● whole interval at least 5×  ○ not clearly  grey: too new, or too few to compare" }),
    go("First", 0), go("Previous", shown.page - 1), make("span", { role: "status", text: said }),
    go("Next", shown.page + 1), go("Last", shown.pages - 1));
}

// what was focused before is focused again: a table that is replaced must not throw a keyboard back to the top
export function drawTable(el, shown, ask, pick) {
  const active = el.contains(document.activeElement) ? document.activeElement : null;
  const again = active && (active.dataset.by ? `[data-by="${active.dataset.by}"]` : null);
  const text = active && active.textContent;
  const table = make("table", { "aria-label": "Videos" }, head(shown, ask), body(shown, pick));
  el.replaceChildren(make("div", { class: "sa-scroll", tabindex: "0", role: "region", "aria-label": "Table of videos" },
    table), pager(shown, ask));
  const found = again ? [...el.querySelectorAll(again)].find((one) => one.checkVisibility())
    : active && [...el.querySelectorAll("button")].find((one) => one.textContent === text && !one.disabled);
  found?.focus({ preventScroll: true });
}

function render({ model, el }) {
  el.classList.add("sa-table");
  const ask = (what) => model.send({ ask: what });
  const pick = (id) => model.send({ pick: id });
  const draw = () => model.get("shown").rows && drawTable(el, model.get("shown"), ask, pick);
  model.on("change:shown", draw);
  draw();
}
export default { render };
