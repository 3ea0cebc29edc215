"""Pictures of analysis results: a result frame in, matplotlib Axes out.

Every function takes the frame an analysis returned, then options by keyword; draws into ``ax`` when it is given, else
into a figure of its own; and returns the Axes. Nothing is computed here beyond what drawing needs: an interval or a
median that a frame does not hold is not drawn. Rows beyond a cap are left out with their number written under the
picture. A frame without anything to draw gives an Axes that says so.

Video titles and account names are outside text: they are cut to length, and what no font can draw is replaced. The
pictures carry numbers, not headings; ``ax.set_title`` adds one.

A figure made here (no ``ax``) is one of pyplot's: close it with ``plt.close(ax.figure)`` when many are made.

Pitfall: matplotlib draws emoji as line drawings, flags as empty frames, and does not use the bold weights of variable
fonts. The weekly report does not have these limits, because its text is set by Typst.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
