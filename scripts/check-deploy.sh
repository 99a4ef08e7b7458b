#!/usr/bin/env bash
# Check image, compose file, chart and units with the tools that are installed here, and name those that are not.
#
#   scripts/check-deploy.sh            what can be checked here
#   scripts/check-deploy.sh --all      ends with 1 when a tool is missing
#   scripts/check-deploy.sh --write    writes tests/deploy/rendered-*.yaml anew (needs helm)
#
# Tools: hadolint, docker compose, helm, kubeconform or kubernetes-validate, systemd-analyze.
set -euo pipefail
cd "$(dirname "$0")/.."
all=false write=false
for argument in "$@"; do
  case $argument in
    --all) all=true ;;
    --write) write=true ;;
    *) echo "Unknown: $argument" >&2; exit 2 ;;
  esac
done
missing=()
have() { command -v "$1" >/dev/null || { missing+=("$1"); return 1; }; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if have hadolint; then
  hadolint Dockerfile
  echo "Dockerfile: hadolint finds nothing."
fi

compose=()
if docker compose version >/dev/null 2>&1; then compose=(docker compose); elif have docker-compose; then compose=(docker-compose); fi
if [ ${#compose[@]} -gt 0 ]; then
  # The secrets of a copy: nothing is written beside the sources.
  mkdir -p "$work/compose/deploy"
  cp -r compose.yaml "$work/compose/" && cp -r deploy/compose "$work/compose/deploy/"
  bash "$work/compose/deploy/compose/make-secrets.sh" >/dev/null
  "${compose[@]}" --project-directory "$work/compose" -f "$work/compose/compose.yaml" config --quiet
  "${compose[@]}" --project-directory "$work/compose" -f "$work/compose/compose.yaml" --profile try config --quiet
  echo "compose.yaml: read by ${compose[*]}, both ways."
fi

# The chart's sources as one hash: a rendering names the one that it was made from.
chart=$(find deploy/helm/orgsync tests/deploy/values-*.yaml -type f | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -d' ' -f1)
if have helm; then
  for values in tests/deploy/values-*.yaml; do
    kind=$(basename "$values" .yaml)
    rendering=tests/deploy/rendered-${kind#values-}.yaml
    helm lint deploy/helm/orgsync -f "$values" >/dev/null
    { echo "# Made by scripts/check-deploy.sh --write from $chart"; helm template orgsync deploy/helm/orgsync -f "$values"; } |
      sed -E 's/[[:space:]]+$//' >"$work/rendered.yaml"
    if $write; then cp "$work/rendered.yaml" "$rendering"; fi
    diff -u "$rendering" "$work/rendered.yaml"
  done
  echo "Chart: helm renders it with the fewest and with all values, as in tests/deploy."
fi
for rendering in tests/deploy/rendered-*.yaml; do
  # A ServiceMonitor is no resource of Kubernetes itself, so no schema of it knows one.
  sed '/^# Source: .*servicemonitor/,/^---$/d' "$rendering" >"$work/$(basename "$rendering")"
done
if command -v kubeconform >/dev/null; then
  kubeconform -strict -summary "$work"/rendered-*.yaml
elif have kubernetes-validate; then
  kubernetes-validate --strict --quiet "$work"/rendered-least.yaml "$work"/rendered-all.yaml
  echo "Chart: what it renders is what the schemas of Kubernetes ask for."
fi

if have systemd-analyze; then
  mkdir -p "$work/root/opt/orgsync/bin" "$work/units"
  # Only that the program is there is looked at.
  sed 's#/opt/orgsync/bin/orgsync#/bin/true#' deploy/systemd/orgsync.service >"$work/units/orgsync.service"
  for unit in orgsync-web orgsync-worker@ orgsync-run; do
    sed 's#/opt/orgsync/bin/orgsync#/bin/true#' "deploy/systemd/$unit.service" >"$work/units/$unit.service"
  done
  cp deploy/systemd/*.timer "$work/units/"
  systemd-analyze verify --man=no "$work"/units/*
  for unit in "$work"/units/*.service; do
    systemd-analyze security --offline=yes --threshold=20 "$unit" | tail -n 1
  done
fi

if [ ${#missing[@]} -gt 0 ]; then
  echo "Not checked, because it is not installed here: ${missing[*]}"
  if $all; then exit 1; fi
fi
