package io.conntrack.exporter.terms;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Reads settings of connection tracking, as they are in the calling thread's namespace. */
public final class KernelSetting {
  private static final Path FOLDER = Path.of("/proc/sys/net/netfilter");

  /** More than any number is long. */
  private static final int LONGEST_TEXT = 32;

  private KernelSetting() {}

  /** Whether one is there, and 0. */
  public static boolean isOff(String name) {
    return text(name).startsWith("0");
  }

  /**
   * The text of one, with its line's end, or an empty one: without connection tracking there are no
   * settings.
   */
  public static String text(String name) {
    // In one read: the kernel gives nothing to a second one, which Files.readString makes.
    try (FileInputStream file = new FileInputStream(FOLDER.resolve(name).toFile())) {
      byte[] bytes = new byte[LONGEST_TEXT];
      int length = Math.max(0, file.read(bytes));
      return new String(bytes, 0, length, StandardCharsets.US_ASCII);
    } catch (IOException e) {
      return "";
    }
  }
}
