#!/bin/sh
# Tells how many tests of the last run were skipped, and why: Surefire's console only counts them.
sed -n -e 's/.*<skipped message="\([^"]*\)".*/\1/p' \
  -e 's/.*<skipped.*TestAbortedException: \(Assumption failed: \)\{0,1\}\([^]]*\).*/\2/p' \
  ./*/target/surefire-reports/*.xml |
  sort | uniq -c | sed 's/^ *\([0-9]*\) /Skipped tests: \1, because: /'
