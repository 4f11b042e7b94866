package io.conntrack.exporter.terms;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Reads settings of the kernel, as they are in the calling thread's namespace. */
public final class KernelSetting {
  private static final Path FOLDER = Path.of("/proc/sys/net/netfilter");

  /** Longer than any number. */
  private static final int LONGEST_TEXT = 32;

  private KernelSetting() {}

  /** Whether a setting exists and is 0. */
  public static boolean isOff(String name) {
    return text(name).startsWith("0");
  }

  /**
   * The text of a setting, with its line end. Empty if it does not exist: without connection
   * tracking there are no settings.
   */
  public static String text(String name) {
    return text(FOLDER.resolve(name), LONGEST_TEXT);
  }

  /** The text of any setting, as far as so many bytes have room for it; empty if there is none. */
  public static String text(Path setting, int mostBytes) {
    // One read only: Files.readString makes a second one, to which the kernel gives nothing.
    try (FileInputStream file = new FileInputStream(setting.toFile())) {
      byte[] bytes = new byte[mostBytes];
      int length = Math.max(0, file.read(bytes));
      return new String(bytes, 0, length, StandardCharsets.US_ASCII);
    } catch (IOException e) {
      return "";
    }
  }
}
