#!/bin/sh
# Runs Maven on a JDK that the build accepts, tells it the commit, and shows of its output no more
# than warnings and errors.
set -eu

JAVA_HOME=$("$(dirname "$0")/find-jdk.sh")
export JAVA_HOME

if ! command -v mvn >/dev/null; then
  echo "Maven is missing. Install it: apt-get install maven, or your system's like." >&2
  exit 1
fi

# Maven ends by resetting the colours of the terminal, also where it has shown none.
export MAVEN_OPTS="${MAVEN_OPTS-} -Djansi.noreset=true"

# Libraries of Maven itself call what newer JDKs warn of; older ones do not know the option.
quiet=--sun-misc-unsafe-memory-access=allow
if "$JAVA_HOME/bin/java" "$quiet" --version >/dev/null 2>&1; then
  MAVEN_OPTS="$MAVEN_OPTS $quiet"
fi

revision=$(git describe --always --dirty --abbrev=12 --exclude='*' 2>/dev/null || echo unknown)
exec mvn --batch-mode --no-transfer-progress -Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
  -Dgit.revision="$revision" "$@"
