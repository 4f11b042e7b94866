package io.conntrack.exporter.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.conntrack.exporter.web.Passwords.Verdict;
import java.net.InetAddress;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.security.crypto.bcrypt.BCrypt;

class PasswordsTest {
  private static final InetAddress ADDRESS = InetAddress.ofLiteral("192.0.2.1");
  private static final InetAddress OTHER = InetAddress.ofLiteral("192.0.2.2");
  private static final Map<String, String> USERS =
      Map.of(
          "ann", BCrypt.hashpw("secret", BCrypt.gensalt("$2y", 10)),
          "bob", BCrypt.hashpw("hidden", BCrypt.gensalt("$2b", 10)));

  private final Passwords passwords = new Passwords();

  private Verdict check(String user, String password, InetAddress client)
      throws InterruptedException {
    return passwords.check(USERS, user, password.getBytes(UTF_8), client);
  }

  @Test
  void eachUserHasAPasswordAndNobodyElseHasOne() throws InterruptedException {
    assertThat(check("ann", "secret", ADDRESS)).isEqualTo(Verdict.RIGHT);
    assertThat(check("bob", "hidden", ADDRESS)).isEqualTo(Verdict.RIGHT);
    assertThat(check("ann", "hidden", ADDRESS)).isEqualTo(Verdict.WRONG);
    assertThat(check("", "secret", ADDRESS)).isEqualTo(Verdict.WRONG);
    assertThat(check("ann", "", ADDRESS)).isEqualTo(Verdict.WRONG);
    assertThat(check("eve", "secret", ADDRESS)).isEqualTo(Verdict.WRONG);
  }

  @Test
  void whatWasCheckedOnceCostsNoTime() throws InterruptedException {
    check("ann", "secret", ADDRESS);
    long begin = System.nanoTime();
    for (int i = 0; i < 1_000; i++) {
      assertThat(check("ann", "secret", ADDRESS)).isEqualTo(Verdict.RIGHT);
    }
    assertThat(System.nanoTime() - begin).isLessThan(TimeUnit.SECONDS.toNanos(2));
  }

  @Test
  void anotherHashIsAnotherPassword() throws InterruptedException {
    check("ann", "secret", ADDRESS);
    Map<String, String> changed = Map.of("ann", USERS.get("bob"));
    assertThat(passwords.check(changed, "ann", "secret".getBytes(UTF_8), ADDRESS))
        .isEqualTo(Verdict.WRONG);
  }

  @Test
  void aUserWhoWasTakenAwayHasNoPasswordAnyMore() throws InterruptedException {
    check("ann", "secret", ADDRESS);
    Map<String, String> changed = Map.of("bob", USERS.get("ann"));
    assertThat(passwords.check(changed, "ann", "secret".getBytes(UTF_8), ADDRESS))
        .isEqualTo(Verdict.WRONG);
    assertThat(passwords.check(changed, "bob", "secret".getBytes(UTF_8), ADDRESS))
        .isEqualTo(Verdict.RIGHT);
  }

  @Test
  void whoTriesManyMustWaitWhileOthersNeedNot() throws InterruptedException {
    check("ann", "secret", ADDRESS);
    int refused = 0;
    for (int i = 0; i < 40; i++) {
      refused += check("ann", "guess" + i, ADDRESS) == Verdict.TOO_MANY ? 1 : 0;
    }
    assertThat(refused).isGreaterThan(10);
    assertThat(check("bob", "hidden", ADDRESS)).isEqualTo(Verdict.TOO_MANY);
    assertThat(check("bob", "hidden", OTHER)).isEqualTo(Verdict.RIGHT);
    assertThat(check("ann", "secret", ADDRESS)).isEqualTo(Verdict.RIGHT);
  }

  @Test
  void aUserWhoDoesNotExistTakesAsLongAsOneWhoDoes() throws InterruptedException {
    for (int i = 0; i < 5; i++) {
      timeNs("ann", "warm" + i, OTHER);
    }
    long known = Long.MAX_VALUE;
    long unknown = Long.MAX_VALUE;
    for (int i = 0; i < 4; i++) {
      known = Math.min(known, timeNs("ann", "known" + i, ADDRESS));
      unknown = Math.min(unknown, timeNs("eve" + i, "unknown", ADDRESS));
    }
    assertThat((double) unknown / known).isBetween(0.5, 2.0);
  }

  private long timeNs(String user, String password, InetAddress client)
      throws InterruptedException {
    long begin = System.nanoTime();
    assertThat(check(user, password, client)).isEqualTo(Verdict.WRONG);
    return System.nanoTime() - begin;
  }
}
