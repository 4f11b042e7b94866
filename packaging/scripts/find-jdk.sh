#!/bin/sh
# Prints the home of a JDK of 22 or newer: JAVA_HOME's, else that of PATH, else 25 in the folders where
# systems keep them, since what is built ships its runtime and 25 is supported for years, else the newest
# there. Where there is none it says how to get one, and fails.
set -u
oldest=22 preferred=25

# The feature version of the JDK in folder $1; 0 where there is none.
version_of() {
  version=
  if [ -x "$1/bin/javac" ] && [ -x "$1/bin/jlink" ] && [ -r "$1/release" ]; then
    version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release")
  fi
  echo "${version:-0}"
}

javac=$(command -v javac) && path_home=$(dirname "$(dirname "$(readlink -f "$javac")")")
for home in "${JAVA_HOME-}" "${path_home-}"; do
  if [ "$(version_of "$home")" -ge "$oldest" ]; then
    echo "$home"
    exit
  fi
done

newest=0
for home in /usr/lib/jvm/* /usr/lib64/jvm/* /usr/java/* /opt/java/* "${HOME-}"/.sdkman/candidates/java/*; do
  version=$(version_of "$home")
  if [ "$version" -eq "$preferred" ]; then
    echo "$home"
    exit
  fi
  if [ "$version" -ge "$oldest" ] && [ "$version" -gt "$newest" ]; then
    newest=$version newest_home=$home
  fi
done
if [ "$newest" -gt 0 ]; then
  echo "$newest_home"
  exit
fi

cat >&2 <<EOF
No JDK of $oldest or newer: not in JAVA_HOME, not on PATH, not in the system's folders. Get one with
  Debian, Ubuntu:  apt-get install openjdk-25-jdk-headless
  Fedora:          dnf install java-25-openjdk-devel java-25-openjdk-jmods
  Arch:            pacman -S jdk-openjdk
  others:          https://adoptium.net, unpacked anywhere, with JAVA_HOME set to it
EOF
exit 1
