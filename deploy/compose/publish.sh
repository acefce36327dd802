#!/bin/sh
# Signs a bundle, publishes it under its revision and gives it to the channel `production`.
set -eu
portcullis() { node /app/dist/main.js "$@"; }

signed=/tmp/bundle.tar.gz
revision=$(portcullis bundle inspect "$1" | sed -n 's/^revision  *//p')
portcullis bundle sign "$1" -o "$signed" --key /run/signing/signing.pem --algorithm ES256 --scope production
portcullis bundle publish "$signed" --to "$STORE" --key /run/secrets/release.pub --algorithm ES256 --scope production
portcullis bundle promote production "$revision" --to "$STORE"
