/**
 * The file of {@code --web.config.file}: TLS, users, headers and the rate limit of HTTP, in the
 * format of Prometheus' exporter-toolkit.
 *
 * <p>Comes in: the file, and the certificates and keys that it names; all may be wrong. Goes out:
 * immutable {@code WebSettings}, an SSL context, or an error with line and column. Threads: {@code
 * WebFile} looks at the files on a thread of its own, HTTP threads use what it has read. Without
 * the option no class for YAML, TLS or bcrypt is loaded. Begin with {@link
 * io.conntrack.exporter.web.WebFile}, then {@code WebParser} and {@code TlsParser}.
 */
package io.conntrack.exporter.web;
