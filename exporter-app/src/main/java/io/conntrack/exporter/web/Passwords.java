package io.conntrack.exporter.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.springframework.security.crypto.bcrypt.BCrypt;

/**
 * Checks passwords. bcrypt takes some 100 ms, so what it has said is kept, under a keyed hash: the
 * key dies with the process, and no password is kept. Any thread may call.
 *
 * <p>One password is checked at a time. Each client address may try ten wrong ones at once, and
 * then one a second. A user that does not exist takes as long as one that does.
 */
public final class Passwords {
  /** What a check says. */
  public enum Verdict {
    RIGHT,
    WRONG,
    /** It was not checked; the client may try again in a second. */
    TOO_MANY
  }

  private static final RateLimit WRONG_ONES = new RateLimit(TimeUnit.SECONDS.toNanos(1), 10);
  private static final int MOST_CLIENTS = 1_024;

  /** So that wrong passwords push no right ones out, they are kept apart. */
  private static final int MOST_KEPT = 100;

  private static final long PATIENCE_MS = 2_000;
  private static final String MAC = "HmacSHA256";
  private static final int KEY_BYTES = 32;
  private static final int IPV6_SITE_BYTES = 8;

  private static final String ALPHABET =
      "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

  /** Of salt and hash, behind version and cost. */
  private static final int HASH_CHARS = 53;

  private static final int COST_END = "$2y$10$".length();

  private final SecureRandom random = new SecureRandom();
  private final SecretKeySpec key = key();

  /** What a user who does not exist is compared with: the hash of no password that is known. */
  private final String decoy = decoy();

  private final Map<ByteBuffer, Boolean> right = bounded(MOST_KEPT);
  private final Map<ByteBuffer, Boolean> wrong = bounded(MOST_KEPT);
  private final Map<ByteBuffer, TokenBucket> clients = bounded(MOST_CLIENTS);
  private final Semaphore one = new Semaphore(1, true);

  private SecretKeySpec key() {
    byte[] octets = new byte[KEY_BYTES];
    random.nextBytes(octets);
    return new SecretKeySpec(octets, MAC);
  }

  private String decoy() {
    return random
        .ints(HASH_CHARS, 0, ALPHABET.length())
        .mapToObj(i -> ALPHABET.substring(i, i + 1))
        .collect(Collectors.joining());
  }

  /** A map that forgets what was used least lately. */
  private static <V> Map<ByteBuffer, V> bounded(int most) {
    return new LinkedHashMap<>(16, 0.75f, true) {
      private static final long serialVersionUID = 1;

      @Override
      protected boolean removeEldestEntry(Map.Entry<ByteBuffer, V> eldest) {
        return size() > most;
      }
    };
  }

  /** Whether this is the user's password. It may wait two seconds for other checks. */
  public Verdict check(Map<String, String> users, String user, byte[] password, InetAddress client)
      throws InterruptedException {
    boolean known = users.containsKey(user);
    String hash = known ? users.get(user) : decoy(users);
    ByteBuffer digest = digest(known, user, hash, password);
    Verdict before = before(digest);
    if (before != null) {
      return before;
    }
    TokenBucket bucket = bucket(client);
    if (!bucket.take(System.nanoTime())) {
      return Verdict.TOO_MANY;
    }
    if (!one.tryAcquire(PATIENCE_MS, TimeUnit.MILLISECONDS)) {
      bucket.putBack();
      return Verdict.TOO_MANY;
    }
    try {
      Verdict meanwhile = before(digest);
      boolean isRight =
          meanwhile == null ? BCrypt.checkpw(password, hash) && known : meanwhile == Verdict.RIGHT;
      if (isRight) {
        bucket.putBack();
      }
      synchronized (this) {
        (isRight ? right : wrong).put(digest, isRight);
      }
      return isRight ? Verdict.RIGHT : Verdict.WRONG;
    } finally {
      one.release();
    }
  }

  /** What was said of the same before, or null. */
  private synchronized Verdict before(ByteBuffer digest) {
    if (right.get(digest) != null) {
      return Verdict.RIGHT;
    }
    return wrong.get(digest) != null ? Verdict.WRONG : null;
  }

  /** As costly as the users' hashes. */
  private String decoy(Map<String, String> users) {
    String costliest =
        users.values().stream()
            .max((one, other) -> one.substring(4, 6).compareTo(other.substring(4, 6)))
            .orElseThrow();
    return costliest.substring(0, COST_END) + decoy;
  }

  /** Of a user who exists and one who does not it is never the same. */
  private ByteBuffer digest(boolean known, String user, String hash, byte[] password) {
    try {
      Mac mac = Mac.getInstance(MAC);
      mac.init(key);
      mac.update((byte) (known ? 1 : 0));
      byte[] name = user.getBytes(UTF_8);
      mac.update(ByteBuffer.allocate(Integer.BYTES).putInt(name.length).flip());
      mac.update(name);
      mac.update(hash.getBytes(UTF_8)); // as long as any other
      return ByteBuffer.wrap(mac.doFinal(password));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has " + MAC, e);
    }
  }

  /** One for each IPv4 address, and for each network of 64 bits that a site has in IPv6. */
  private synchronized TokenBucket bucket(InetAddress client) {
    byte[] octets = client.getAddress();
    ByteBuffer site =
        ByteBuffer.wrap(
            octets.length > IPV6_SITE_BYTES ? Arrays.copyOf(octets, IPV6_SITE_BYTES) : octets);
    return clients.computeIfAbsent(site, each -> new TokenBucket(WRONG_ONES, System.nanoTime()));
  }
}
