#!/bin/sh
# Draws what the demo shows after 30 seconds as a picture for the README, FILE.
# usage: picture.sh FILE
set -eu
file=$1
demo=$(cd "$(dirname "$0")/../demo" && pwd)

DEMO_SECONDS=30 "$demo/demo.sh" | awk '
  # The last table is the one that counts: each begins with the same line.
  /^conntrack-exporter on / { count = 0 }
  { lines[++count] = $0 }
  function escaped(text) {
    gsub(/&/, "\\&amp;", text); gsub(/</, "\\&lt;", text); gsub(/>/, "\\&gt;", text)
    return text
  }
  END {
    if (count < 5) { print "The demo has shown no table." > "/dev/stderr"; exit 1 }
    height = 22 * count + 36
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"840\" height=\"%d\"", height
    print " font-family=\"ui-monospace, Menlo, Consolas, monospace\" font-size=\"16\" role=\"img\""
    print "  aria-label=\"What the demo shows\">"
    printf "<rect width=\"840\" height=\"%d\" rx=\"10\" fill=\"#1b1f24\"/>\n", height
    for (i = 1; i <= count; i++) {
      fill = i == 3 ? "#ffffff\" font-weight=\"bold" : i == 1 ? "#8b949e" : "#d0d7de"
      printf "<text x=\"24\" y=\"%d\" fill=\"%s\" xml:space=\"preserve\">%s</text>\n", 18 + 22 * i, fill,
        escaped(lines[i])
    }
    print "</svg>"
  }' >"$file.new"
mv "$file.new" "$file"
