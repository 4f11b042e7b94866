#!/bin/sh
# Installs the runtime image IMAGE, with what belongs to it, under PREFIX: the program, its unit,
# manual, completions and documents. With DESTDIR in the environment the files go into that folder
# instead, as packages are made. LIBRARIES=lib64 puts the program into that folder of PREFIX, not lib.
# usage: install.sh JDK MODULES IMAGE PREFIX
set -eu
jdk=$1 modules=$2 image=$3 prefix=$4
packaging=$(cd "$(dirname "$0")/.." && pwd)
name=conntrack-exporter
root=${DESTDIR-}$prefix
lib=${LIBRARIES:-lib}
umask 022
export LC_ALL=C

# The unit has the path as a word, and sed has it behind a comma.
case $prefix in
  *[!A-Za-z0-9/._-]* | [!/]*)
    echo "PREFIX=$prefix must be an absolute path of letters, digits, dots, hyphens and _, such as /usr/local." >&2
    exit 2
    ;;
esac

rm -rf "${root:?}/$lib/$name"
mkdir -p "$root/$lib" "$root/bin"
cp -r "$image" "$root/$lib/$name"
ln -sf "../$lib/$name/bin/$name" "$root/bin/$name"

documents=$(mktemp -d)
trap 'rm -rf "$documents"' EXIT
version=$("$packaging/scripts/release.sh" "$image" VERSION)
"$packaging/scripts/documents.sh" "$jdk" "$modules" "$version" "$documents"
share=$root/share
mkdir -p "$share/man/man8"
gzip -9nc "$documents/$name.8" >"$share/man/man8/$name.8.gz"
mkdir -p "$share/bash-completion/completions"
sed '1{/^#!/d}' "$documents/$name.bash" >"$share/bash-completion/completions/$name"
install -D -m 644 "$documents/_$name" "$share/zsh/site-functions/_$name"
install -D -m 644 "$documents/$name.fish" "$share/fish/vendor_completions.d/$name.fish"

# Units name the program by its path.
units=$root/lib/systemd/system
mkdir -p "$units"
for unit in "$name.service" "$name.socket" netns.conf check.conf; do
  case $unit in *.service | *.socket) target=$units/$unit ;; *) target=$share/doc/$name/examples/$unit ;; esac
  mkdir -p "$(dirname "$target")"
  sed "s,/usr/lib/$name,$prefix/$lib/$name," "$packaging/systemd/$unit" >"$target"
done

doc=$share/doc/$name
mkdir -p "$doc"
cp -r "$packaging/../docs" "$doc/docs"
chmod -R u=rwX,go=rX "$doc/docs"
install -D -m 644 -t "$doc" "$packaging/NOTICE" "$packaging/../README.md" "$packaging/../LICENSE"
install -D -m 644 -t "$doc/examples" "$packaging/examples/rules.yaml"
install -D -m 644 -t "$doc/prometheus" "$packaging/prometheus/rules.yml" "$packaging/prometheus/recording.yml"
install -D -m 644 -t "$doc/grafana" "$packaging/grafana/"*.json
gzip -9nc "$packaging/../CHANGELOG.md" >"$doc/CHANGELOG.md.gz"
