#!/bin/sh
# make-certificates.sh DIR NAME...: a certificate authority, and a server certificate for these DNS names
# or IP addresses, by openssl. An authority that is in DIR already is used again, so that a renewal of
# the server certificate needs no change to the Provider objects.
#
#   k8s/make-certificates.sh k8s/deployment/tls assay.gatekeeper-system assay.gatekeeper-system.svc
#
# It writes ca.crt, ca.key, tls.crt and tls.key. Keep ca.key out of the cluster.
set -eu
[ $# -ge 2 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
dir=$1
shift
umask 077
mkdir -p "$dir"

if [ ! -e "$dir/ca.key" ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -days 3650 \
    -subj "/O=Assay/CN=Assay server CA" -keyout "$dir/ca.key" -out "$dir/ca.crt" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign 2>/dev/null
fi

names=
for name in "$@"; do
  case $name in
    *:*) kind=IP ;; # version 6
    *[!0-9.]*) kind=DNS ;;
    *) kind=IP ;;
  esac
  names=${names:+$names,}$kind:$name
done

work=$(mktemp -d "$dir/new.XXXXXX")
trap 'rm -rf "$work"' EXIT
cat >"$work/extensions" <<END
subjectAltName=$names
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
END
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -subj "/O=Assay/CN=$1" \
  -keyout "$work/tls.key" -out "$work/tls.csr" 2>/dev/null
openssl x509 -req -in "$work/tls.csr" -CA "$dir/ca.crt" -CAkey "$dir/ca.key" -CAcreateserial -CAserial "$work/serial" \
  -sha256 -days 365 -extfile "$work/extensions" -out "$work/tls.crt" 2>/dev/null
openssl verify -CAfile "$dir/ca.crt" "$work/tls.crt" >/dev/null
mv "$work/tls.key" "$dir/tls.key"
mv "$work/tls.crt" "$dir/tls.crt"
