package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import io.conntrack.testbed.Traffic;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The network of a node as Kubernetes makes it, and what is shown of it: the table of
 * docs/kubernetes.md. A Service with two pods is reached by its address, by a port of the node, and
 * by one of the pods itself; pods reach other hosts by the node's address.
 *
 * <pre>
 *   pod 10.244.0.2 ┐
 *                  ├ node 10.244.0.1, 192.0.2.1 ── other host 192.0.2.9
 *   pod 10.244.0.3 ┘      Service 10.96.0.10:80, node port 30080
 * </pre>
 */
@KernelTest
final class KubernetesNetworkTest {
  private static final String SERVICE = "10.96.0.10";

  /** As kube-proxy has it: pods in turns, and the node's address for who would answer itself. */
  private static final String RULES =
      """
      table ip kube {
        chain first {
          ip saddr 10.244.0.2 meta mark set 1
          tcp dport 1-65535 dnat to 10.244.0.2:8080
        }
        chain second {
          ip saddr 10.244.0.3 meta mark set 1
          tcp dport 1-65535 dnat to 10.244.0.3:8080
        }
        chain service {
          numgen inc mod 2 vmap { 0 : goto first, 1 : goto second }
        }
        chain before {
          type nat hook prerouting priority -100
          ip daddr 10.96.0.10 tcp dport 80 goto service
          ip daddr 192.0.2.1 tcp dport 30080 meta mark set 1 goto service
        }
        chain out {
          type nat hook output priority -100
          ip daddr 10.96.0.10 tcp dport 80 goto service
        }
        chain after {
          type nat hook postrouting priority 100
          meta mark 1 masquerade
          ip saddr 10.244.0.0/16 ip daddr != 10.244.0.0/16 masquerade
        }
      }
      """;

  private final Namespace node = Namespace.create();
  private final Namespace first = Namespace.create();
  private final Namespace second = Namespace.create();
  private final Namespace other = Namespace.create();
  private final List<Traffic> traffic = new ArrayList<>();

  @BeforeEach
  void connect() throws IOException {
    plugIn(first, "pod1", "10.244.0.2");
    plugIn(second, "pod2", "10.244.0.3");
    join(other, "wire");
    node.sh("ip address add 192.0.2.1/24 dev wire; ip route add 10.96.0.0/16 dev lo");
    other.sh("ip address add 192.0.2.9/24 dev wire");
    node.sysctl("net.ipv4.ip_forward", 1);
    node.nft(RULES);
    first.trackConnections();
    second.trackConnections();

    ServerSocket one = in(first).listen("10.244.0.2", 8080);
    ServerSocket two = in(second).listen("10.244.0.3", 8080);
    Traffic pod = in(first);
    pod.connect(SERVICE, 80, one); // it answers itself
    pod.connect(SERVICE, 80, two);
    pod.connect(in(other).listen("192.0.2.9", 5432));
    Traffic host = in(node);
    host.connect(SERVICE, 80, one);
    host.connect(SERVICE, 80, two);
    Traffic client = in(other);
    client.connect("192.0.2.1", 30080, one);
    client.connect("192.0.2.1", 30080, two);
  }

  private Traffic in(Namespace namespace) {
    Traffic made = Traffic.in(namespace);
    traffic.add(made);
    return made;
  }

  private void plugIn(Namespace pod, String device, String address) {
    join(pod, device);
    node.sh(
        "ip address add 10.244.0.1/32 dev %s; ip route add %s dev %1$s".formatted(device, address));
    pod.sh(
        "ip address add %1$s/32 dev %2$s; ip route add 10.244.0.1 dev %2$s;"
                .formatted(address, device)
            + " ip route add default via 10.244.0.1");
  }

  private void join(Namespace end, String device) {
    String thread = end.path().toString().replaceAll(".*/(\\d+)/ns/net", "$1");
    node.sh(
        "ip link add %1$s type veth peer name %1$s netns %2$s; ip link set %1$s up"
            .formatted(device, thread));
    end.sh("ip link set %s up".formatted(device));
  }

  @AfterEach
  void close() {
    traffic.forEach(Traffic::close);
    List.of(first, second, other, node).forEach(Namespace::close);
  }

  /** Series with an open connection, of some families, as a table of the document has them. */
  private List<String> shown(String families, String... options) throws Exception {
    try (Program program = Launch.in(node).start(with(options))) {
      assertThat(program.awaitExit()).as(program.log().toString()).isZero();
      return new TreeMap<>(Scrape.ofText(program.output()).series())
          .entrySet().stream()
              .filter(each -> each.getKey().matches(families) && each.getValue() > 0)
              .map(each -> each.getKey() + " " + each.getValue().intValue())
              .toList();
    }
  }

