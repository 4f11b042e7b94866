package io.conntrack.exporter.web;

import java.util.Optional;

/** What is asked of clients. The names are those of Go's crypto/tls, which the format takes. */
enum ClientAuth {
  /** Nothing. */
  NONE(false, false),
  /** A client may send any certificate. */
  REQUEST(false, false),
  /** A client must send a certificate, but any will do. */
  REQUIRE_ANY(true, false),
  /** A client may send a certificate, which a client CA must have signed. */
  VERIFY_IF_GIVEN(false, true),
  /** A client must send a certificate that a client CA has signed. */
  REQUIRE_AND_VERIFY(true, true);

  private final boolean required;
  private final boolean verified;

  ClientAuth(boolean required, boolean verified) {
    this.required = required;
    this.verified = verified;
  }

  static Optional<ClientAuth> named(String name) {
    return switch (name) {
      case "NoClientCert" -> Optional.of(NONE);
      case "RequestClientCert" -> Optional.of(REQUEST);
      // The second is an older name of it.
      case "RequireAnyClientCert", "RequireClientCert" -> Optional.of(REQUIRE_ANY);
      case "VerifyClientCertIfGiven" -> Optional.of(VERIFY_IF_GIVEN);
      case "RequireAndVerifyClientCert" -> Optional.of(REQUIRE_AND_VERIFY);
      default -> Optional.empty();
    };
  }

  boolean isRequired() {
    return required;
  }

  boolean isVerified() {
    return verified;
  }
}
