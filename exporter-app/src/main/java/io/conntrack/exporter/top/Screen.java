package io.conntrack.exporter.top;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jline.terminal.Attributes;
import org.jline.terminal.Attributes.ControlChar;
import org.jline.terminal.Attributes.LocalFlag;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.AttributedString;
import org.jline.utils.Curses;
import org.jline.utils.InfoCmp.Capability;

/**
 * The terminal while it shows a table: its alternate screen, without cursor, and keys that come one
 * by one. The main thread draws and takes keys. Any thread may close it, as that of a signal does;
 * then the terminal is as it was.
 */
final class Screen implements AutoCloseable {
  /** There was no key in the time. */
  static final int NONE = -2;

  static final int UP = 0x110001;
  static final int DOWN = 0x110002;
  static final int LEFT = 0x110003;
  static final int RIGHT = 0x110004;
  static final int PAGE_UP = 0x110005;
  static final int PAGE_DOWN = 0x110006;
  static final int HOME = 0x110007;

  /** A key that stands for nothing. */
  private static final int UNKNOWN = 0x110000;

  /** There will be no more. */
  static final int END = -1;

  private static final int ESCAPE = 27;

  /** The rest of a key's sequence comes at once. */
  private static final int SEQUENCE_MS = 30;

  private static final int LONGEST_SEQUENCE = 16;

  /** What a terminal may claim that nobody can see. */
  private static final int MOST_CELLS = 1_000;

  private static final Size USUAL = Size.of(80, 24);

  private final Terminal terminal;
  private final Attributes before;

  /**
   * What undoes {@link #enter}. It is written past the library, whose own hook may be the first.
   */
  private final byte[] leave;

  /** Guarded by this. */
  private boolean closed;

  private Screen(Terminal terminal) {
    this.terminal = terminal;
    this.before = terminal.getAttributes();
    this.leave =
        Stream.of(Capability.cursor_normal, Capability.keypad_local, Capability.exit_ca_mode)
            .map(terminal::getStringCapability)
            .filter(Objects::nonNull)
            .map(capability -> Curses.tputs(capability))
            .collect(Collectors.joining())
            .getBytes(US_ASCII);
  }

  /** Whether there is a terminal that a screen can be drawn on. */
  @SuppressWarnings("SystemConsoleNull") // without the module of JLine that JDKs have, it does
  static boolean isPossible(String terminalType) {
    return !terminalType.isEmpty()
        && !terminalType.startsWith("dumb")
        && System.console() != null
        && System.console().isTerminal();
  }

  /** Takes the terminal of this process. */
  static Screen open(Charset charset) throws IOException {
    Screen screen = new Screen(terminal(charset));
    try {
      screen.enter();
      return screen;
    } catch (RuntimeException e) {
      screen.close();
      throw e;
    }
  }

  private static Terminal terminal(Charset charset) throws IOException {
    try {
      return TerminalBuilder.builder()
          .system(true)
          .providers("ffm,exec")
          .dumb(false)
          .nativeSignals(false)
          .graphemeCluster(false)
          .encoding(charset)
          .build();
    } catch (IllegalStateException e) {
      throw new IOException("the terminal cannot be used: " + e.getMessage() + ". Try --once", e);
    }
  }

  private void enter() {
    terminal.enterRawMode();
    Attributes raw = terminal.getAttributes();
    // Ctrl-C is a signal, but no other key is: a shell would get a terminal that does not echo, and
    // the JVM would write its threads over it.
    raw.setLocalFlag(LocalFlag.ISIG, true);
    raw.setControlChar(ControlChar.VSUSP, 0);
    raw.setControlChar(ControlChar.VQUIT, 0);
    terminal.setAttributes(raw);
    terminal.puts(Capability.enter_ca_mode);
    terminal.puts(Capability.keypad_xmit);
    terminal.puts(Capability.cursor_invisible);
    terminal.puts(Capability.clear_screen);
    terminal.flush();
  }

  boolean hasColours() {
    Integer colours = terminal.getNumericCapability(Capability.max_colors);
    return colours != null && colours >= 8;
  }

  /** Of now; a terminal that tells none has the usual one. */
  synchronized Size size() {
    Size size = isClosed() ? USUAL : terminal.getSize();
    return size.getRows() < 1 || size.getColumns() < 1
        ? USUAL
        : Size.of(Math.min(size.getColumns(), MOST_CELLS), Math.min(size.getRows(), MOST_CELLS));
  }

  /** Draws all lines, at most as many as there are rows, over what is there. */
  synchronized void draw(List<AttributedString> lines) {
    if (isClosed()) {
      return;
    }
    try {
      for (int i = 0; i < lines.size(); i++) {
        terminal.puts(Capability.cursor_address, i, 0);
        terminal.puts(Capability.clr_eol);
        terminal.writer().write(lines.get(i).toAnsi(terminal));
      }
      terminal.flush();
    } catch (IllegalStateException e) {
      if (!isClosed()) {
        throw e;
      }
    }
  }

  /** Waits for a key: a code point, one of the constants, or {@link #NONE}. */
  int key(long timeoutMs) throws IOException {
    try {
      int first = terminal.reader().read(timeoutMs);
      if (first == ESCAPE) {
        return sequence();
      }
      return first >= 0 && Character.isHighSurrogate((char) first)
          ? Character.toCodePoint((char) first, (char) terminal.reader().read(SEQUENCE_MS))
          : first;
    } catch (IOException | IllegalStateException e) {
      if (isClosed()) {
        return END;
      }
      throw e;
    }
  }

  /** What follows an escape: nothing if the key itself was pressed. */
  private int sequence() throws IOException {
    int opening = terminal.reader().read(SEQUENCE_MS);
    if (opening < 0) {
      return ESCAPE;
    }
    if (opening != '[' && opening != 'O') {
      return UNKNOWN;
    }
    StringBuilder rest = new StringBuilder();
    int next = terminal.reader().read(SEQUENCE_MS);
    while (next >= ' ' && next < '@' && rest.length() < LONGEST_SEQUENCE) {
      rest.append((char) next);
      next = terminal.reader().read(SEQUENCE_MS);
    }
    return switch (rest.toString() + (char) next) {
      case "A" -> UP;
      case "B" -> DOWN;
      case "C" -> RIGHT;
      case "D" -> LEFT;
      case "5~" -> PAGE_UP;
      case "6~" -> PAGE_DOWN;
      case "H", "1~" -> HOME;
      default -> UNKNOWN;
    };
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      new FileOutputStream(FileDescriptor.out).write(leave);
    } catch (IOException e) {
      // The terminal is gone.
    }
    try {
      terminal.setAttributes(before);
      terminal.close();
    } catch (IOException | IllegalStateException e) {
      // The library's hook has done it before.
    }
  }

  /** By this, or by the library, which closes it when the process ends. */
  private synchronized boolean isClosed() {
    try {
      terminal.getAttributes();
      return closed;
    } catch (IllegalStateException e) {
      return true;
    }
  }
}
