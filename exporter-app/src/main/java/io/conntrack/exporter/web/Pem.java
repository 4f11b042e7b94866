package io.conntrack.exporter.web;

import io.conntrack.exporter.files.FileException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** One block of a PEM text. What stands between the blocks is passed over. */
final class Pem {
  private static final String BEGIN = "-----BEGIN ";
  private static final String END = "-----END ";
  private static final String DASHES = "-----";

  private final String type;
  private final boolean encrypted;
  private final byte[] der;

  private Pem(String type, boolean encrypted, byte[] der) {
    this.type = type;
    this.encrypted = encrypted;
    this.der = der;
  }

  /** As in {@code -----BEGIN CERTIFICATE-----}. */
  String type() {
    return type;
  }

  /** Whether its first lines say that it is. */
  boolean encrypted() {
    return encrypted;
  }

  byte[] der() {
    return der;
  }

  /** All blocks, in their order. */
  static List<Pem> blocks(String text) throws FileException {
    List<Pem> blocks = new ArrayList<>();
    String type = null;
    StringBuilder body = new StringBuilder();
    boolean encrypted = false;
    for (String raw : text.split("\\R", -1)) {
      String line = raw.strip();
      if (line.startsWith(BEGIN) && line.endsWith(DASHES)) {
        type =
            line.substring(
                BEGIN.length(), Math.max(BEGIN.length(), line.length() - DASHES.length()));
        body.setLength(0);
        encrypted = false;
      } else if (type != null && line.equals(END + type + DASHES)) {
        blocks.add(new Pem(type, encrypted, decoded(type, body.toString())));
        type = null;
      } else if (type != null && line.contains(":")) {
        encrypted |= line.contains("ENCRYPTED");
      } else if (type != null) {
        body.append(line);
      }
    }
    if (type != null) {
      throw new FileException("the block '" + FileException.printable(type) + "' has no END line");
    }
    return blocks;
  }

  private static byte[] decoded(String type, String body) throws FileException {
    try {
      return Base64.getDecoder().decode(body);
    } catch (IllegalArgumentException e) {
      throw new FileException(
          "the block '" + FileException.printable(type) + "' is not in Base64, so it is damaged");
    }
  }
}
