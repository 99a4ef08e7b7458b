#!/usr/bin/env bash
# Make the secrets that compose.yaml names, each once; what is there stays as it is.
# The folder is closed to others. The files are not: containers read them as accounts of their own.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p secrets
chmod 700 secrets
umask 022

random() { head -c 36 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'; }
keep() { [ -s "secrets/$1" ] || printf '%s\n' "$2" >"secrets/$1"; }

keep database_password "$(random)"
keep database_url "postgresql://orgsync:$(cat secrets/database_password)@database/orgsync"
keep secret_key "$(random)"
access=$(random) secret=$(random)
keep bucket.env "AWS_ACCESS_KEY_ID=$access
AWS_SECRET_ACCESS_KEY=$secret
ROOT_ACCESS_KEY=$access
ROOT_SECRET_KEY=$secret"
echo "Secrets are in deploy/compose/secrets. Keep a copy of secret_key elsewhere: a back-up does not hold it."
