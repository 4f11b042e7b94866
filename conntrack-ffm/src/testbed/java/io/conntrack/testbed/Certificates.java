package io.conntrack.testbed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Makes certificates and keys in a folder, by openssl. */
public final class Certificates {
  private static final int LIMIT_S = 60;

  private final Path folder;

  /** A CA, ca.pem and ca.key. */
  public Certificates(Path folder) throws IOException {
    this.folder = folder;
    openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=test-ca"
            + " -keyout ca.key -out ca.pem");
  }

  /** NAME.pem and NAME.key, signed by the CA. The key is as openssl's {@code -newkey} makes it. */
  public void issue(String name, String newKey, String subjectAltName) throws IOException {
    openssl(
        "req -newkey "
            + newKey
            + " -nodes -subj /CN="
            + name
            + " -keyout "
            + name
            + ".key -out "
            + name
            + ".csr");
    Files.writeString(folder.resolve("ext"), "subjectAltName=" + subjectAltName + "\n");
    openssl(
        "x509 -req -days 30 -CA ca.pem -CAkey ca.key -CAcreateserial -extfile ext -in "
            + name
            + ".csr -out "
            + name
            + ".pem");
  }

  public void openssl(String words) throws IOException {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(Arrays.asList(words.split(" ")));
    Path output = folder.resolve("openssl.log");
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      if (!process.waitFor(LIMIT_S, TimeUnit.SECONDS) || process.exitValue() != 0) {
        process.destroyForcibly();
        throw new IOException(words + ": " + Files.readString(output));
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }
}
