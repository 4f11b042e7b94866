#!/bin/sh
# Installs the C libraries that the exporter calls, and with which the build trains the program, where
# they are missing, with the package manager that the system has. Other users than root need sudo.
set -eu

# ldconfig lies where not every user's PATH leads, and knows nothing on systems with musl.
PATH=$PATH:/usr/sbin:/sbin
missing=
for soname in libnetfilter_conntrack.so.3 libmnl.so.0; do
  if ! ldconfig -p 2>/dev/null | grep -q "$soname" && ! [ -e "/usr/lib/$soname" ]; then
    missing="$missing $soname"
  fi
done
[ -n "$missing" ] || exit 0

if command -v apt-get >/dev/null; then
  install='apt-get install --yes libnetfilter-conntrack3 libmnl0'
elif command -v dnf >/dev/null; then
  install='dnf install --assumeyes libnetfilter_conntrack libmnl'
elif command -v apk >/dev/null; then
  install='apk add libnetfilter_conntrack libmnl'
elif command -v pacman >/dev/null; then
  install='pacman -S --noconfirm libnetfilter_conntrack libmnl'
elif command -v zypper >/dev/null; then
  install='zypper --non-interactive install libnetfilter_conntrack3 libmnl0'
else
  echo "Missing:$missing. Install the packages of libnetfilter_conntrack and libmnl." >&2
  exit 1
fi

sudo=
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "Missing:$missing. Install them as root: $install" >&2
    exit 1
  fi
  sudo=sudo
  install="sudo $install"
fi
# A system that was just unpacked knows no packages yet.
case $install in
  *apt-get*) apt-cache show libmnl0 >/dev/null 2>&1 || $sudo apt-get update --quiet --quiet || : ;;
esac
echo "Missing:$missing. Installing: $install"
if ! $install; then
  echo "That failed. Run it as root, after an update of the package lists, then try again." >&2
  exit 1
fi
