package io.conntrack.ffm.system;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.conntrack.ffm.generated.Netfilter;
import java.io.IOException;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.PaddingLayout;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The bindings were made on x86-64. Here C compilers tell whether each constant, size, offset and
 * alignment is the same for another architecture: the code below is one assertion of C for each.
 *
 * <p>That what is read lies aligned needs no other machine: the JVM checks it at each access by a
 * layout that is not {@code _UNALIGNED}, on each of them.
 */
final class HeadersTest {
  private static final Path JEXTRACT = Path.of("src/main/jextract");

  /** Those that are written by hand, since jextract took too much for them. */
  private static final Map<String, Long> BY_HAND =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("AF_UNIX", 1L),
              Map.entry("CLONE_NEWNET", 0x40000000L),
              Map.entry("ENOPROTOOPT", 92L),
              Map.entry("F_GETFL", 3L),
              Map.entry("F_SETFL", 4L),
              Map.entry("MSG_NOSIGNAL", 0x4000L),
              Map.entry("NETLINK_GET_STRICT_CHK", 12L),
              Map.entry("O_CLOEXEC", 0x80000L),
              Map.entry("O_NONBLOCK", 0x800L),
              Map.entry("SOCK_DGRAM", 2L),
              Map.entry("SOCK_STREAM", 1L),
              Map.entry("SOL_NETLINK", 270L),
              Map.entry("SO_ACCEPTCONN", 30L),
              Map.entry("SO_DOMAIN", 39L),
              Map.entry("SO_PROTOCOL", 38L),
              Map.entry("SO_TYPE", 3L),
              Map.entry("offsetof(struct sockaddr_un, sun_path)", 2L),
              Map.entry("sizeof(((struct sockaddr_un *)0)->sun_path)", 108L),
              Map.entry("offsetof(struct sockaddr_in, sin_port)", 2L),
              Map.entry("offsetof(struct sockaddr_in, sin_addr)", 4L),
              Map.entry("offsetof(struct sockaddr_in6, sin6_port)", 2L),
              Map.entry("offsetof(struct sockaddr_in6, sin6_addr)", 8L),
              Map.entry("sizeof(struct sockaddr_storage)", 128L),
              Map.entry("sizeof(struct rtmsg)", 12L),
              Map.entry("offsetof(struct rtmsg, rtm_dst_len)", 1L),
              Map.entry("offsetof(struct rtmsg, rtm_type)", 7L)));

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"cc", "x86_64-linux-gnu-gcc", "aarch64-linux-gnu-gcc"})
  void constantsAndStructsAreThoseOfTheHeaders(String compiler) throws Exception {
    assumeTrue(isInstalled(compiler), compiler + " is missing");
    assumeTrue(
        Files.exists(Path.of("/usr/include/libmnl/libmnl.h")), "libmnl-dev of Debian is missing");
    Path source = Files.writeString(folder.resolve("headers.c"), source());
    Path output = folder.resolve("output");
    // The headers of the two libraries are the same for all.
    Process process =
        new ProcessBuilder(compiler, "-fsyntax-only", "-idirafter", "/usr/include", "" + source)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(Files.readString(output)).isEmpty();
    assertThat(process.exitValue()).isZero();
  }

  /**
   * Each struct in C has the host's byte order; what is in network order says so where it is read.
   */
  @Test
  void structsHaveTheByteOrderOfTheHost() throws Exception {
    for (String struct : symbols("struct")) {
      assertThat(values(layout(struct)))
          .as(struct)
          .allSatisfy(value -> assertThat(value.order()).isEqualTo(ByteOrder.nativeOrder()));
    }
  }

  private static Stream<ValueLayout> values(MemoryLayout layout) {
    return switch (layout) {
      case ValueLayout value -> Stream.of(value);
      case GroupLayout group -> group.memberLayouts().stream().flatMap(HeadersTest::values);
      default -> Stream.of();
    };
  }

  private static String source() throws Exception {
    StringBuilder source = new StringBuilder(Files.readString(JEXTRACT.resolve("headers.h")));
    source.append(
        """
        #include <fcntl.h>
        #include <netinet/in.h>
        #include <sched.h>
        #include <stddef.h>
        #include <sys/un.h>
        #define IS(value, expected) _Static_assert((long long)(value) == (expected), #value)
        """);
    for (String constant : symbols("constant")) {
      Number value = (Number) Netfilter.class.getMethod(constant).invoke(null);
      is(source, "(int)" + constant, value.intValue());
    }
    BY_HAND.forEach((expression, value) -> is(source, expression, value));
    for (String struct : symbols("struct")) {
      GroupLayout layout = layout(struct);
      is(source, "sizeof(struct " + struct + ")", layout.byteSize());
      is(source, "_Alignof(struct " + struct + ")", layout.byteAlignment());
      for (MemoryLayout member : layout.memberLayouts()) {
        if (!(member instanceof PaddingLayout)) {
          String field = member.name().orElseThrow();
          String place = "offsetof(struct " + struct + ", " + field + ")";
          is(source, place, layout.byteOffset(PathElement.groupElement(field)));
          String size = "sizeof(((struct " + struct + " *)0)->" + field + ")";
          is(source, size, member.byteSize());
        }
      }
    }
    return source.toString();
  }

  private static void is(StringBuilder source, String expression, long value) {
    source.append("IS(").append(expression).append(", ").append(value).append("LL);\n");
  }

  private static GroupLayout layout(String struct) throws ReflectiveOperationException {
    String name = Netfilter.class.getPackageName() + "." + struct;
    return (GroupLayout) Class.forName(name).getMethod("layout").invoke(null);
  }

  private static Iterable<String> symbols(String kind) throws IOException {
    String prefix = "--include-" + kind + " ";
    try (Stream<String> lines = Files.lines(JEXTRACT.resolve("symbols.txt"), UTF_8)) {
      return lines
          .filter(line -> line.startsWith(prefix))
          .map(line -> line.substring(prefix.length()).strip())
          .collect(Collectors.toList());
    }
  }

  private static boolean isInstalled(String program) {
    return Stream.of(System.getenv("PATH").split(":", -1))
        .anyMatch(bin -> Files.isExecutable(Path.of(bin, program)));
  }
}
