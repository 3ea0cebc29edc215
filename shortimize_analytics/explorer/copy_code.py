"""A button that copies Python from the browser's side: the clipboard is the browser's, not the kernel's."""

import anywidget
import traitlets

_ESM = """
function render({ model, el }) {
  el.classList.add("sa-code");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "lm-Widget jupyter-widgets jupyter-button widget-button sa-copy-code";
  button.textContent = "Copy this view as code";
  const said = document.createElement("span");
  said.setAttribute("role", "status");
  said.style.marginLeft = "8px";
  const area = document.createElement("textarea");
  area.readOnly = true;
  area.hidden = true;
  area.setAttribute("aria-label", "Python for this view");
  // without code there is nothing to copy: the controls contradict each other
  const write = () => {
    area.value = model.get("code");
    button.disabled = !area.value;
    area.hidden ||= !area.value;
  };
  model.on("change:code", () => { write(); said.textContent = ""; });
  write();
  button.addEventListener("click", async () => {
    area.hidden = false;
    area.select();
    try {
      await navigator.clipboard.writeText(model.get("code"));
      said.textContent = "copied";
    } catch {
      said.textContent = document.execCommand("copy") ? "copied" : "press Ctrl+C to copy";
    }
  });
  el.append(button, said, area);
}
export default { render };
"""


class CodeBox(anywidget.AnyWidget):
    """Shows and copies `code`."""

    _esm = _ESM
    code = traitlets.Unicode("").tag(sync=True)
