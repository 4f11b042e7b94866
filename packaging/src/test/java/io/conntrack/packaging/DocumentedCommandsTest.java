package io.conntrack.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.testbed.KernelTest;
import io.conntrack.testbed.Namespace;
import org.junit.jupiter.api.Test;

/** The list by which {@code make test-docs} runs the commands of the documents. */
@KernelTest
final class DocumentedCommandsTest {
  @Test
  void eachEntryOfTheListIsAboutABlockOfADocument() throws Exception {
    Tool.require("python3", "python3");
    try (Namespace namespace = Namespace.create()) {
      assertThat(namespace.sh("python3 docs-test/run.py list"))
          .contains("README.md:", "docs/install.md:", " 0 failures");
    }
  }
}
