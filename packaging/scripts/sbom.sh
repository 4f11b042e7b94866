#!/bin/sh
# Prints the SBOM of the program in IMAGE: what Maven told of its libraries, BOM, and what Maven does
# not know: the Java runtime, what a library has inside, and the C libraries of the host.
# usage: sbom.sh JDK MODULES IMAGE BOM
set -eu
jdk=$1 modules=$2 image=$3 bom=$4

java=$(sed -n 's/^JAVA_VERSION="\(.*\)"/\1/p' "$image/release")
# The client's protobuf lies in a package that is named after its version.
protobuf=$("$jdk/bin/jar" --list --file "$(ls "$modules"/prometheus-metrics-exposition-formats-*.jar)" |
  sed -n 's,.*/com_google_protobuf_\([0-9]*\)_\([0-9]*\)_\([0-9]*\)/$,\1.\2.\3,p' | head -n 1)
if [ -z "$java" ] || [ -z "$protobuf" ]; then
  echo "The versions of Java ('$java') and protobuf ('$protobuf') are not where they were." >&2
  exit 1
fi

component() { # type, name, version, purl, description
  cat <<COMPONENT
    {
      "type" : "$1",
      "bom-ref" : "$4",
      "name" : "$2",
      "version" : "$3",
      "description" : "$5",
      "scope" : "required",
      "purl" : "$4"
    },
COMPONENT
}
added=$(
  component platform openjdk "$java" "pkg:generic/openjdk@$(echo "$java" | sed 's/+/%2B/')" \
    'The Java runtime in the folder of the program, linked by jlink'
  component library protobuf-java "$protobuf" "pkg:maven/com.google.protobuf/protobuf-java@$protobuf" \
    'Inside prometheus-metrics-exposition-formats, under another package name'
  component library FastDoubleParser unknown 'pkg:maven/ch.randelshofer/fastdoubleparser' \
    'Inside jackson-core, under another package name, with Schubfach of Raffaello Giulietti'
  component library libnetfilter_conntrack 3 'pkg:generic/libnetfilter_conntrack?soname=3' \
    'Called at run time and not included: libnetfilter_conntrack.so.3 of the host'
  component library libmnl 0 'pkg:generic/libmnl?soname=0' \
    'Called at run time and not included: libmnl.so.0 of the host'
)
# The Maven module that is built last has another name than the program.
sed -e 's/"name" : "packaging"/"name" : "conntrack-exporter"/' \
  -e 's,io\.conntrack/packaging@,io.conntrack/conntrack-exporter@,g' "$bom" |
  awk -v added="$added" '{ print } /^  "components" : \[$/ { print added; found = 1 }
    END { if (!found) { print "The BOM has no list of components." > "/dev/stderr"; exit 1 } }'
