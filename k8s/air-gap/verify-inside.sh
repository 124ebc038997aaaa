#!/bin/sh
# verify-inside.sh IN [SUM]: on the machine without a network, holds what collect.sh has put together against
# its sums, checks the configuration and verifies every image.
#
#   /var/lib/assay/carried/verify-inside.sh /var/lib/assay/carried 3b1f…
#
# SUM is what collect.sh printed, brought in another way than the files. ASSAY is the program: that of the
# files otherwise, or `assay`. The exit status is 0 when all images are allowed, else that of `assay verify`,
# or 2.
set -eu
[ $# -ge 1 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
in=${1%/}
cd "$in" || exit 2
if [ $# -ge 2 ]; then
  [ "$(sha256sum < SHA256SUMS)" = "${2%% *}  -" ] || { echo "verify-inside.sh: the list of sums is another one" >&2; exit 2; }
fi
sha256sum --check --quiet SHA256SUMS >&2 || exit 2
# A file that nobody listed could configure something too.
listed=$(wc -l < SHA256SUMS)
found=$(find . -type f ! -name SHA256SUMS | wc -l)
[ "$listed" -eq "$found" ] || { echo "verify-inside.sh: $found files, of which $listed are listed" >&2; exit 2; }

assay=${ASSAY:-}
if [ -z "$assay" ]; then
  if [ -f bin/assay ]; then assay=$in/bin/assay; else assay=assay; fi
fi
$assay check "$in/config" >&2 || exit 2
# shellcheck disable=SC2046 -- words are meant to be split: references have no spaces
exec $assay verify --config "$in/config" -- $(cat images.txt)
