package io.conntrack.ffm.request;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Messages of the kernel's statistics, made by hand: attributes of any type and length. */
final class StatisticsMessage {
  private static final int HEADER_BYTES = 20;
  private static final int ATTRIBUTE_HEADER_BYTES = 4;

  private final int type;
  private final int cpu;
  private final ByteArrayOutputStream attributes = new ByteArrayOutputStream();

  private StatisticsMessage(int type, int cpu) {
    this.type = type;
    this.cpu = cpu;
  }

  static StatisticsMessage ofTable() {
    return new StatisticsMessage(StatisticsWalk.TABLE, 0);
  }

  static StatisticsMessage ofCpu(int number) {
    return new StatisticsMessage(StatisticsWalk.CPU, number);
  }

  /** Adds a number of 32 bits, in network order. */
  StatisticsMessage with(int attribute, long value) {
    return with(attribute, ByteBuffer.allocate(Integer.BYTES).putInt((int) value).array());
  }

  StatisticsMessage with(int attribute, byte[] payload) {
    int length = ATTRIBUTE_HEADER_BYTES + payload.length;
    ByteBuffer bytes = ByteBuffer.allocate((length + 3) & ~3).order(ByteOrder.nativeOrder());
    bytes.putShort((short) length).putShort((short) attribute).put(payload);
    attributes.writeBytes(bytes.array());
    return this;
  }

  byte[] bytes(int sequence) {
    ByteBuffer bytes =
        ByteBuffer.allocate(HEADER_BYTES + attributes.size()).order(ByteOrder.nativeOrder());
    bytes.putInt(bytes.capacity()).putShort((short) type).putShort((short) 2).putInt(sequence);
    bytes.putInt(0).put((byte) 0).put((byte) 0);
    bytes.put((byte) (cpu >> 8)).put((byte) cpu).put(attributes.toByteArray());
    return bytes.array();
  }

  /** One after the other, as in a datagram. */
  static byte[] joined(byte[]... messages) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    Arrays.stream(messages).forEach(joined::writeBytes);
    return joined.toByteArray();
  }
}
