#!/usr/bin/env bash
# Build what a release consists of into dist/: sdist and wheel (twice, to the same bytes), the wheel tried in an
# environment of its own, a bill of materials of what is installed, known weaknesses of it, and checksums.
#
#   scripts/release.sh                 advisories are asked for; when their source is out of reach, it says so
#   scripts/release.sh --strict-audit  ends with 1 when a weakness is known, or when nobody could be asked
#   scripts/release.sh --no-demo       does not run the demo from the wheel
set -euo pipefail
cd "$(dirname "$0")/.."

strict_audit=false
with_demo=true
for argument in "$@"; do
  case $argument in
    --strict-audit) strict_audit=true ;;
    --no-demo) with_demo=false ;;
    *) echo "Unknown: $argument" >&2; exit 2 ;;
  esac
done

# The time of the last commit, so that anybody can build the same bytes from the same commit.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
python=.venv/bin/python
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# pip's own lines are many and say little; what fails is still told on standard error.
new_environment() {  # FOLDER REQUIREMENTS
  "$python" -m venv "$1"
  "$1/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$2"
}

echo "Building sdist and wheel …"
rm -rf dist
"$python" -m hatchling build -d "$work/first" >/dev/null
"$python" -m hatchling build -d "$work/second" >/dev/null
for file in "$work"/first/*; do
  cmp "$file" "$work/second/${file##*/}" || { echo "${file##*/} is not built to the same bytes twice." >&2; exit 1; }
done
mkdir dist
cp "$work"/first/* dist/
wheel=$(echo dist/*.whl)
name=$(basename "$wheel" -py3-none-any.whl)

for kind in client server; do
  echo "Installing the wheel with the $kind's requirements …"
  new_environment "$work/$kind" "requirements/$kind.txt"
  "$work/$kind/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "$wheel"
done
"$work/client/bin/orgsync" sample --people 50 --output "$work/people.csv" >/dev/null
"$work/client/bin/orgsync" check "$work/people.csv"
if $with_demo; then
  (cd "$work" && "$work/server/bin/orgsync" demo --data-dir "$work/demo")
fi

new_environment "$work/tools" requirements/release.txt
for kind in client server; do
  echo "Bill of materials of the $kind …"
  "$work/$kind/bin/python" -m pip --quiet --disable-pip-version-check uninstall --yes pip setuptools >/dev/null 2>&1
  "$work/tools/bin/cyclonedx-py" environment --pyproject pyproject.toml --output-reproducible --spec-version 1.6 \
    --output-format JSON --output-file "dist/$name.$kind.cdx.json" "$work/$kind/bin/python"
done

weak=false
for kind in client server; do
  echo "Known weaknesses of the $kind …"
  if "$work/tools/bin/pip-audit" --progress-spinner off --require-hashes --disable-pip \
    -r "requirements/$kind.txt" >"$work/audit.txt" 2>&1; then
    cat "$work/audit.txt"
  elif grep -q '^Found [0-9]' "$work/audit.txt"; then
    cat "$work/audit.txt"
    weak=true
  else
    tail -n 1 "$work/audit.txt"
    echo "NOT AUDITED: nobody could be asked about the $kind's packages. Nothing is claimed about them." >&2
    weak=true
  fi
done

(cd dist && sha256sum -- * >SHA256SUMS)
cat dist/SHA256SUMS
if $weak && $strict_audit; then
  echo "The audit found something, or found nobody to ask; see above." >&2
  exit 1
fi
