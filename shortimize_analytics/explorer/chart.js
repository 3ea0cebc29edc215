// A chart that answers: over the picture, what stands where. Texts are set as text, never as HTML.
// Keyboard and screen reader have the picture's words, and the table, which holds the same videos.
const NEAR = 16;  // pixels around a point that still mean it
const DRAG = 6;  // pixels from which a press is a brush
const BRUSHED = { active: "gains from", uploaded: "uploaded from", views: "views from" };

const part = (name) => Object.assign(document.createElement("div"), { className: name, hidden: true });
const rounded = (value) => Number(value.toPrecision(2));

export function valueAt(area, share) {
  const at = Math.min(1, Math.max(0, share)), { from, to, log } = area;
  return log ? from * (to / from) ** at : from + (to - from) * at;
}

function nearest(marks, x, y, box) {
  let found = null, least = NEAR * NEAR;
  for (const mark of marks) {
    const across = Math.max(mark[0] - x, 0, x - mark[2]) * box.width;
    const up = Math.max(mark[1] - y, 0, y - mark[3]) * box.height;
    const far = across * across + up * up;
    if (far < least) [found, least] = [mark, far];
  }
  return found;
}

// acts: pick(id) opens a video, brush({ area, from, to }) filters; without them the chart only says
export function answering(el, shown, { pick = null, brush = null } = {}) {
  const spot = part("sa-spot"), card = part("sa-card"), band = part("sa-band");
  card.setAttribute("role", "tooltip");
  el.append(spot, band, card);
  let found = null, pressed = null, drawn = false;

  const place = (one, [left, top, right, bottom]) => Object.assign(one.style, {
    left: `${left * 100}%`, top: `${top * 100}%`, width: `${(right - left) * 100}%`, height: `${(bottom - top) * 100}%` });
  const say = (lines, x, y, box) => {
    card.replaceChildren(...lines.map((text, at) => {
      const line = document.createElement(at ? "span" : "strong");
      line.textContent = text;
      line.dir = "auto";
      return line;
    }));
    card.hidden = false;
    const left = Math.min(Math.max(0, x * box.width + 14), Math.max(0, box.width - card.offsetWidth));
    const below = y * box.height + 16;
    const top = below + card.offsetHeight > box.height ? y * box.height - card.offsetHeight - 12 : below;
    Object.assign(card.style, { left: `${left}px`, top: `${top}px` });
  };
  const clear = () => {
    found = pressed = null;
    spot.hidden = card.hidden = band.hidden = true;
    el.classList.remove("sa-opens");
  };
  const where = (event) => {
    const box = el.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height, box];
  };
  const areaAt = (x, y) => (shown().areas ?? []).findIndex(
    ({ box }) => x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3]);
  const hover = (event) => {
    const [x, y, box] = where(event);
    found = nearest(shown().marks ?? [], x, y, box);
    if (!found) return clear();
    place(spot, found);
    spot.classList.toggle("sa-point", found[0] === found[2] && found[1] === found[3]);
    spot.hidden = false;
    el.classList.toggle("sa-opens", pick !== null && found[5] !== null);
    const can = [pick && found[5] !== null ? "click: open this video" : "",
                 brush && areaAt(x, y) >= 0 ? "drag: filter by a stretch" : ""].filter(Boolean);
    say([...found[4].split("\n"), ...(can.length ? [can.join(" · ")] : [])], x, y, box);
  };
  const stretch = (event) => {
    const [x, y, box] = where(event), [left, top, right, bottom] = pressed.area.box;
    const ends = [pressed.x, x].map((end) => Math.min(right, Math.max(left, end))).sort((a, b) => a - b);
    place(band, [ends[0], top, ends[1], bottom]);
    band.hidden = false;
    const { field } = pressed.area;
    const [from, to] = ends.map((end) => valueAt(pressed.area, (end - left) / (right - left)));
    const write = field === "views" ? (value) => rounded(value).toLocaleString("en-US")
      : (value) => new Date(Math.floor(value) * 864e5).toISOString().slice(0, 10);
    say([`${BRUSHED[field]} ${write(from)} to ${write(to)}`, "let go to filter, Esc not to"], x, y, box);
    return { from: field === "views" ? rounded(from) : from, to: field === "views" ? rounded(to) : to };
  };

  el.addEventListener("pointermove", (event) => {
    if (pressed && Math.abs(event.clientX - pressed.left) > DRAG) {
      if (!drawn) el.setPointerCapture(event.pointerId);
      drawn = true;
      spot.hidden = true;
      stretch(event);
    } else if (!pressed) hover(event);
  });
  el.addEventListener("pointerdown", (event) => {
    drawn = false;
    const [x, y] = where(event), at = areaAt(x, y);
    if (brush && event.button === 0 && at >= 0) {
      event.preventDefault();  // the picture itself would be dragged
      pressed = { area: shown().areas[at], number: at, x, left: event.clientX };
    }
  });
  el.addEventListener("pointerup", (event) => {
    if (pressed && drawn) {
      const number = pressed.number, asked = stretch(event);
      clear();
      brush({ area: number, ...asked });
    }
    pressed = null;
  });
  el.addEventListener("click", (event) => {
    if (drawn || !pick) return;
    const before = found;
    if (event.pointerType === "touch") hover(event);  // the first touch says, the second opens
    if (found && found[5] !== null && (event.pointerType !== "touch" || found === before)) pick(found[5]);
  });
  for (const name of ["pointerleave", "pointercancel"]) el.addEventListener(name, clear);
  const escape = (event) => { if (event.key === "Escape" && !card.hidden) { drawn = true; clear(); } };
  window.addEventListener("keydown", escape);
  return { clear, end: () => window.removeEventListener("keydown", escape) };
}

function render({ model, el }) {
  el.classList.add("sa-chart");
  const picture = Object.assign(document.createElement("img"), { className: "sa-picture", draggable: false });
  el.append(picture);
  const layer = answering(el, () => model.get("shown"),
    { pick: (id) => model.send({ pick: id }), brush: (what) => model.send({ brush: what }) });
  let address;
  const draw = () => {
    const { png, alt } = model.get("shown");
    const some = Boolean(png?.byteLength), old = address;
    layer.clear();
    el.hidden = !some;
    picture.alt = alt ?? "";
    address = some ? URL.createObjectURL(new Blob([png], { type: "image/png" })) : undefined;
    if (some) picture.src = address; else picture.removeAttribute("src");
    if (old) URL.revokeObjectURL(old);
  };
  model.on("change:shown", draw);
  draw();
  return () => { layer.end(); if (address) URL.revokeObjectURL(address); };
}
export default { render };
