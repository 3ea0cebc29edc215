"""What no page may have: findings of axe-core, and boxes that stand in one another or beyond the edge."""

from axe_playwright_python.sync_playwright import Axe

# leaves that a reader reads or presses, and cells; what scrolls by itself may be wider than the page
_BOXES = """root => {
    const kinds = 'button, input, select, textarea, label, p, h1, h2, li, img, th, td, .sa-tile, .widget-label,'
        + ' .widget-readout, .slider-container, .lm-TabBar-tab';
    const boxes = [...root.querySelectorAll(kinds)].map(e => [e, e.getBoundingClientRect()])
        .filter(([e, box]) => e.checkVisibility({ visibilityProperty: true }) && box.width > 1 && box.height > 1);
    const named = e => `${e.className || e.tagName} “${e.textContent.slice(0, 30)}”`;
    const edge = root.getBoundingClientRect().right + 1;
    const beyond = boxes.filter(([e, box]) => box.right > edge && !e.closest('.sa-scroll'));
    const wrong = beyond.map(([e]) => 'beyond: ' + named(e));
    boxes.forEach(([e, box], place) => boxes.slice(place + 1).forEach(([other, next]) => {
        const wide = Math.min(box.right, next.right) - Math.max(box.left, next.left);
        const high = Math.min(box.bottom, next.bottom) - Math.max(box.top, next.top);
        if (wide > 2 && high > 2 && !e.contains(other) && !other.contains(e))
            wrong.push(named(e) + ' in ' + named(other));
    }));
    if (document.documentElement.scrollWidth > innerWidth) wrong.push('the page scrolls sideways');
    return wrong.slice(0, 20);
}"""


def misplaced(page, within):
    """List boxes that share more than two pixels or reach beyond the edge of an element."""
    return page.locator(within).evaluate(_BOXES)


def serious(page, within=None):
    """List what axe-core finds serious or critical in a page, or in the element of a selector.

    In JupyterLab only the explorer is looked at: the frame around it is JupyterLab's own.
    """
    found = Axe().run(page, context=within, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]
