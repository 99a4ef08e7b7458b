#!/usr/bin/env bash
# Run the tests: the engine's on the system's PostgreSQL, where there is one, then all of them on the embedded one.
set -euo pipefail
cd "$(dirname "$0")/.."
# The tests start hundreds of processes; none is to compile what another one has.
unset PYTHONDONTWRITEBYTECODE
# Lint and types use one core, the first tests both: beside each other they end sooner.
findings=$(mktemp)
make --no-print-directory check >"$findings" 2>&1 &
check=$!
system=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1 || true)
if [ -n "$system" ]; then
  echo "Engine tests on $("$system/postgres" --version):"
  ORGSYNC_POSTGRES_BIN=$system .venv/bin/python -m pytest -m engine "$@" || [ $? -eq 5 -a $# -gt 0 ] # none of the tests asked for is the engine's
elif [ "${CI:-}" = true ]; then
  echo "The system's PostgreSQL is missing; scripts/system-packages.sh installs it." >&2
  exit 1
else
  echo "Skipped: engine tests on the system's PostgreSQL (not installed; scripts/system-packages.sh)."
fi
wait "$check" || { cat "$findings" >&2; exit 1; }
rm "$findings"
.venv/bin/python -m pytest "$@"