  private static String[] with(String... options) {
    List<String> all = new ArrayList<>(Arrays.asList(options));
    all.add("--once");
    return all.toArray(String[]::new);
  }

  private static String open(String labels) {
    return "conntrack_open_connections{" + labels + "}";
  }

  @Test
  void eachWayToAServiceIsShownAsTheDocumentSays() throws Exception {
    String open = "conntrack_open_connections.*";
    assertThat(shown(open, "--direction-label"))
        .containsExactly(
            open("direction=\"forwarded\",host=\"10.244.0.2:8080\"") + " 1",
            open("direction=\"forwarded\",host=\"10.244.0.3:8080\"") + " 1",
            open("direction=\"forwarded\",host=\"192.0.2.9:5432\"") + " 1",
            open("direction=\"inbound\",host=\"192.0.2.9\"") + " 2",
            open("direction=\"outbound\",host=\"10.96.0.10:80\"") + " 2");
    assertThat(shown(open, "--nat=both"))
        .containsExactly(
            open("host=\"10.244.0.2:8080\",service=\"10.96.0.10:80\"") + " 2",
            open("host=\"10.244.0.2:8080\",service=\"192.0.2.1:30080\"") + " 1",
            open("host=\"10.244.0.3:8080\",service=\"10.96.0.10:80\"") + " 2",
            open("host=\"10.244.0.3:8080\",service=\"192.0.2.1:30080\"") + " 1",
            open("host=\"192.0.2.9:5432\",service=\"192.0.2.9:5432\"") + " 1");
    assertThat(shown("conntrack_source_connections.*", "--sources"))
        .containsExactly(
            "conntrack_source_connections{source=\"10.244.0.2\",state=\"open\"} 3",
            "conntrack_source_connections{source=\"192.0.2.9\",state=\"open\"} 2",
            "conntrack_source_connections{source=\"self\",state=\"open\"} 2");
    assertThat(
            shown(
                open + "netns=\"pod.*",
                "--netns=pod1=" + first.path(),
                "--netns=pod2=" + second.path()))
        .containsExactly(
            open("host=\"10.244.0.1\",netns=\"pod1\"") + " 3",
            open("host=\"10.244.0.1\",netns=\"pod2\"") + " 2",
            open("host=\"10.244.0.2\",netns=\"pod2\"") + " 1",
            open("host=\"10.96.0.10:80\",netns=\"pod1\"") + " 2",
            open("host=\"192.0.2.9:5432\",netns=\"pod1\"") + " 1");
  }

  /**
   * IPVS puts the address of every Service on an interface of the node; its entries are as NAT's.
   */
  @Test
  void aPodIsTheClientOfAServiceThatIpvsPutsOnTheNode() throws Exception {
    node.sh("ip address add " + SERVICE + "/32 dev lo");
    String open = "conntrack_open_connections.*";
    assertThat(shown(open, "--direction-label"))
        .containsExactly(
            open("direction=\"forwarded\",host=\"192.0.2.9:5432\"") + " 1",
            open("direction=\"inbound\",host=\"10.244.0.2\"") + " 2",
            open("direction=\"inbound\",host=\"192.0.2.9\"") + " 2",
            open("direction=\"outbound\",host=\"10.96.0.10:80\"") + " 2");
    assertThat(shown(open, "--nat=both"))
        .contains(open("host=\"10.244.0.3:8080\",service=\"10.96.0.10:80\"") + " 2");
  }

  /** The rows of the document have the hosts that the test above sees. */
  @Test
  void theDocumentHasThem() {
    String document = Docs.text(Path.of("../docs/kubernetes.md"));
    assertThat(
            document
                .lines()
                .filter(line -> line.startsWith("| "))
                .collect(Collectors.joining("\n")))
        .contains(
            "| `10.244.0.3:8080` | `10.244.0.3:8080`, `10.96.0.10:80` | `10.244.0.2` | `10.96.0.10:80` |",
            "| `10.96.0.10:80` | `10.244.0.2:8080`, `10.96.0.10:80` | `self` | – |",
            "| `192.0.2.9` | `10.244.0.2:8080`, `192.0.2.1:30080` | `192.0.2.9` | – |",
            "| `192.0.2.9:5432` | `192.0.2.9:5432`, `192.0.2.9:5432` | `10.244.0.2` | `192.0.2.9:5432` |");
  }
}
