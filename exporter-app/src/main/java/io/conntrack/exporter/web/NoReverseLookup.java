package io.conntrack.exporter.web;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.spi.InetAddressResolver;
import java.net.spi.InetAddressResolverProvider;
import java.util.stream.Stream;

/**
 * Finds addresses of names as ever, but no names of addresses. The JDK's HTTPS server asks for the
 * name of each client before the handshake, and has no use for it. With a name server that does not
 * answer, that would hold each connection up for seconds.
 */
public final class NoReverseLookup extends InetAddressResolverProvider {
  /** Called by the JDK, which finds this class as a service. */
  public NoReverseLookup() {}

  @Override
  public InetAddressResolver get(Configuration configuration) {
    InetAddressResolver builtin = configuration.builtinResolver();
    return new InetAddressResolver() {
      @Override
      public Stream<InetAddress> lookupByName(String host, LookupPolicy policy)
          throws UnknownHostException {
        return builtin.lookupByName(host, policy);
      }

      @Override
      public String lookupByAddress(byte[] address) throws UnknownHostException {
        throw new UnknownHostException("no name is looked for");
      }
    };
  }

  @Override
  public String name() {
    return "conntrack-exporter";
  }
}
