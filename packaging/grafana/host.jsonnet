// One host: what its connections do, with whom, how fast, and what fills its table.
local p = import 'panels.libsonnet';

local instance = 'instance="$instance"';
local variables = p.variables(instance);

local chosen = 'job=~"$job",%s,netns=~"$netns"' % instance;
local rate(metric, labels='') = 'rate(%s{%s%s}[$__rate_interval])' % [metric, labels, chosen];
local grown(metric, labels='') = 'increase(%s{%s%s}[$__range])' % [metric, labels, chosen];
local sum(expr) = 'sum(%s)' % expr;
local by(labels, expr) = 'sum by (%s) (%s)' % [labels, expr];
local most(labels, expr) = 'topk(10, %s)' % by(labels, expr);

// Clients have no port; they and "other" are no servers that fail.
local servers = 'host!~"other|[0-9.]+(/[0-9]+)?|[0-9a-f:]+(/[0-9]+)?",';
local blamed = 'reason=~"refused|unanswered",';
local failedShare =
  local failed = sum(rate('conntrack_connections_failed_total', blamed + servers));
  '%s / (%s + %s > 0)' % [failed, failed, sum(rate('conntrack_connections_opened_total', servers))];

local mean(metric, labels, window) =
  local part(suffix) = 'sum by (%s) (increase(%s_%s{%s}[%s]))' % [labels, metric, suffix, chosen, window];
  local whole = 'sum by (%s) (increase(%s{%s}[%s]))' % [labels, metric, chosen, window];
  '%s / (%s > 0) or histogram_sum(%s) / (histogram_count(%s) > 0)' % [part('sum'), part('count'), whole, whole];

local quantile(metric, q) =
  'histogram_quantile(%s, sum by (le) (%s)) or on () histogram_quantile(%s, sum(%s))'
  % [q, rate(metric + '_bucket'), q, rate(metric)];

local failing = [['yellow', 0.01], ['red', 0.1]];
local filling = [['yellow', 0.7], ['red', 0.85]];
local some = [['red', 1]];
local states = ['opening', 'open', 'closing', 'closed'];
local gauge(state) = 'conntrack_%s_connections{%s}' % [state, chosen];

