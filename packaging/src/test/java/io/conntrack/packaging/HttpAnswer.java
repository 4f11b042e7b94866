package io.conntrack.packaging;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.conntrack.testbed.Namespace;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What a server inside a namespace answered; the names of headers are in lower case, a char of the
 * body stands for a byte.
 */
public record HttpAnswer(int status, Map<String, String> headers, String body) {
  private static final int TIMEOUT_MS = 30_000;

  /** Asks over a bare socket, since a client of the JDK would leave its threads inside. */
  static HttpAnswer get(
      Namespace namespace, String address, int port, String path, String... headers) {
    try (Socket socket = connect(namespace, address, port)) {
      return get(socket, path, headers);
    } catch (IOException e) {
      throw new UncheckedIOException("address=" + address + " port=" + port + " path=" + path, e);
    }
  }

  /** Asks over this socket; an answer that ends within its head is an error too. */
  static HttpAnswer get(Socket socket, String path, String... headers) throws IOException {
    String head = "GET " + path + " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n";
    String lines = String.join("", Arrays.stream(headers).map(line -> line + "\r\n").toList());
    socket.getOutputStream().write((head + lines + "\r\n").getBytes(ISO_8859_1));
    return parse(socket.getInputStream().readAllBytes());
  }

  /** A connection from inside: the namespace of a socket is that of the thread that connects. */
  static Socket connect(Namespace namespace, String address, int port) throws IOException {
    return namespace.call(() -> connect(address, port));
  }

  /** A connection from the namespace of the calling thread. */
  static Socket connect(String address, int port) throws IOException {
    Socket socket = new Socket();
    try {
      socket.connect(new InetSocketAddress(InetAddress.ofLiteral(address), port), TIMEOUT_MS);
      socket.setSoTimeout(TIMEOUT_MS);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private static HttpAnswer parse(byte[] bytes) throws IOException {
    String text = new String(bytes, ISO_8859_1);
    int end = text.indexOf("\r\n\r\n");
    if (end < 0) {
      throw new EOFException("cut off after bytes=" + bytes.length);
    }
    String head = text.substring(0, end);
    Map<String, String> headers = new HashMap<>();
    head.lines().skip(1).forEach(line -> putHeader(line, headers));
    int status = Integer.parseInt(head.split(" ", 3)[1]);
    String body = text.substring(end + 4);
    boolean isChunked = "chunked".equals(headers.get("transfer-encoding"));
    return new HttpAnswer(status, headers, isChunked ? joined(body) : body);
  }

  /** Each chunk comes after its length, and the one of length 0 is the last. */
  private static String joined(String chunks) {
    StringBuilder body = new StringBuilder();
    int at = 0;
    int length = -1;
    while (length != 0) {
      int line = chunks.indexOf("\r\n", at);
      length = Integer.parseInt(chunks.substring(at, line), 16);
      body.append(chunks, line + 2, line + 2 + length);
      at = line + 2 + length + 2;
    }
    return body.toString();
  }

  private static void putHeader(String line, Map<String, String> headers) {
    int colon = line.indexOf(": ");
    headers.put(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 2));
  }

  byte[] bytes() {
    return body.getBytes(ISO_8859_1);
  }

  public String text() {
    return new String(bytes(), UTF_8);
  }
}
