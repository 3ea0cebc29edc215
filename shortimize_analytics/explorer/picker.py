"""A list to pick names from by typing: one at a time, with the keyboard or a finger, and no Ctrl-click."""

from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

_ESM = """
let count = 0;
function render({ model, el }) {
  el.classList.add("sa-picker");
  const id = `sa-picker-${count++}-${Math.random().toString(36).slice(2)}`;
  const label = document.createElement("label");
  label.htmlFor = id;
  label.textContent = model.get("description");
  const input = document.createElement("input");
  Object.assign(input, { id, type: "text", autocomplete: "off", placeholder: "type a name" });
  input.setAttribute("list", id + "-list");
  const list = document.createElement("datalist");
  list.id = id + "-list";
  const said = document.createElement("span");
  said.className = "sa-picker-said";
  said.setAttribute("role", "status");
  const offer = () => list.replaceChildren(...model.get("options").map(([text]) => {
    const one = document.createElement("option");
    one.value = text;
    return one;
  }));
  const lock = () => { input.disabled = model.get("disabled"); };
  const add = (found) => {
    input.value = "";
    said.textContent = "";
    model.send({ add: found[1] });
  };
  // a name that was chosen from the list, or typed whole
  input.addEventListener("input", () => {
    said.textContent = "";
    const found = model.get("options").find(([text]) => text === input.value);
    if (found) add(found);
  });
  input.addEventListener("keydown", (event) => {
    const typed = input.value.trim().toLowerCase();
    if (event.key !== "Enter" || !typed) return;
    event.preventDefault();
    const found = model.get("options").filter(([text]) => text.toLowerCase().includes(typed));
    if (found.length === 1) add(found[0]);
    else said.textContent = found.length ? `${found.length} fit: type more` : "nothing like that here";
  });
  model.on("change:options", offer);
  model.on("change:disabled", lock);
  offer();
  lock();
  el.append(label, input, list, said);
}
export default { render };
"""


class Picker(anywidget.AnyWidget):
    """Adds names to a value that only Python holds; the browser asks, so the two cannot hold different ones.

    Parameters
    ----------
    description
        The label.
    options
        Text and value of each name.

    Attributes
    ----------
    value
        What was picked, in that order.
    """

    _esm = _ESM
    description = traitlets.Unicode("").tag(sync=True)
    options: Any = traitlets.List().tag(sync=True)
    disabled = traitlets.Bool().tag(sync=True)
    value = traitlets.Tuple(())

    def __init__(self, *, description: str, options: list[tuple[str, str]]) -> None:
        super().__init__(description=description, options=[list(one) for one in options])
        self.on_msg(self._asked)

    def _asked(self, _: Any, content: Any, __: Any) -> None:
        wanted = content.get("add") if isinstance(content, dict) else None
        if wanted in {value for _, value in self.options} and wanted not in self.value and not self.disabled:
            self.value = (*self.value, wanted)


class Chips(anywidget.AnyWidget):
    """Shows what is active, each with a button that takes it away.

    Parameters
    ----------
    on_remove
        Called with the key of a chip.

    Attributes
    ----------
    shown
        Key and text of each.
    """

    _esm = """
function render({ model, el }) {
  el.classList.add("sa-chips");
  const draw = () => {
    const shown = model.get("shown");
    el.setAttribute("role", "group");
    el.setAttribute("aria-label", "Active filters");
    const focused = [...el.children].indexOf(document.activeElement);
    el.replaceChildren(...shown.map(([key, text]) => {
      const one = document.createElement("button");
      one.type = "button";
      one.dataset.key = key;
      one.setAttribute("aria-label", `Remove ${text}`);
      one.title = "Remove this filter";
      one.textContent = `${text} ×`;
      one.addEventListener("click", () => model.send({ remove: key }));
      return one;
    }));
    if (focused >= 0) el.children[Math.min(focused, el.children.length - 1)]?.focus();
  };
  model.on("change:shown", draw);
  draw();
}
export default { render };
"""
    shown: Any = traitlets.List().tag(sync=True)

    def __init__(self, *, on_remove: Callable[[str], None]) -> None:
        super().__init__()
        self._on_remove = on_remove
        self.on_msg(self._asked)

    def _asked(self, _: Any, content: Any, __: Any) -> None:
        key = content.get("remove") if isinstance(content, dict) else None
        if isinstance(key, str) and key in {known for known, _ in self.shown}:
            self._on_remove(key)
