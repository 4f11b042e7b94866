/**
 * Fixtures for tests against the real kernel: private network namespaces, hosts joined by a cable,
 * synthetic conntrack entries, real traffic, and an independent reading of the kernel's table.
 *
 * <p>All of it stays inside namespaces that it made itself and that end with it. It needs root and
 * the tools {@code ip}, {@code nft}, {@code conntrack} and {@code nsenter}. It shares no code with
 * the product, so that an agreement of the two means something.
 */
package io.conntrack.testbed;
