package io.conntrack.aggregator.endpoint;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.conntrack.aggregator.remote.EndpointKey;
import java.lang.foreign.MemorySegment;

/**
 * The service of one endpoint, 24 bytes, native byte order. It is the rest of the endpoint's key,
 * if services tell endpoints apart.
 *
 * <pre>
 *  offset  size  field
 *       0     8  addressHigh   IPv4 as ::ffff:a.b.c.d; with the next 0: there is no service
 *       8     8  addressLow
 *      16     8  port
 * </pre>
 *
 * <p>A record is a place, not an object: {@code (services, index)}. Its one writer is the reader.
 */
public final class ServiceRecord {
  static final long BYTES = 3 * Long.BYTES;

  private static final long ADDRESS_LOW = Long.BYTES;
  private static final long PORT = 2 * Long.BYTES;

  private ServiceRecord() {}

  public static long addressHigh(MemorySegment services, int index) {
    return services.get(JAVA_LONG, index * BYTES);
  }

  public static long addressLow(MemorySegment services, int index) {
    return services.get(JAVA_LONG, index * BYTES + ADDRESS_LOW);
  }

  public static int port(MemorySegment services, int index) {
    return (int) services.get(JAVA_LONG, index * BYTES + PORT);
  }

  static boolean hasKey(MemorySegment services, int index, EndpointKey key) {
    return addressLow(services, index) == key.serviceLow
        && addressHigh(services, index) == key.serviceHigh
        && port(services, index) == key.servicePort;
  }

  static void key(MemorySegment services, int index, EndpointKey key) {
    services.set(JAVA_LONG, index * BYTES, key.serviceHigh);
    services.set(JAVA_LONG, index * BYTES + ADDRESS_LOW, key.serviceLow);
    services.set(JAVA_LONG, index * BYTES + PORT, key.servicePort);
  }
}
