#!/usr/bin/env bash
# Make .venv from the hashed exports. uv is the fast path; plain pip is the way that works everywhere.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "orgsync needs Python 3.11 or newer; $python is $("$python" -V 2>&1). Say which: make PYTHON=/path/to/python3.11" >&2
  exit 1
}
echo "Setting up .venv (once; about a minute) …"
[ -x .venv/bin/python ] || "$python" -m venv .venv
pip=(.venv/bin/python -m pip --disable-pip-version-check --quiet)
if "${pip[@]}" install --require-hashes -r requirements/uv.txt 2>/dev/null &&
  .venv/bin/uv pip install --quiet --compile-bytecode --python .venv/bin/python --require-hashes -r requirements/dev.txt 2>/dev/null; then
  :
else
  "${pip[@]}" install --require-hashes -r requirements/dev.txt
fi
"${pip[@]}" install --no-deps --no-build-isolation --editable .
# As an installed package would be, also where PYTHONDONTWRITEBYTECODE is set: a server is half a dozen processes, and
# each would spend seconds on compiling.
.venv/bin/python -m compileall -q src
