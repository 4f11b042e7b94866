#!/bin/sh
# Prints the version of the program in the runtime image IMAGE, as it tells it itself.
# usage: version.sh IMAGE
set -eu
"$1/bin/conntrack-exporter" --version | sed -n 's/^conntrack-exporter, version \([^ ]*\) .*/\1/p'
