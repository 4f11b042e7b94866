/**
 * What the kernel is asked: dumps of its table and its rules, and its statistics.
 *
 * <p>Goes out: requests that change nothing in the kernel. Comes in: answers in portions, which are
 * walked in place. Threads: the reader; the surveys are for the thread that calls them. Begin with
 * {@link io.conntrack.ffm.request.FlowDump}, then {@code StatisticsQuery}.
 */
package io.conntrack.ffm.request;
