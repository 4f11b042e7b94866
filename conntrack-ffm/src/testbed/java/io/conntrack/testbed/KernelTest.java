package io.conntrack.testbed;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Marks a test class or method that needs a network namespace of its own. It is skipped only where
 * the kernel does not let this process make one (unshare gives EPERM), and never where the
 * environment says {@code CONNTRACK_TESTS_MUST_RUN=1} or {@code CI=true}: there it fails. Any other
 * thing that is missing, such as the {@code nft} command, is a failure everywhere.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Tag("kernel")
@ExtendWith(KernelTest.Condition.class)
public @interface KernelTest {
  /** Decides whether the marked tests run. */
  final class Condition implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      if (mustRun()) {
        return ConditionEvaluationResult.enabled("kernel tests must run here");
      }
      return Capability.PRESENT
          ? ConditionEvaluationResult.enabled("network namespaces can be made")
          : ConditionEvaluationResult.disabled(
              "unshare(CLONE_NEWNET) gives EPERM: run as root to test against the kernel");
    }

    private static boolean mustRun() {
      return "1".equals(System.getenv("CONNTRACK_TESTS_MUST_RUN"))
          || "true".equals(System.getenv("CI"));
    }

    /** Asked once, since conditions are evaluated for each test. */
    private static final class Capability {
      static final boolean PRESENT = Namespace.isPermitted();
    }
  }
}
