#!/bin/sh
# collect.sh OUT AT IMAGES CONFIG...: on a machine with a network, puts all that a site without one needs
# into the folder OUT, which will lie at AT there.
#
#   k8s/air-gap/collect.sh /var/lib/assay/carried /var/lib/assay/carried images.txt policies/
#
# IMAGES is a file with one image a line; what follows a # does not count. CONFIG are files and folders with
# verifiers, policies and key management providers, without a Store: the one for the images is made here.
# ASSAY is the program, `assay` otherwise; it may write to OUT only where that is below its state folder.
# ASSAY_BINARY is a file to carry along as the program. PULL are options for `assay pull`, such as
# "--signatures-only" or "--config registries.yaml". What is there already is not fetched again.
set -eu
[ $# -ge 4 ] || { sed -n '2,12s/^# \{0,1\}//p' "$0" >&2; exit 2; }
out=${1%/}
at=${2%/}
images=$3
shift 3
assay=${ASSAY:-assay}
here=$(CDPATH='' cd "$(dirname "$0")" && pwd)

mkdir -p "$out/config" "$out/bin" "$out/k8s"
sed 's/#.*//; s/[[:space:]]//g; /^$/d' "$images" > "$out/images.txt"
[ -s "$out/images.txt" ] || { echo "collect.sh: $images names no image" >&2; exit 2; }

rm -f "$out"/config/*
for path in "$@"; do
  for file in "$path" "$path"/*.yaml "$path"/*.yml "$path"/*.json; do
    [ -f "$file" ] || continue
    if grep -Eq '^ *"?kind"?: *"?(Namespaced)?Store"?,? *$' "$file"; then
      echo "collect.sh: $file has a Store: leave it out, inside the images come from $at/images" >&2
      exit 2
    fi
    name=$(basename "$file")
    [ ! -e "$out/config/$name" ] || { echo "collect.sh: there are two files $name" >&2; exit 2; }
    cp "$file" "$out/config/$name"
  done
done

# shellcheck disable=SC2046,SC2086 -- words are meant to be split: references have no spaces
$assay pull --to "$out/images" --at "$at/images" ${PULL:-} -- $(cat "$out/images.txt") > "$out/store.yaml.new"
mv "$out/store.yaml.new" "$out/config/store-images.yaml"
$assay crds > "$out/k8s/crds.yaml"
rm -rf "$out/k8s/manifests"
cp -R "$here/.." "$out/k8s/manifests"
# Private keys that make-certificates.sh has put beside the manifests stay here.
find "$out/k8s/manifests" -type d -name tls -prune -exec rm -rf {} +
cp "$here/verify-inside.sh" "$out/verify-inside.sh"
[ -z "${ASSAY_BINARY:-}" ] || cp "$ASSAY_BINARY" "$out/bin/assay"

cd "$out"
find . -type f ! -name SHA256SUMS -exec sha256sum {} + | LC_ALL=C sort -k 2 > SHA256SUMS
echo "collect.sh: $(wc -l < SHA256SUMS) files in $out; the sum to compare inside:" >&2
sha256sum SHA256SUMS
