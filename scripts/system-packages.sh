#!/usr/bin/env bash
# Install what tests want from the system: curl, the system's PostgreSQL beside the embedded one, a browser, an SFTP server.
# Without root, or elsewhere than on Debian and its kin, say what is missing and go on.
set -euo pipefail
missing=()
command -v curl >/dev/null || missing+=(curl)
compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || missing+=(postgresql)
command -v chromium >/dev/null || missing+=(chromium)
{ command -v sshd || [ -x /usr/sbin/sshd ]; } >/dev/null || missing+=(openssh-server)
command -v make >/dev/null || missing+=(make)
python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "Not installed here, and this script may not install it: ${missing[*]}" >&2
  exit 0
fi
echo "Installing ${missing[*]} …"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# The cluster that Debian would start by itself is of no use to us.
mkdir -p /etc/postgresql-common
[ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
