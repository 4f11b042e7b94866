package io.conntrack.exporter.web;

import io.conntrack.exporter.files.FileException;
import io.conntrack.exporter.files.FileText;
import io.conntrack.exporter.files.FileWatch;
import io.conntrack.exporter.terms.UsageException;
import io.conntrack.exporter.web.LocalRequest.Answer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.tinylog.Logger;

/**
 * The file of {@code --web.config.file}, read at the start and again when it has changed, or a
 * certificate or key that it names. If one of them is wrong, or is gone, all stays as it is.
 *
 * <p>Only the thread of the {@link FileWatch} reads and changes the settings in force. Any thread
 * may ask for them.
 */
public final class WebFile implements AutoCloseable {
  private static final String OPTION = "--web.config.file";
  private static final String VARIABLE = "CONNTRACK_EXPORTER_WEB_CONFIG_FILE";

  /** Null without the option. Then there is no thread. */
  private final Path path;

  private final FileWatch watch;
  private volatile WebSettings settings = WebSettings.NONE;
  private volatile WebStatus status = new WebStatus(true, 0);

  /**
   * Begins to load what reading the file needs, on a thread of its own, if words or variables seem
   * to name one.
   */
  public static void preload(String[] words, Map<String, String> environment) {
    boolean named = !environment.getOrDefault(VARIABLE, "").isEmpty();
    for (String word : words) {
      named |= word.startsWith(OPTION);
    }
    if (named) {
      TlsPreload.start();
    }
  }

  private WebFile(Path path, long periodMs) {
    this.path = path;
    this.watch = new FileWatch("web-config", periodMs);
  }

  /**
   * Reads the file, if there is to be one.
   *
   * @throws UsageException if it is wrong, or a file that it names
   */
  public static WebFile open(Optional<Path> path) throws UsageException {
    return open(path, FileWatch.PERIOD_MS);
  }

  /** The same, with another time between two looks. */
  public static WebFile open(Optional<Path> path, long periodMs) throws UsageException {
    WebFile file = new WebFile(path.orElse(null), periodMs);
    if (path.isPresent()) {
      try {
        TlsVersions.leaveToTheFile();
        file.settings = file.parse();
        file.status = new WebStatus(true, System.currentTimeMillis());
      } catch (FileException e) {
        throw UsageException.ofContent(OPTION + "=" + file.path + ": " + e.getMessage());
      }
    }
    return file;
  }

  /** From now on follows the files, in a thread of its own. */
  public void follow() {
    if (path != null) {
      Logger.info(
          "TLS is {}, and {} are asked for, as {} says",
          settings.tls() == null ? "off" : "on",
          settings.users().isEmpty() ? "no passwords" : "passwords",
          path);
      watch.start(this::reload);
    }
  }

  /** Has the files read again at once, whether they have changed or not. Any thread may call. */
  public void readAgain() {
    watch.readAgain();
  }

  private void reload(String why) {
    try {
      WebSettings others = parse();
      if ((others.tls() == null) != (settings.tls() == null)) {
        throw new FileException(
            "TLS cannot be turned "
                + (others.tls() == null ? "off" : "on")
                + " while the exporter runs; start it again");
      }
      settings = others;
      status = new WebStatus(true, System.currentTimeMillis());
      Logger.info("The web configuration of {} is in force, {}", path, why);
    } catch (FileException e) {
      status = new WebStatus(false, status.lastGoodUnixMs());
      Logger.warn("{} is refused, and all stays as before: {}", path, e.getMessage());
    }
  }

  private WebSettings parse() throws FileException {
    watch.reads(path);
    try {
      Path folder = path.toAbsolutePath().getParent();
      return WebParser.parse(FileText.read(path, "write less"), folder, watch::reads);
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      // A fault of a parser must not end this thread, whatever the files hold.
      throw new FileException("it cannot be read: " + FileException.printable(e.toString()));
    }
  }

  /** What is in force. */
  public WebSettings settings() {
    return settings;
  }

  /**
   * Asks a server as one that this file was written for. If it wants a client certificate, it must
   * show the certificate of this file.
   */
  public Answer ask(LocalRequest request) throws IOException {
    TlsSettings tls = settings.tls();
    return request.plainOrSecure(tls == null ? Optional.empty() : Optional.of(tls.certificate()));
  }

  /** Empty without the option. */
  public Optional<WebStatus> status() {
    return path == null ? Optional.empty() : Optional.of(status);
  }

  @Override
  public void close() {
    watch.close();
  }
}
