#!/bin/sh
# Runs Maven on a JDK that the build accepts, tells it the commit, and shows of its output no more
# than warnings, errors, and how much it has downloaded.
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

# Adds up the kilobytes that Maven tells of each file, and tells of every ten megabytes.
downloads() {
  kilobytes=0 told=0
  while IFS= read -r line; do
    case $line in
      *' Downloading from '*)
        [ "$told" -gt 0 ] || echo 'Downloading plugins and libraries: some 115 MB the first time.'
        [ "$told" -gt 0 ] || told=10000
        ;;
      *' Downloaded from '*'('*' MB at '*)
        size=${line##*(} size=${size%% *}
        kilobytes=$((kilobytes + ${size%.*} * 1000))
        ;;
      *' Downloaded from '*'('*' kB at '*)
        size=${line##*(} size=${size%% *}
        kilobytes=$((kilobytes + ${size%.*}))
        ;;
      *' Downloaded from '*) ;;
      *) printf '%s\n' "$line" ;;
    esac
    if [ "$told" -gt 0 ] && [ "$kilobytes" -ge "$told" ]; then
      echo "Downloaded $((kilobytes / 1000)) MB"
      told=$((kilobytes + 10000))
    fi
  done
}

revision=$(git describe --always --dirty --abbrev=12 --exclude='*' 2>/dev/null || echo unknown)
branch=$(git rev-parse --abbrev-ref HEAD 2>/dev/null || echo unknown)
if [ -n "${SOURCE_DATE_EPOCH-}" ]; then set -- "-Dproject.build.outputTimestamp=$SOURCE_DATE_EPOCH" "$@"; fi
transfers=org.slf4j.simpleLogger.log.org.apache.maven.cli.transfer.Slf4jMavenTransferListener
# Maven's output goes through the pipe to 3, its exit code past it by 4.
exec 3>&1
code=$({
  {
    mvn --batch-mode -Dorg.slf4j.simpleLogger.defaultLogLevel=warn "-D$transfers=info" \
      -Dgit.revision="$revision" -Dgit.branch="$branch" "$@" && failed=0 || failed=$?
    echo "$failed" >&4
  } | downloads >&3
} 4>&1)
exit "$code"
