/**
 * Measures the built program from outside, beside C programs and other tools that do the same work
 * in the same run.
 */
package io.conntrack.benchmarks.endtoend;
