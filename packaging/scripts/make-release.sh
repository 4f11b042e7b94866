#!/bin/bash
# Checks all that a release needs, then tags it here. Pushes nothing. With DRY_RUN=1 it tags nothing
# either. What fails is told, and all else is checked all the same.
# usage: make-release.sh VERSION
# TESTS and ARTEFACTS are the commands for the tests and the artefacts: make test, and make dist deb rpm docker.
set -uo pipefail
version=${1-}
cd "$(dirname "$0")/../.." || exit 1
dist=packaging/target/dist
failed=0

# Runs a check, and tells how it went.
check() {
  local what=$1 output
  shift
  if output=$("$@" 2>&1); then
    echo "ok      $what"
  else
    echo "failed  $what"
    printf '%s\n' "$output" | tail -n 20 | sed 's/^/        /'
    failed=1
  fi
}

# The test after "is", with what to do if it fails.
needs() {
  local remedy=$1
  shift
  "$@" || { echo "$remedy"; return 1; }
}

clean() { [ -z "$(git status --porcelain)" ] || { git status --short; return 1; }; }
on_main() { needs "this is the branch $(git branch --show-current)" [ "$(git branch --show-current)" = main ]; }
pom() { grep -qF "<revision>$version</revision>" pom.xml; }
section() { grep -Eq "^## $version - [0-9]{4}-[0-9]{2}-[0-9]{2}$" CHANGELOG.md; }
new_tag() { ! git rev-parse --quiet --verify "refs/tags/v$version" >/dev/null; }
lists() { packaging/scripts/compatibility-changes.sh "$version"; }
artefacts() {
  local missing=0 kind
  for kind in "_${version}_*.deb" "-$version-*.rpm" "-$version-*.tar.xz" "-$version-*.cdx.json"; do
    compgen -G "$dist/conntrack-exporter$kind" >/dev/null || { echo "no $dist/conntrack-exporter$kind"; missing=1; }
  done
  return $missing
}
checksums() { (cd "$dist" && sha256sum --check --quiet SHA256SUMS); }

if [[ ! $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]]; then
  echo "VERSION='$version' must be three numbers: make release VERSION=1.2.0" >&2
  exit 2
fi
check 'no file is changed' clean
check 'the branch is main' on_main
check "the version is $version" needs "run make version VERSION=$version, and commit it" pom
check "CHANGELOG.md has ## $version - DATE" needs "run make version VERSION=$version, and commit it" section
check "there is no tag v$version" needs "it is there already: git show v$version" new_tag
check 'CHANGELOG.md tells of all that changed in docs/compatibility' lists
if ((failed)); then
  echo 'Not tagged. The tests and the artefacts wait until these are mended.'
  exit 1
fi
# The lists themselves are held to the program by CompatibilityTest, one of the tests.
check 'the tests pass' bash -c "${TESTS:-make test}"
# The archive first: it builds the program, and the packages take that, with one AOT cache.
check 'the artefacts are built' bash -c "${ARTEFACTS:-make dist deb rpm docker}"
check 'all artefacts are there' artefacts
check 'their checksums are right' checksums
check 'no file is changed after all this' clean
if ((failed)); then
  echo 'Not tagged.'
  exit 1
fi
if [ "${DRY_RUN-}" = 1 ]; then
  echo "DRY_RUN=1: not tagged. All is ready for v$version."
  exit 0
fi
git tag --annotate --message "conntrack-exporter $version" "v$version"
echo "Tagged v$version here. To publish: git push origin main v$version"
echo "Then: make version VERSION=X.Y.0-SNAPSHOT, a section '## Unreleased' in CHANGELOG.md, commit."
