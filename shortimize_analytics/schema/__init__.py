"""Every frame of the package: its columns, dtypes, units and meanings, in one place.

`tables`, `analysis_tables` and `period_tables` declare them, `cast` applies them. A frame that a loader or an analysis
returns has exactly the columns of its table, in that order, followed by fields the API sent that this version does not
know.

Pitfalls that the declarations encode: counts are nullable (`Int64`), because a missing count is not zero; instants are
UTC-aware; `uploaded_at` and `date` are calendar days (naive, midnight), because the vendor gives no hour; labels are
lists, since a video may carry several.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
