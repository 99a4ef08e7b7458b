#!/usr/bin/env bash
# Resolve pyproject.toml into requirements/*.txt: hashed, for every platform, without any index address.
set -euo pipefail
cd "$(dirname "$0")/.."
compile=(.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes
  --no-emit-index-url --no-header --upgrade)
"${compile[@]}" pyproject.toml --extra server --extra sources --extra otel --extra sentry --group dev -o requirements/dev.txt
"${compile[@]}" pyproject.toml -c requirements/dev.txt -o requirements/client.txt
"${compile[@]}" pyproject.toml --extra server -c requirements/dev.txt -o requirements/server.txt
printf 'hatchling>=1.27\neditables\n' | "${compile[@]}" - -c requirements/dev.txt -o requirements/build.txt
printf 'cyclonedx-bom>=7.5,<8\npip-audit>=2.10,<3\n' | "${compile[@]}" - -o requirements/release.txt
printf 'uv>=0.13,<0.14\n' | "${compile[@]}" - -o requirements/uv.txt
if grep -nE 'https?://' requirements/*.txt; then
  echo "An address got into the exports." >&2
  exit 1
fi
