package io.conntrack.exporter.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * State as podman 4.3, docker 27 and libcni 1.2 write it, cut down to what else they might tell.
 */
class EngineNamesTest {
  private static final String ID =
      "aba863cd0b25f46a25681cb37ac838e2fe4ab715bdbea8154790c51672e6bd9c";
  private static final Path PODMAN =
      Path.of("/run/netns/netns-92ad87a8-f898-3464-eb64-c0f551815180");
  private static final Path CNI =
      Path.of("/var/run/netns/cni-92ad87a8-f898-3464-eb64-c0f551815180");
  private static final Path DOCKER = Path.of("/var/run/docker/netns/0a1b2c3d4e5f");

  @TempDir private Path root;

  private void write(String path, String text) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private String name(Path path) {
    EngineNames names = new EngineNames(root);
    names.look(Set.of(path));
    return names.name(path);
  }

  private void writePodman(String id) throws IOException {
    String folder = "var/lib/containers/storage/overlay-containers/";
    write(
        folder + "containers.json",
        "[{\"id\":\"" + id + "\",\"names\":[\"web\"],\"image\":\"\",\"layer\":\"4d\"}]");
    write(
        folder + ID + "/userdata/config.json",
        "{\"hostname\":\"aba8\",\"linux\":{\"namespaces\":[{\"type\":\"pid\"},"
            + "{\"type\":\"network\",\"path\":\""
            + PODMAN
            + "\"}]}}");
  }

  @Test
  void podmansContainerGivesItsName() throws IOException {
    writePodman(ID);
    assertThat(name(PODMAN)).isEqualTo("web");
    assertThat(name(CNI)).isEmpty();
  }

  @Test
  void anIdIsNoWayOutOfTheFolder() throws IOException {
    writePodman("x/../" + ID);
    assertThat(name(PODMAN)).isEmpty();
  }

  @Test
  void dockersContainerGivesItsName() throws IOException {
    write(
        "var/lib/docker/containers/" + ID + "/config.v2.json",
        "{\"ID\":\""
            + ID
            + "\",\"Name\":\"/web\",\"NetworkSettings\":{\"SandboxID\":\"0a\","
            + "\"SandboxKey\":\"/var/run/docker/netns/0a1b2c3d4e5f\"}}");
    assertThat(name(DOCKER)).isEqualTo("web");
    assertThat(name(Path.of("/run/docker/netns/0a1b2c3d4e5f"))).isEqualTo("web");
    assertThat(name(Path.of("/run/docker/netns/default"))).isEmpty();
  }

  @Test
  void aPodGivesItsNamespaceAndName() throws IOException {
    write(
        "var/lib/cni/results/cbr0-" + ID + "-eth0",
        "{\"kind\":\"cniCacheV1\",\"containerId\":\""
            + ID
            + "\",\"ifName\":\"eth0\","
            + "\"cniArgs\":[[\"IgnoreUnknown\",\"1\"],[\"K8S_POD_NAMESPACE\",\"shop\"],"
            + "[\"K8S_POD_NAME\",\"web-0\"]],\"netns\":\""
            + CNI
            + "\"}");
    assertThat(name(CNI)).isEqualTo("shop/web-0");
  }

  @Test
  void whatIsNoJsonOrNoNameLeavesTheHash() throws IOException {
    write("var/lib/cni/results/a", "{\"netns\":");
    write(
        "var/lib/docker/containers/" + ID + "/config.v2.json",
        "{\"Name\":\"/we\\\"b\",\"NetworkSettings\":{\"SandboxKey\":\"" + DOCKER + "\"}}");
    assertThat(name(DOCKER)).isEmpty();
    assertThat(name(CNI)).isEmpty();
  }

  @Test
  void aNameThatIsWrittenLaterIsFoundAndStays() throws IOException {
    EngineNames names = new EngineNames(root);
    names.look(Set.of(PODMAN));
    assertThat(names.name(PODMAN)).isEmpty();
    writePodman(ID);
    names.look(Set.of(PODMAN));
    assertThat(names.name(PODMAN)).isEqualTo("web");
    Files.delete(root.resolve("var/lib/containers/storage/overlay-containers/containers.json"));
    names.look(Set.of(PODMAN));
    assertThat(names.name(PODMAN)).isEqualTo("web");
    names.look(Set.of());
    assertThat(names.name(PODMAN)).isEmpty();
  }
}
