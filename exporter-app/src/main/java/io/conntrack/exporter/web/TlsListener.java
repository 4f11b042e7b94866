package io.conntrack.exporter.web;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;

/** Makes the JDK's HTTP server speak TLS. A class of its own, so that plain HTTP loads no TLS. */
public final class TlsListener {
  private TlsListener() {}

  /** Listens; each connection gets what the file says when it begins. */
  public static HttpServer create(InetSocketAddress address, int backlog, WebFile file)
      throws IOException {
    HttpsServer server = HttpsServer.create(address, backlog);
    server.setHttpsConfigurator(
        new HttpsConfigurator(new ReloadingContext(() -> file.settings().tls().context())) {
          // The engine was made a moment ago. At a reload one of both may be the older.
          @Override
          public void configure(HttpsParameters parameters) {
            parameters.setSSLParameters(file.settings().tls().parameters());
          }
        });
    return server;
  }
}
