package io.conntrack.exporter.doctor;

import io.conntrack.exporter.terms.WebPaths;
import io.conntrack.exporter.web.LocalRequest;
import io.conntrack.exporter.web.LocalRequest.Answer;
import io.conntrack.exporter.web.WebFile;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * Tells whether the exporter could listen where the options say. It binds each address and closes
 * it again.
 */
final class ListenCheck {
  private static final int LIMIT_MS = 1_000;

  /** How the answer of an exporter's {@link WebPaths#HEALTHY} begins, whatever its health. */
  private static final String EXPORTER = "The exporter";

  private ListenCheck() {}

  /** One finding for all addresses. */
  static Finding listen(List<InetSocketAddress> addresses, WebFile web) {
    List<String> free = new ArrayList<>();
    for (InetSocketAddress address : addresses) {
      String reason = refusal(address);
      if (reason.isEmpty()) {
        free.add(text(address) + " is free");
      } else if (isExporter(address, web)) {
        free.add(text(address) + " is taken by an exporter that runs already");
      } else {
        return Finding.failed(
            text(address) + " cannot be listened on: " + reason,
            "Choose another address or port with --web.listen-address or --listen-port."
                + " This shows which program has the port:\nss -ltnp sport = :"
                + address.getPort());
      }
    }
    return Finding.ok(String.join(", ", free));
  }

  /**
   * Why the exporter cannot listen on the address. Empty if it can. Nobody can connect meanwhile.
   */
  private static String refusal(InetSocketAddress address) {
    try (SocketChannel channel = SocketChannel.open()) {
      // As a server sets it: connections that ended lately do not keep the address.
      channel.setOption(StandardSocketOptions.SO_REUSEADDR, true).bind(address);
      return "";
    } catch (BindException e) {
      return e.getMessage();
    } catch (IOException e) {
      return e.toString();
    }
  }

  /**
   * The wildcard's is asked at the loopback address. If the exporter wants a client certificate
   * first, it is known by its own.
   */
  private static boolean isExporter(InetSocketAddress address, WebFile web) {
    InetAddress host =
        address.getAddress().isAnyLocalAddress()
            ? InetAddress.getLoopbackAddress()
            : address.getAddress();
    LocalRequest request =
        new LocalRequest(
            new InetSocketAddress(host, address.getPort()), WebPaths.HEALTHY, LIMIT_MS);
    try {
      Answer answer = web.status().isPresent() ? web.ask(request) : request.plain();
      return answer.wantsCertificate() || answer.text().startsWith(EXPORTER);
    } catch (IOException e) {
      return false;
    }
  }

  private static String text(InetSocketAddress address) {
    String host = address.getAddress().getHostAddress();
    if (address.getAddress().isAnyLocalAddress()) {
      return "port " + address.getPort() + " of every address";
    }
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
  }
}
