#!/usr/bin/env bash
# make_secrets.sh DIR [POSTGRES_HOST]: makes the passwords and tokens of a new installation, one per file, for
# docker compose (DIR is .dev/compose) and for the Kubernetes secret (k8s/README.md). What exists is kept.
set -euo pipefail

dir=${1:?usage: make_secrets.sh DIR [POSTGRES_HOST]}
postgres=${2:-postgres}
services=(ingest content tagging rendering feed)

if [[ -e $dir/rpc_tokens ]]; then
  echo "make_secrets: $dir has its secrets already"
  exit 0
fi

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# Compose hands a secret on with the owner and mode of its file, and the containers' users are not yours:
# the folder keeps others out, the files can be read by whom they are handed to.
mkdir -p "$dir"
chmod 0700 "$dir"
umask 0022

password=$(random)
printf %s "$password" >"$dir/postgres_password"
for service in ingest content tagging; do
  printf %s "postgresql://kimberlite:$password@$postgres:5432/kimberlite" >"$dir/${service}_postgres_url"
done

tokens=
for name in "${services[@]}" ctl; do
  roles=service
  if [[ $name == ctl ]]; then roles=editor,operator; fi
  token=$(random)
  printf %s "$token" >"$dir/${name}_rpc_token"
  tokens+="$name $roles $token"$'\n'
done
# Last: its presence says that all the others are there.
printf %s "$tokens" >"$dir/rpc_tokens"
echo "make_secrets: wrote $(find "$dir" -type f | wc -l) files to $dir"
