"""Statistical models that analyses share: age curve, account level, regressions, conformal intervals."""
