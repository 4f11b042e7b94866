package io.conntrack.exporter.web;

import io.conntrack.exporter.files.FileException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPrivateKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/**
 * A private key as people have it in PEM: PKCS#8, PKCS#1 (RSA) or SEC 1 (EC). Java takes PKCS#8
 * alone, so the others are wrapped in it.
 */
final class PemKey {
  private static final String PKCS8 = "PRIVATE KEY";
  private static final String PKCS1 = "RSA PRIVATE KEY";
  private static final String SEC1 = "EC PRIVATE KEY";
  private static final String ENCRYPTED_PKCS8 = "ENCRYPTED PRIVATE KEY";
  private static final Set<String> TYPES = Set.of(PKCS8, PKCS1, SEC1, ENCRYPTED_PKCS8);

  private static final List<String> ALGORITHMS = List.of("RSA", "EC", "EdDSA");

  /**
   * A wrong one before the right one has Java ask all its providers, also those that are not there.
   */
  private static final List<String> ELLIPTIC_FIRST = List.of("EC", "RSA", "EdDSA");

  private static final int INTEGER = 0x02;
  private static final int OCTET_STRING = 0x04;
  private static final int SEQUENCE = 0x30;

  /** The parameters of an EC key: its curve. */
  private static final int PARAMETERS = 0xa0;

  private static final byte[] VERSION_0 = HexFormat.of().parseHex("020100");

  /** The algorithm rsaEncryption, with NULL for parameters. */
  private static final byte[] RSA = HexFormat.of().parseHex("300d06092a864886f70d0101010500");

  private static final byte[] EC_OID = HexFormat.of().parseHex("06072a8648ce3d0201");

  private final byte[] der;
  private final PrivateKey key;

  private PemKey(byte[] der, PrivateKey key) {
    this.der = der;
    this.key = key;
  }

  /** The first key of a text. */
  static PemKey of(String text) throws FileException {
    for (Pem block : Pem.blocks(text)) {
      if (TYPES.contains(block.type())) {
        return of(block);
      }
    }
    throw new FileException(
        "it has no private key; it must have a block '-----BEGIN PRIVATE KEY-----'");
  }

  private static PemKey of(Pem block) throws FileException {
    if (block.encrypted() || block.type().equals(ENCRYPTED_PKCS8)) {
      throw new FileException(
          "the key is encrypted; 'openssl pkey -in KEY -out PLAIN' decrypts it");
    }
    try {
      return new PemKey(block.der(), key(pkcs8(block)));
    } catch (BufferUnderflowException e) {
      throw new FileException("the key is damaged, or is no '" + block.type() + "'");
    }
  }

  private static byte[] pkcs8(Pem block) throws FileException {
    return switch (block.type()) {
      case PKCS1 -> wrapped(RSA, block.der());
      case SEC1 -> wrapped(element(SEQUENCE, EC_OID, curve(block.der())), block.der());
      default -> block.der();
    };
  }

  private static byte[] wrapped(byte[] algorithm, byte[] inner) {
    return element(SEQUENCE, VERSION_0, algorithm, element(OCTET_STRING, inner));
  }

  /** The curve's name, of SEQUENCE {INTEGER, OCTET STRING, [0] {curve}, ...}. */
  private static byte[] curve(byte[] der) throws FileException {
    ByteBuffer key = content(ByteBuffer.wrap(der), SEQUENCE);
    content(key, INTEGER);
    content(key, OCTET_STRING);
    ByteBuffer curve = content(key, PARAMETERS);
    byte[] name = new byte[curve.remaining()];
    curve.get(name);
    return name;
  }

  /** What is in the element at the buffer's position, which moves behind it. */
  private static ByteBuffer content(ByteBuffer from, int tag) {
    if ((from.get() & 0xff) != tag) {
      throw new BufferUnderflowException();
    }
    int length = from.get() & 0xff;
    if (length >= 0x80) {
      int octets = length & 0x7f;
      length = 0;
      for (int i = 0; i < octets; i++) {
        if (length > 1 << 20) {
          throw new BufferUnderflowException();
        }
        length = (length << 8) | (from.get() & 0xff);
      }
    }
    if (length > from.remaining()) {
      throw new BufferUnderflowException();
    }
    ByteBuffer content = from.slice(from.position(), length);
    from.position(from.position() + length);
    return content;
  }

  private static byte[] element(int tag, byte[]... parts) {
    int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
    ByteBuffer out = ByteBuffer.allocate(6 + length).put((byte) tag);
    if (length < 0x80) {
      out.put((byte) length);
    } else {
      out.put((byte) 0x84).putInt(length);
    }
    for (byte[] part : parts) {
      out.put(part);
    }
    return Arrays.copyOf(out.array(), out.position());
  }

  private static PrivateKey key(byte[] pkcs8) throws FileException {
    for (String algorithm : isElliptic(pkcs8) ? ELLIPTIC_FIRST : ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
      } catch (InvalidKeySpecException e) {
        // Then it is of another algorithm.
      } catch (GeneralSecurityException e) {
        throw new FileException("the key cannot be used: " + FileException.printable(e.toString()));
      }
    }
    throw new FileException("the key is damaged, or is none of RSA, EC and Ed25519");
  }

  /** Of SEQUENCE {INTEGER, SEQUENCE {algorithm, ...}, ...}. A damaged key is of no kind. */
  private static boolean isElliptic(byte[] pkcs8) {
    try {
      ByteBuffer key = content(ByteBuffer.wrap(pkcs8), SEQUENCE);
      content(key, INTEGER);
      ByteBuffer algorithm = content(key, SEQUENCE);
      return algorithm.mismatch(ByteBuffer.wrap(EC_OID)) == EC_OID.length;
    } catch (BufferUnderflowException e) {
      return false;
    }
  }

  PrivateKey key() {
    return key;
  }

  /** Whether both are one pair. */
  boolean fits(PublicKey other) {
    if (key instanceof RSAPrivateKey mine && other instanceof RSAPublicKey theirs) {
      return mine.getModulus().equals(theirs.getModulus());
    }
    // A test by signing takes 50 ms before the JVM has compiled anything.
    return key.getAlgorithm().equals(other.getAlgorithm())
        && ((other instanceof ECPublicKey theirs && hasPoint(theirs)) || signsFor(other));
  }

  /** Most EC keys have their public key beside them. Its point ends both encodings. */
  private boolean hasPoint(ECPublicKey other) {
    int fieldBits = other.getParams().getCurve().getField().getFieldSize();
    int length = 1 + 2 * ((fieldBits + 7) / 8); // a point that is not compressed
    byte[] theirs = other.getEncoded();
    return length <= Math.min(der.length, theirs.length)
        && Arrays.equals(
            der, der.length - length, der.length, theirs, theirs.length - length, theirs.length);
  }

  private boolean signsFor(PublicKey other) {
    try {
      Signature signature =
          Signature.getInstance(key.getAlgorithm().equals("EC") ? "SHA256withECDSA" : "EdDSA");
      signature.initSign(key);
      signature.update(EC_OID);
      byte[] signed = signature.sign();
      signature.initVerify(other);
      signature.update(EC_OID);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }
}
