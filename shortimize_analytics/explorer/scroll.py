"""A mark that the browser scrolls to: where a page stands is the browser's to know, not the kernel's."""

import anywidget
import traitlets

_ESM = """
function render({ model, el }) {
  el.classList.add("sa-sight");
  // once the browser has laid out what came with the change
  model.on("change:looks", () => setTimeout(() => el.scrollIntoView({ block: "nearest" }), 50));
}
export default { render };
"""


class ScrollMark(anywidget.AnyWidget):
    """Comes into sight, with what follows it, when `looks` changes."""

    _esm = _ESM
    looks = traitlets.Int(0).tag(sync=True)
