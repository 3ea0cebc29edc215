"""How the explorer looks: a few rules on top of Jupyter's own, which follow its light and dark themes."""

from pathlib import Path

from shortimize_analytics.plots.theme import ACCENT, INK, MUTED, RULE, WARNING

MUTED_ON_DARK = "#a9b2c0"
# Jupyter's own grey has less than 4.5 to 1 on its own tint
_COLOURS = f"""
.sa-explorer {{ --sa-ink: var(--jp-ui-font-color1, {INK}); --sa-muted: {MUTED};
  --sa-rule: var(--jp-border-color2, {RULE}); --sa-link: var(--jp-content-link-color, {ACCENT});
  --sa-focus: var(--jp-brand-color1, {ACCENT}); --sa-trouble: var(--jp-error-color1, {WARNING});
  --sa-ok: var(--jp-success-color0, #00785a); --sa-tint: var(--jp-layout-color2, #f3f5f9); --sa-edge: #7f899c;
  --sa-chip: #e7effd; }}
:is([data-jp-theme-light="false"], .sa-dark) .sa-explorer {{ --sa-chip: #1b2a47;
  --sa-muted: {MUTED_ON_DARK}; }}"""
_RULES = """
.sa-explorer { width: 100%; container-type: inline-size; contain-intrinsic-inline-size: 900px; }
.sa-explorer.sa-live .sa-unconnected, .sa-explorer:not(.sa-silent) .sa-unanswered { display: none; }
/* a page that is being connected has its answer by then; nothing moves for it */
.sa-explorer p.sa-note.sa-saved { max-height: 0; overflow: hidden; margin: 0; animation: sa-appear 0s 3s forwards; }
@keyframes sa-appear { to { max-height: 4em; } }
.sa-explorer .sa-tabs > .lm-TabBar > .lm-TabBar-content { flex-wrap: wrap; }
.sa-explorer .sa-tabs > .lm-TabBar .lm-TabBar-tab { flex: 0 1 auto; min-width: max-content;
  padding: 0 18px; }
.sa-explorer .sa-tabs > .lm-TabBar .lm-TabBar-tab:not(.lm-mod-current) { color: var(--sa-muted); }
.sa-explorer .sa-filters :is(.sa-more-filters, .sa-filter-reset,
  .sa-filter-only-uploaded-in-range) { margin-top: 20px; }
.sa-explorer .sa-filters :is(.sa-more-filters, .sa-filter-reset) { border: 1px solid var(--sa-edge); }
.sa-explorer .sa-filters { background: var(--sa-tint); border: 1px solid var(--sa-rule); border-radius: 8px;
  padding: 6px 8px; overflow: visible; }
.sa-explorer .sa-filters .widget-inline-hbox:not(.widget-checkbox) { flex-direction: column; align-items: stretch;
  height: auto; }
.sa-explorer .sa-filters .widget-inline-hbox:not(.widget-checkbox) > :not(.widget-label) { flex: 0 0 auto; }
.sa-explorer .sa-filters :is(.widget-label, .sa-picker label) { text-align: left; width: auto; height: auto;
  line-height: 1.5; font-size: 12px; color: var(--sa-muted); display: block; }
.sa-explorer .sa-filters select { height: 28px; }
.sa-explorer .sa-filters .slider-container { height: 18px; margin: 8px 10px 0; }
.sa-explorer .sa-filters .widget-hslider { margin: 2px; }
.sa-explorer .sa-filters .widget-readout { text-align: left; min-height: 0; height: auto; line-height: 1.4; }
.sa-explorer .sa-window.widget-toggle-buttons { width: auto; }
.sa-explorer .sa-window .widget-toggle-button { width: auto; padding: 0 10px; margin: 0; }
.sa-explorer .sa-picker { width: 148px; margin: 2px; }
.sa-explorer .sa-picker input { width: 100%; height: 28px; box-sizing: border-box; font-size: 13px; padding: 0 8px;
  color: var(--sa-ink); background: var(--jp-layout-color1, white); border: 1px solid var(--sa-edge);
  border-radius: 2px; }
.sa-explorer .sa-picker-said { display: block; font-size: 12px; color: var(--sa-trouble); }
.sa-explorer .sa-chips { display: flex; flex-wrap: wrap; gap: 6px; margin: 4px 0 0; }
.sa-explorer .sa-chips button { font: inherit; font-size: 12.5px; line-height: 1.4; min-height: 26px; padding: 2px 8px;
  cursor: pointer; color: var(--sa-ink); background: var(--sa-chip); border: 1px solid var(--sa-edge);
  border-radius: 5px; max-width: 100%; overflow-wrap: anywhere; text-align: left; }
.sa-explorer .sa-head { margin: 2px 0 4px; line-height: 1.4; white-space: normal; font-size: 13.5px;
  color: var(--sa-muted); }
.sa-explorer .sa-whose { font-size: 16px; color: var(--sa-ink); margin-right: 8px; }
.sa-explorer .sa-age > span { color: var(--sa-ok); }
.sa-explorer .sa-age.sa-old > span { color: var(--sa-trouble); }
.sa-explorer .sa-tiles { display: flex; flex-wrap: wrap; gap: 8px; margin: 4px 0; }
.sa-explorer .sa-tile { border: 1px solid var(--sa-rule); border-radius: 4px; padding: 5px 12px;
  min-width: 104px; display: flex; flex-direction: column; }
.sa-explorer .sa-tile span, .sa-explorer .sa-tile small { color: var(--sa-muted); font-size: 12px; }
.sa-explorer .sa-tile strong { font-size: 22px; font-weight: 600; line-height: 1.3; }
.sa-explorer .sa-note { color: var(--sa-muted); font-size: 12.5px; line-height: 1.4; margin: 2px 0;
  white-space: normal; }
.sa-explorer .sa-note a { color: var(--sa-link); text-decoration: underline; }
.sa-explorer .sa-trouble { color: var(--sa-trouble); font-size: 13.5px; line-height: 1.4;
  white-space: normal; }
.sa-explorer .sa-status p { font-size: 13.5px; font-weight: 600; margin: 4px 0; line-height: 1.4; white-space: normal; }
.sa-explorer:is(.sa-stale, .sa-behind) :is(.sa-picture, .sa-tiles, .sa-table) { opacity: 0.35; }
.sa-explorer .sa-picture { display: block; background: white; max-width: 100%; height: auto; }
.sa-explorer .sa-chart { position: relative; width: fit-content; max-width: 100%; touch-action: pan-y; }
.sa-explorer .sa-chart[hidden] { display: none; }
.sa-explorer .sa-chart.sa-opens { cursor: pointer; }
.sa-explorer :is(.sa-spot, .sa-band, .sa-card) { position: absolute; pointer-events: none; box-sizing: border-box; }
.sa-explorer .sa-spot { border: 1.5px solid var(--sa-link); border-radius: 3px; }
.sa-explorer .sa-spot.sa-point { width: 14px !important; height: 14px !important; margin: -7px 0 0 -7px;
  border-radius: 50%; }
.sa-explorer .sa-band { background: var(--sa-link); opacity: 0.2; }
.sa-explorer .sa-card { z-index: 5; max-width: min(380px, 100%); padding: 8px 12px; border-radius: 8px; font-size: 13px;
  line-height: 1.4; color: var(--sa-ink); background: var(--jp-layout-color1, white); border: 1px solid var(--sa-edge);
  box-shadow: 0 4px 16px rgb(0 0 0 / 25%); overflow-wrap: anywhere; white-space: normal; }
.sa-explorer .sa-card[hidden] { display: none; }
.sa-explorer .sa-card > * { display: block; }
/* a chart on white becomes one on the page's own dark: black is nothing to a screen blend, and hues stay */
:is([data-jp-theme-light="false"], .sa-dark) .sa-explorer .sa-picture {
  filter: invert(1) hue-rotate(180deg); mix-blend-mode: screen; }
.sa-explorer .sa-sight { height: 0; margin: 0; scroll-margin: 48px 0 440px; }
.sa-explorer .sa-finding { font-size: 15px; font-weight: 600; line-height: 1.4; margin: 6px 0; white-space: normal;
  color: var(--sa-ink); max-width: 70em; }
.sa-explorer .sa-two { border-collapse: collapse; font-size: 13.5px; margin: 8px 0; color: var(--sa-ink); }
.sa-explorer .sa-two :is(th, td) { padding: 4px 18px 4px 0; text-align: left; font-weight: 400; white-space: normal;
  border-bottom: 1px solid var(--sa-rule); background: none; font-variant-numeric: tabular-nums;
  line-height: 1.4; }
.sa-explorer .sa-two :is(thead th, td) { font-weight: 600; overflow-wrap: break-word; }
.sa-explorer .sa-two tbody td { white-space: nowrap; }
.sa-explorer .sa-two tbody th { color: var(--sa-muted); }
.sa-explorer .sa-video-title { margin: 8px 0 0; font-size: 16px; }
.sa-explorer :focus-visible { outline: 2px solid var(--sa-focus); outline-offset: 1px; }
.sa-explorer .sa-code button { width: auto; }
.sa-explorer .sa-code textarea { width: 100%; min-height: 190px; font-size: 12.5px; box-sizing: border-box;
  font-family: var(--jp-code-font-family, monospace); color: var(--sa-ink);
  background: var(--jp-layout-color1, white); }
.sa-explorer .sa-code textarea[hidden] { display: none; }
@container (max-width: 560px) {
  .sa-filters:not(.sa-unfolded) .sa-basic > :not(.sa-filter-search, .sa-more-filters, .sa-filter-reset) {
    display: none; }
  .sa-explorer .sa-filters :is(.sa-more-filters, .sa-filter-reset) { margin-top: 2px; }
  .sa-explorer .sa-filters .sa-filter-search { flex: 1 1 100%; }
  .sa-actions .widget-text { max-width: 100%; }
  .sa-explorer .sa-tabs > .widget-tab-contents { padding: 8px; }
  .sa-explorer .sa-tiles { display: grid; grid-template-columns: 1fr 1fr; }
  .sa-explorer .sa-two :is(th, td) { padding-right: 8px; }
}
"""
TABLE = Path(__file__).with_name("table.css").read_text(encoding="utf-8")
"""Of the table alone: a page of its own has it, too."""
CSS = _COLOURS + _RULES + TABLE
