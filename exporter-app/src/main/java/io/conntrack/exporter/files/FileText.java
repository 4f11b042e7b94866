package io.conntrack.exporter.files;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reads a file of bounded size. */
public final class FileText {
  /**
   * The most that a Kubernetes ConfigMap holds. At the start, before the JVM has compiled anything,
   * reading so much YAML takes 0.7 s.
   */
  public static final int MAX_BYTES = 1 << 20;

  private FileText() {}

  /**
   * The whole text.
   *
   * @param smaller what to do if the file is too large
   * @throws FileException if it cannot be read; the message says why
   */
  public static String read(Path path, String smaller) throws FileException {
    try {
      if (!Files.isRegularFile(path) && Files.exists(path)) {
        throw new FileException("this is no regular file; name one");
      }
      byte[] bytes;
      try (InputStream file = Files.newInputStream(path)) {
        bytes = file.readNBytes(MAX_BYTES + 1);
      }
      if (bytes.length > MAX_BYTES) {
        throw new FileException("the file is larger than 1 MiB; " + smaller);
      }
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new FileException("the file is not UTF-8; save it as such");
    } catch (IOException e) {
      throw new FileException(reason(e));
    }
  }

  private static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException absent -> "there is no such file";
      case AccessDeniedException denied ->
          "this user may not read it; give it the right to read the file and to enter the"
              + " folders above";
      case FileSystemException other when other.getReason() != null ->
          "it cannot be read: " + other.getReason();
      default -> "it cannot be read: " + e.getMessage();
    };
  }
}
