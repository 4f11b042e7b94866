package io.conntrack.packaging;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.conntrack.testbed.Namespace;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;

/**
 * A real Chromium inside a namespace, with one page. It is told what to do through its debugging
 * pipe, by the Chrome DevTools protocol: JSON messages that end in a zero byte. One thread.
 */
final class Browser implements AutoCloseable {
  private static final String ERRORS =
      "window.errors = []; addEventListener('error', e => window.errors.push(e.message));"
          + "addEventListener('securitypolicyviolation', e => window.errors.push(e.violatedDirective));";

  private final Process process;
  private final OutputStream out;
  private final InputStream in;
  private int requests;
  private String session = "";

  private Browser(Process process) {
    this.process = process;
    this.out = process.getOutputStream();
    this.in = new BufferedInputStream(process.getInputStream());
  }

  /** Skips the test where there is none; fails it where no test may be skipped. */
  static void require() {
    Tool.require("chromium", "chromium");
  }

  /** Starts it with an empty page; its profile and log go into the folder. */
  static Browser start(Namespace namespace, Path folder) {
    ProcessBuilder builder =
        new ProcessBuilder(
            "sh",
            "-c",
            "exec chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage"
                + " --no-first-run --disable-background-networking --disable-component-update"
                + " --disable-sync --disable-quic --hide-scrollbars --user-data-dir=$0 --remote-debugging-pipe"
                + " about:blank 3<&0 4>&1 >/dev/null </dev/null",
            folder.resolve("profile").toString());
    builder.environment().put("HOME", folder.toString());
    builder.redirectError(Redirect.to(folder.resolve("chromium.log").toFile()));
    Browser browser = new Browser(namespace.exec(builder));
    String target =
        text(browser.call("Target.createTarget", "\"url\":\"about:blank\""), "targetId");
    browser.session =
        text(
            browser.call(
                "Target.attachToTarget", "\"targetId\":\"" + target + "\",\"flatten\":true"),
            "sessionId");
    browser.call("Page.enable", "");
    browser.call("Page.addScriptToEvaluateOnNewDocument", "\"source\":" + quoted(ERRORS));
    return browser;
  }

  /** Goes to an address, and waits until the page is there. */
  void open(String url) {
    call("Page.navigate", "\"url\":" + quoted(url));
    long limitNs = System.nanoTime() + Namespace.LIMIT.toNanos();
    while (!evaluate("location.href + document.readyState").endsWith("complete")
        || evaluate("location.href").startsWith("about:")) {
      if (System.nanoTime() > limitNs) {
        throw new AssertionError("no page at " + url);
      }
      pause();
    }
  }

  /** Waits until an expression is true. */
  void await(String expression) {
    long limitNs = System.nanoTime() + Namespace.LIMIT.toNanos();
    while (!evaluate(expression).equals("true")) {
      if (System.nanoTime() > limitNs) {
        throw new AssertionError(
            "never true: " + expression + "\n" + evaluate("document.body.innerText"));
      }
      pause();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(50);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** What an expression is, as text. A promise is waited for. */
  String evaluate(String expression) {
    String answer =
        call(
            "Runtime.evaluate",
            "\"awaitPromise\":true,\"returnByValue\":true,\"expression\":"
                + quoted("(async () => String(await (" + expression + ")))()"));
    return find(answer, "value").orElseThrow(() -> new AssertionError(expression + ": " + answer));
  }

  /** Runs a script that the page's own policy does not know. */
  void run(String script) {
    call("Runtime.evaluate", "\"expression\":" + quoted(script));
  }

  /** Puts text into a field of the page's form, as if it were typed. */
  void type(String field, String text) {
    run(
        "document.forms[0].%1$s.value = %2$s; document.forms[0].%1$s.dispatchEvent(new Event('input', {bubbles: true}))"
            .formatted(field, quoted(text)));
  }

  /** What axe-core finds wrong for readers with a handicap, and whether it looked at all. */
  String violations() {
    return axe(
        "found.violations.map(each => each.id + each.nodes[0].html)"
            + ".concat(found.passes.length > 20 ? [] : ['it looked at nothing']).join()");
  }

  /** What an expression in {@code found} is, which is what axe-core has found. */
  String axe(String expression) {
    try (InputStream axe = Browser.class.getResourceAsStream("/axe.min.js")) {
      run(new String(axe.readAllBytes(), UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return evaluate("axe.run().then(found => " + expression + ")");
  }

  void press(String key) {
    String code = "\"key\":\"" + key + "\",\"code\":\"" + key + "\",\"windowsVirtualKeyCode\":";
    String number = key.equals("Enter") ? "13,\"text\":\"\\r\"" : "9";
    call("Input.dispatchKeyEvent", "\"type\":\"keyDown\"," + code + number);
    call("Input.dispatchKeyEvent", "\"type\":\"keyUp\"," + code + number.replaceAll(",.*", ""));
  }

  void size(int width, int height) {
    call(
        "Emulation.setDeviceMetricsOverride",
        "\"width\":%d,\"height\":%d,\"deviceScaleFactor\":1,\"mobile\":false"
            .formatted(width, height));
  }

  /** {@code light} or {@code dark}. */
  void colours(String scheme) {
    call(
        "Emulation.setEmulatedMedia",
        "\"features\":[{\"name\":\"prefers-color-scheme\",\"value\":\"" + scheme + "\"}]");
  }

  void scripts(boolean on) {
    call("Emulation.setScriptExecutionDisabled", "\"value\":" + !on);
  }

  /** Writes what is seen, as PNG. */
  void picture(Path file) {
    String data = text(call("Page.captureScreenshot", "\"format\":\"png\""), "data");
    try {
      Files.createDirectories(file.getParent());
      Files.write(file, Base64.getDecoder().decode(data));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The answer to a request; events that come before it are left out. */
  private String call(String method, String parameters) {
    int id = ++requests;
    String to = session.isEmpty() ? "" : ",\"sessionId\":\"" + session + "\"";
    String request =
        "{\"id\":%d,\"method\":\"%s\"%s,\"params\":{%s}}\0".formatted(id, method, to, parameters);
    try {
      out.write(request.getBytes(UTF_8));
      out.flush();
      String answer = message();
      while (!answer.startsWith("{\"id\":" + id + ",")) {
        answer = message();
      }
      if (answer.contains("\"error\":{\"code\"")) {
        throw new AssertionError(request + ": " + answer);
      }
      return answer;
    } catch (IOException e) {
      throw new UncheckedIOException("chromium: " + method, e);
    }
  }

  private String message() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int next = in.read();
    while (next > 0) {
      bytes.write(next);
      next = in.read();
    }
    if (next < 0) {
      throw new IOException("chromium has ended: " + bytes);
    }
    return bytes.toString(UTF_8);
  }

  private static String quoted(String text) {
    return '"' + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
  }

  private static String text(String json, String name) {
    return find(json, name).orElseThrow(() -> new AssertionError("no " + name + " in " + json));
  }

  /** The first field of this name. */
  private static Optional<String> find(String json, String name) {
    try (JsonParser parser = new JsonFactory().createParser(json)) {
      while (parser.nextToken() != null) {
        if (parser.currentToken() == JsonToken.FIELD_NAME && parser.currentName().equals(name)) {
          parser.nextToken();
          return Optional.of(parser.getText());
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(json, e);
    }
  }

  @Override
  public void close() {
    process.destroy();
  }
}
