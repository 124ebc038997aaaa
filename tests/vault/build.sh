#!/bin/sh
# Builds HashiCorp Vault from its Go module, for tests/vault_server_test.ts: tests/vault/build.sh [FILE].
# It takes Go, its module proxy, some 8 GB below TMPDIR for a while, and minutes to half an hour. No test runs it.
set -eu
VERSION=v1.21.4
OUT=${1:-$(CDPATH='' cd "$(dirname "$0")/../.." && pwd)/.work/vault}
WORK=$(mktemp -d)
trap 'chmod -R u+w "$WORK"; rm -rf "$WORK"' EXIT
SOURCE=$(cd "$WORK" && go mod download -json "github.com/hashicorp/vault@$VERSION" |
  sed -n 's/^\t"Dir": "\(.*\)",*$/\1/p')
cp -R "$SOURCE" "$WORK/vault"
chmod -R u+w "$WORK/vault"
cd "$WORK/vault"
# The module leaves ./api and ./sdk out, which are modules of their own: the published ones stand in.
sed -n 's|^\t*\(replace \)*\(github.com/hashicorp/vault/[a-z/0-9-]*\) => \./.*|\2|p' go.mod | while read -r module; do
  go mod edit -dropreplace="$module"
done
# The sdk that is published differs from theirs in two functions: an argument more, a result less.
sed -i 's/\(activateDeduplication(ctx context.Context, req \*logical.Request\)) error/\1, _ string) error/' vault/identity_store_util.go
sed -i '/ActivationFunc(/s/, nil)/, nil, "")/' vault/logical_system_activation_flags.go
sed -i -e 's/restoredKeyName, err := b.lm.RestorePolicy/restoredKeyName, err := keyName, b.lm.RestorePolicy/' builtin/logical/transit/path_restore.go
mkdir -p "$(dirname "$OUT")"
CGO_ENABLED=0 GOFLAGS=-mod=mod go build -trimpath -ldflags "-s -w" -o "$OUT" .
"$OUT" version
