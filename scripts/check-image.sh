#!/usr/bin/env bash
# Build both images, look at them, and run them as they are meant to run: user 10001, read-only root, no privileges.
#
#   scripts/check-image.sh
#
# Needs docker or podman. PYTHON_IMAGE names another base than the Dockerfile's.
set -euo pipefail
cd "$(dirname "$0")/.."
engine=$(command -v docker || command -v podman) || { echo "Neither docker nor podman is installed." >&2; exit 1; }
arguments=(--build-arg "REVISION=$(git rev-parse HEAD)")
if [ -n "${PYTHON_IMAGE:-}" ]; then arguments+=(--build-arg "PYTHON_IMAGE=$PYTHON_IMAGE"); fi
safe=(--rm --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges --shm-size 256m)
# More for podman inside a sandbox: ENGINE_ARGS="--cgroups=disabled --ulimit host --network host".
read -r -a more <<<"${ENGINE_ARGS:-}"
safe+=("${more[@]}")
name=orgsync-check-$$
cleanup() {
  "$engine" rm --force "$name" >/dev/null 2>&1 || true
  "$engine" volume rm --force "$name" >/dev/null 2>&1 || true
}
trap cleanup EXIT

for target in client server; do
  "$engine" build "${arguments[@]}" --target "$target" --tag "orgsync-$target:check" .
done
"$engine" images --filter reference='orgsync-*'

echo "The client alone: makes and checks a file, and has no server part."
"$engine" run "${safe[@]}" --entrypoint sh orgsync-client:check -c \
  'test "$(id -u)" = 10001 && orgsync sample --people 50 --output /tmp/people.csv && orgsync check /tmp/people.csv && ! python -c "import django" 2>/dev/null'

echo "The server: the whole demo, in a container that may write to its volume alone."
"$engine" run "${safe[@]}" --volume "$name:/var/lib/orgsync" orgsync-server:check demo --people 500 --data-dir /var/lib/orgsync/demo

echo "The server: gets healthy, answers, and ends in order."
"$engine" run --detach --name "$name" "${safe[@]:1}" --volume "$name:/var/lib/orgsync" orgsync-server:check
for _ in $(seq 60); do
  if "$engine" exec "$name" python -m orgsync.server.healthcheck; then break; fi
  sleep 2
done
"$engine" exec "$name" python -m orgsync.server.healthcheck
"$engine" stop --time 90 "$name"
test "$("$engine" inspect --format '{{.State.ExitCode}}' "$name")" = 0
echo "Both images work."
