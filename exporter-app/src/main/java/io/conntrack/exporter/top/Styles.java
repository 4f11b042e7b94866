package io.conntrack.exporter.top;

import org.jline.utils.AttributedStyle;

/** How parts of the screen look. Nothing is told by colour alone, so it may be missing. */
record Styles(boolean coloured) {
  private static final AttributedStyle PLAIN = AttributedStyle.DEFAULT;

  /** What fails, or cannot be trusted. */
  AttributedStyle bad() {
    return coloured ? PLAIN.bold().foreground(AttributedStyle.RED) : PLAIN.bold();
  }

  AttributedStyle good() {
    return coloured ? PLAIN.foreground(AttributedStyle.GREEN) : PLAIN;
  }

  AttributedStyle faint() {
    return PLAIN.faint();
  }

  AttributedStyle strong() {
    return PLAIN.bold();
  }

  AttributedStyle head() {
    return PLAIN.inverse();
  }

  AttributedStyle sorted() {
    return PLAIN.inverse().bold();
  }
}