p.dashboard(
  'conntrack-host',
  'conntrack: host',
  'One host: its connections, their outcomes and times, its servers and sources, its table.',
  [variables.datasource, variables.job, variables.instance, variables.netns],
  [
    p.row('Now', [
      p.line([
        p.stat('Open connections', 'Connections that are established.', 'short', sum(gauge('open'))),
        p.stat('Opening', 'Connections that have not been answered yet.', 'short', sum(gauge('opening'))),
        p.stat('Failed', 'Refused and unanswered connections to servers, of all to servers.', 'percentunit', failedShare, failing),
        p.stat('Setup, 90 %', 'Nine of ten connections are established in this time. Needs --histograms.', 's', quantile('conntrack_setup_seconds', '0.9')),
        p.stat('Table full', "How full the kernel's table is.", 'percentunit', 'max(conntrack_table_entries{%s} / (conntrack_table_limit{%s} > 0))' % [chosen, chosen], filling),
        p.stat('In sync', "Whether the numbers equal the kernel's table: no event is lost that no resync has repaired.", 'bool_yes_no', 'min(conntrack_exporter_in_sync{%s})' % chosen, [], p.yesNo),
      ]),
    ]),
    p.row('Connections', [
      p.line([
        p.timeseries('Connections by state', "All that the kernel's table has of --protocols, in the four states.", 'short', [p.range(sum(gauge(state)), state) for state in states], stack=true),
        p.timeseries('Opened', 'Connections that were established, by this host or to it.', 'cps', [p.range(sum(rate('conntrack_connections_opened_total')), 'opened')]),
      ]),
      p.line([
        p.timeseries('Failed by reason', 'Connections that never were: refused (reset before), unanswered (until the kernel gave up), evicted (the table was full), unknown (events were lost).', 'cps', [p.range(by('reason', rate('conntrack_connections_failed_total')), '{{reason}}')], stack=true),
        p.timeseries('Ended by reason', 'How established connections ended: closed by both sides, reset, timed out, evicted, unknown.', 'cps', [p.range(by('reason', rate('conntrack_connections_ended_total')), '{{reason}}')], stack=true),
      ]),
    ]),
    p.row('Times (needs --histograms)', [
      p.line([
        p.heatmap('Setup times', "From a connection's first packet to its being established: how many took how long.", 'conntrack_setup_seconds', chosen),
        p.timeseries('Setup times, quantiles', 'One of two, nine of ten, and 99 of 100 connections are established in this time.', 's', [
          p.range(quantile('conntrack_setup_seconds', q), q)
          for q in ['0.5', '0.9', '0.99']
        ]),
      ]),
      p.line([
        p.heatmap('Durations', 'How long connections that ended had lived.', 'conntrack_duration_seconds', chosen),
        p.timeseries('Slowest servers', 'The mean time to a connection, of the ten slowest.', 's', [p.range('topk(10, %s)' % mean('conntrack_setup_seconds', 'host', '$__rate_interval'), '{{host}}')]),
      ]),
    ]),
    p.row('Remote endpoints', [
      p.line([
        p.table(
          'Remote endpoints, worst first',
          'Counts are of the time that is shown. Host is the server with its port; of a client the address alone.',
          ['host'],
          [
            p.column('Failed', 'short', 'topk(100, %s)' % by('host', grown('conntrack_connections_failed_total', blamed)), some),
            p.column('Reset', 'short', 'topk(100, %s)' % by('host', grown('conntrack_connections_ended_total', 'reason="reset",'))),
            p.column('Opened', 'short', 'topk(100, %s)' % by('host', grown('conntrack_connections_opened_total'))),
            p.column('Setup, mean', 's', 'topk(100, %s)' % mean('conntrack_setup_seconds', 'host', '$__range')),
          ] + [
            p.column('Now %s' % state, 'short', 'topk(100, %s)' % by('host', gauge(state)))
            for state in states
          ],
          'Failed',
          [p.link('host', 'This endpoint', 'conntrack-endpoint', 'host')]
        ),
      ]),
      p.line([
        p.timeseries('Failing endpoints', 'Refused and unanswered connections: the ten with the most.', 'cps', [p.range(most('host, reason', rate('conntrack_connections_failed_total', blamed)), '{{host}}: {{reason}}')]),
        p.timeseries('Busiest endpoints', 'Open connections: the ten with the most.', 'short', [p.range(most('host', gauge('open')), '{{host}}')]),
      ]),
    ]),
    p.row("The kernel's table", [
      p.line([
        p.timeseries('Entries and limit', 'Connections of every protocol. At the limit the kernel drops new ones.', 'short', [
          p.range('sum(conntrack_table_entries{%s})' % chosen, 'entries'),
          p.range('sum(conntrack_table_limit{%s} > 0)' % chosen, 'limit'),
        ]),
        p.timeseries('What fills it', 'Connections in the table by protocol and state.', 'short', [p.range('%s > 0' % by('protocol, state', 'conntrack_table_flows{%s}' % chosen), '{{protocol}} {{state}}')], stack=true),
        p.timeseries('Flags', 'Connections in the table that have a flag. Those that are not assured may go when it is full.', 'short', [p.range(by('flag', 'conntrack_table_flows_flagged{%s}' % chosen), '{{flag}}')]),
      ]),
      p.line([
        p.timeseries('What the kernel dropped', 'Packets and connections without room in the table: 0 unless something is wrong.', 'cps', [
          p.range(sum(rate('conntrack_stat_%s_total' % kind)), kind)
          for kind in ['drop', 'early_drop', 'insert_failed', 'chaintoolong']
        ]),
        p.timeseries('Packets without a connection', 'Packets that fit no connection, and ICMP about none.', 'pps', [
          p.range(sum(rate('conntrack_stat_%s_total' % kind)), kind)
          for kind in ['invalid', 'error']
        ]),
      ]),
    ]),
    p.row('Traffic (needs --accounting)', [
      p.line([
        p.timeseries('Bytes', 'With IP headers, of connections that have an endpoint.', 'Bps', [
          p.range(sum(rate('conntrack_%s_bytes_total' % way)), way)
          for way in ['sent', 'received']
        ]),
        p.timeseries('Packets', 'The same in packets.', 'pps', [
          p.range(sum(rate('conntrack_%s_packets_total' % way)), way)
          for way in ['sent', 'received']
        ]),
        p.timeseries('Who moves the most bytes', 'Sent and received together: the ten endpoints with the most.', 'Bps', [p.range('topk(10, %s + %s)' % [by('host', rate('conntrack_sent_bytes_total')), by('host', rate('conntrack_received_bytes_total'))], '{{host}}')]),
      ]),
    ]),
    p.row('Sources (needs --sources)', [
      p.line([
        p.table(
          'Sources, worst first',
          'Who opened connections, before NAT; self is this host. Counts are of the time that is shown.',
          ['source'],
          [
            p.column('Failed', 'short', 'topk(100, %s)' % by('source', grown('conntrack_source_failed_total', blamed)), some),
            p.column('Reset', 'short', 'topk(100, %s)' % by('source', grown('conntrack_source_ended_total', 'reason="reset",'))),
            p.column('Opened', 'short', 'topk(100, %s)' % by('source', grown('conntrack_source_opened_total'))),
            p.column('Open now', 'short', 'topk(100, %s)' % by('source', 'conntrack_source_connections{state="open",%s}' % chosen)),
          ],
          'Failed'
        ),
      ]),
      p.line([
        p.timeseries('Sources that open the most', 'The ten that open the most.', 'cps', [p.range(most('source', rate('conntrack_source_opened_total')), '{{source}}')]),
        p.timeseries('Sources that fail the most', 'Who scans, or calls what is not there: the ten with the most.', 'cps', [p.range(most('source, reason', rate('conntrack_source_failed_total', blamed)), '{{source}}: {{reason}}')]),
        p.timeseries('Sources that fill the table', 'Connections in all states: the ten with the most.', 'short', [p.range(most('source', 'conntrack_source_connections{%s}' % chosen), '{{source}}')]),
      ]),
    ]),
    p.row('Black holes and ports', [
      p.line([
        p.timeseries('Flows that are never answered', 'UDP and ICMP that is sent to for more than a minute: the ten hosts with the most. Needs udp or icmp in --protocols.', 'short', [p.range(most('host, protocol', 'conntrack_unanswered_flows{%s}' % chosen), '{{host}} {{protocol}}')]),
        p.timeseries('Local ports', 'Ports that connections to one server take, of those that the kernel gives: at 100 % connect fails. Needs --local-ports.', 'percentunit', [p.range('topk(10, sum by (instance, netns, host, local_address, protocol) (conntrack_local_ports_used{kind="dialled",%s}) / on (instance, netns) group_left () conntrack_local_ports_limit{%s})' % [chosen, chosen], '{{local_address}} to {{host}} {{protocol}}')], max=1),
      ]),
    ]),
  ]
)
