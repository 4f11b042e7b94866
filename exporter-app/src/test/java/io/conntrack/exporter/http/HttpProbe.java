package io.conntrack.exporter.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Speaks HTTP over a bare socket, so that a test sees just what was sent. */
final class HttpProbe {
  private static final int TIMEOUT_MS = 10_000;
  private static final int RECEIVE_BUFFER_BYTES = 64 << 10;

  private final InetAddress address;
  private final int port;

  HttpProbe(InetAddress address, int port) {
    this.address = address;
    this.port = port;
  }

  /** An answer; the names of headers are in lower case, a char of the body stands for a byte. */
  record Response(int status, Map<String, String> headers, String body) {
    byte[] bytes() {
      return body.getBytes(ISO_8859_1);
    }

    String text() {
      return new String(bytes(), UTF_8);
    }

    String header(String name) {
      return headers.get(name);
    }
  }

  /** Connects with a small receive buffer, so that what is not read soon holds up the sender. */
  Socket connect() throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(RECEIVE_BUFFER_BYTES);
    socket.setSoTimeout(TIMEOUT_MS);
    socket.connect(new InetSocketAddress(address, port), TIMEOUT_MS);
    return socket;
  }

  /** Sends one request and reads to the end of the connection. */
  Response request(String method, String path, String... headerLines) throws IOException {
    String head =
        method
            + " "
            + path
            + " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n"
            + lines(headerLines);
    try (Socket socket = connect()) {
      socket.getOutputStream().write((head + "\r\n").getBytes(ISO_8859_1));
      return parse(socket.getInputStream().readAllBytes());
    }
  }

  private static String lines(String... headerLines) {
    return headerLines.length == 0 ? "" : String.join("\r\n", headerLines) + "\r\n";
  }

  private static Response parse(byte[] bytes) {
    String text = new String(bytes, ISO_8859_1);
    int end = text.indexOf("\r\n\r\n");
    String head = text.substring(0, end);
    int status = Integer.parseInt(head.substring("HTTP/1.1 ".length(), "HTTP/1.1 200".length()));
    Map<String, String> headers = new HashMap<>();
    head.lines().skip(1).forEach(line -> putHeader(line, headers));
    return new Response(status, headers, text.substring(end + 4));
  }

  private static void putHeader(String line, Map<String, String> headers) {
    int colon = line.indexOf(": ");
    headers.put(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 2));
  }
}
