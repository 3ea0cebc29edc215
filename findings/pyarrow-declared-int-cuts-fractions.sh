#!/bin/sh
# pyarrow 26.0.0: an array that is told to be int64 takes 5.5 as 5, without a word; a cast of the same value refuses.
#
# A count of 5.5 views in an answer is a flaw that must be counted. `pyarrow.array([5.5], type=pyarrow.int64())` returns
# [5]; so does a struct with an int64 field. Text in the same place raises, and `pyarrow.array([5.5]).cast("int64")`
# raises "Float value 5.500000 was truncated converting to int64". What a user of the API must do: let pyarrow infer the
# type, compare it with the one that was declared, and cast. Seen on Python 3.11, Linux.
set -eu
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
python3 -m venv "$home/venv"
"$home/venv/bin/pip" install --quiet --disable-pip-version-check pyarrow==26.0.0
"$home/venv/bin/python" - <<'PY'
import pyarrow as pa

print("pyarrow", pa.__version__)
told = pa.array([5.5, -2.9], type=pa.int64())
print("told int64:", told.to_pylist())
row = pa.array([{"views": 5.5}], type=pa.struct([("views", pa.int64())]))
print("in a struct:", row.to_pylist())
try:
    pa.array([5.5]).cast(pa.int64())
except pa.ArrowInvalid as error:
    print("cast:", error)
else:
    raise SystemExit("changed: the cast no longer refuses")
try:
    pa.array(["5"], type=pa.int64())
except pa.ArrowInvalid as error:
    print("text:", error)
else:
    raise SystemExit("changed: text is taken now")
if told.to_pylist() != [5, -2] or row.to_pylist() != [{"views": 5}]:
    raise SystemExit("changed: fractions are no longer cut")
PY
# Output seen:
# pyarrow 26.0.0
# told int64: [5, -2]
# in a struct: [{'views': 5}]
# cast: Float value 5.500000 was truncated converting to int64
# text: Could not convert '5' with type str: tried to convert to int64
