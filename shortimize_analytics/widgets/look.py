"""How the explorer looks: a few rules on top of Jupyter's own, which follow its light and dark themes."""

CSS = """
.sa-explorer { width: 100%; }
.sa-explorer .sa-tiles { display: flex; flex-wrap: wrap; gap: 8px; margin: 4px 0; }
.sa-explorer .sa-tile { border: 1px solid var(--jp-border-color2, #c9ced6); border-radius: 4px; padding: 6px 12px;
  min-width: 118px; }
.sa-explorer .sa-tile dt { color: var(--jp-ui-font-color2, #5b6472); font-size: 12px; }
.sa-explorer .sa-tile dd { margin: 0; font-size: 22px; font-weight: 600; line-height: 1.3; }
.sa-explorer .sa-tile small { display: block; font-size: 11.5px; font-weight: 400;
  color: var(--jp-ui-font-color2, #5b6472); }
.sa-explorer .sa-note { color: var(--jp-ui-font-color2, #5b6472); font-size: 12.5px; line-height: 1.4; margin: 2px 0;
  white-space: normal; }
.sa-explorer .sa-trouble { color: var(--jp-error-color1, #b9452a); font-size: 13.5px; line-height: 1.4;
  white-space: normal; }
.sa-explorer .sa-status p { font-size: 13.5px; font-weight: 600; margin: 4px 0; line-height: 1.4; white-space: normal; }
.sa-explorer.sa-stale .sa-picture, .sa-explorer.sa-stale .sa-tiles, .sa-explorer.sa-stale .sa-table { opacity: 0.35; }
.sa-explorer .sa-picture { background: white; }
.sa-explorer .sa-alt { height: 0; overflow: hidden; margin: 0; }
.sa-explorer :focus-visible { outline: 2px solid var(--jp-brand-color1, #1f63e0); outline-offset: 1px; }
.sa-explorer .widget-html-content, .sa-explorer .jupyter-widget-html-content { line-height: 1.4; }
.sa-explorer .sa-code textarea { width: 100%; min-height: 150px; font-family: var(--jp-code-font-family, monospace);
  font-size: 12.5px; }
"""
