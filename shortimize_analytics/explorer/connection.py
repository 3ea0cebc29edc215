"""Whether a page is connected to Python, and whether its dropdowns say what its picture was drawn of.

Only the browser knows either: a saved notebook looks alive, and a change that crosses one of the kernel's leaves them
with different values. What the browser finds stands in classes of the explorer: ``sa-live`` once the kernel has
answered, ``sa-behind`` while a dropdown beside the picture says something else than the picture shows, ``sa-silent``
while what is clicked and typed gets no answer: where something else than JupyterLab's own menu restarted the kernel,
JupyterLab writes to a part of it that is gone, and no widget hears it until the page is loaded again.
Sliders, which ipywidgets leaves without a name, get one here, and Python hears how wide the explorer is.
"""

from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

_ESM = """
const PATIENCE = 1500;
const SILENCE = 20000;
const INSET = 34;
function render({ model, el }) {
  el.hidden = true;
  let asked, gone, silent;
  // the explorer is put into the page after its parts
  const explorer = (act) => {
    const box = el.closest(".sa-explorer");
    if (box) act(box);
    else if (!gone) requestAnimationFrame(() => explorer(act));
  };
  const send = (what) => { try { model.send(what); } catch { /* a saved page has nobody to ask */ } };
  // ipywidgets writes labels with spaces that do not break
  const plain = (text) => text.replaceAll("\\u00a0", " ");
  const label = (box, tab, name) => box.querySelector(`.${tab} .${name} select`)?.selectedOptions[0]?.textContent;
  const compare = () => explorer((box) => {
    const { tab, says } = model.get("drawn");
    const behind = Object.entries(says ?? {}).some(
      ([name, text]) => plain(label(box, tab, name) ?? text) !== plain(text));
    box.classList.toggle("sa-behind", behind);
    clearTimeout(asked);
    if (behind) asked = setTimeout(() => { send("dropdowns"); compare(); }, PATIENCE);
  });
  // ipywidgets has no name for the two ends of a slider
  const name = () => explorer((box) => {
    for (const end of box.querySelectorAll(".noUi-handle")) {
      const title = end.closest(".widget-inline-hbox")?.querySelector(".widget-label")?.textContent ?? "";
      const which = end.classList.contains("noUi-handle-lower") ? "at least" : "at most";
      end.setAttribute("aria-label", `${title}, ${which}`);
    }
  });
  let due;
  const watch = new MutationObserver(() => { due ??= requestAnimationFrame(() => { due = undefined; name(); }); });
  explorer((box) => { watch.observe(box, { childList: true, subtree: true }); name(); });
  // the room for a picture: what a tab leaves, once the window has come to rest
  let told = 0, resting;
  const room = new ResizeObserver(([{ contentRect }]) => {
    const wide = Math.floor(contentRect.width) - INSET;
    clearTimeout(resting);
    if (wide <= 0 || Math.abs(wide - told) <= INSET) return;
    resting = setTimeout(() => { told = wide; send({ width: wide }); }, 150);
  });
  explorer((box) => room.observe(box));
  // one question at a time; a busy Python answers late, and that ends the silence
  const ask = () => {
    if (silent) return;
    send("there?");
    silent = setTimeout(() => explorer((box) => box.classList.add("sa-silent")), SILENCE);
  };
  model.on("msg:custom", (said) => said === "here" && explorer((box) => {
    clearTimeout(silent);
    silent = undefined;
    box.classList.add("sa-live");
    box.classList.remove("sa-silent");
  }));
  // once the views of the dropdowns have followed what came with it
  model.on("change:drawn", () => setTimeout(compare, 0));
  explorer((box) => {
    box.addEventListener("change", compare);
    for (const act of ["change", "click", "keyup"]) box.addEventListener(act, ask);
  });
  send("there?");
  return () => {
    gone = true;
    [asked, resting, silent].forEach(clearTimeout);
    watch.disconnect();
    room.disconnect();
  };
}
export default { render };
"""


class Connection(anywidget.AnyWidget):
    """Answers the browser, and tells it what the dropdowns said when the tab in sight was drawn.

    Parameters
    ----------
    on_behind
        Called when the browser's dropdowns have said something else for a while: the kernel's go before.
    on_width
        Called with the pixels that a picture may be wide.

    Attributes
    ----------
    drawn
        ``tab``, the CSS class of the tab in sight, and ``says``, the label of each dropdown by its CSS class.
    """

    _esm = _ESM
    drawn = traitlets.Dict().tag(sync=True)

    def __init__(self, *, on_behind: Callable[[], None], on_width: Callable[[float], None]) -> None:
        super().__init__()
        self._on_behind, self._on_width = on_behind, on_width
        self.on_msg(self._asked)

    def _asked(self, _: Any, content: Any, __: Any) -> None:
        if content == "there?":
            self.send("here")
        elif content == "dropdowns":
            self._on_behind()
        elif isinstance(content, dict) and isinstance(wide := content.get("width"), int | float):
            self._on_width(wide)
