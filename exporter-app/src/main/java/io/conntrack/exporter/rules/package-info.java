/**
 * The rules file: it names, sums up or leaves out remote endpoints.
 *
 * <p>Comes in: a YAML file, which may be wrong in any way. Goes out: immutable {@code
 * EndpointRules}, or an error with line and column. Threads: {@code RulesFile} looks at the file on
 * a thread of its own, and the reader takes the rules. Begin with {@link
 * io.conntrack.exporter.rules.RulesFile}, then {@code RulesParser}.
 */
package io.conntrack.exporter.rules;
