// One remote endpoint: which hosts talk to it, and how well.
local p = import 'panels.libsonnet';
local variables = p.variables();

local chosen = 'job=~"$job",instance=~"$instance",netns=~"$netns",host="$host"';
local rate(metric, labels='') = 'rate(%s{%s%s}[$__rate_interval])' % [metric, labels, chosen];
local grown(metric, labels='') = 'increase(%s{%s%s}[$__range])' % [metric, labels, chosen];
local sum(expr) = 'sum(%s)' % expr;
local by(labels, expr) = 'sum by (%s) (%s)' % [labels, expr];
local each(expr) = by('instance, netns', expr);
local legend = '{{instance}} {{netns}}';
local blamed = 'reason=~"refused|unanswered",';

local failedShare(aggregate, counted) =
  local failed = aggregate(counted('conntrack_connections_failed_total', blamed));
  '%s / (%s + %s > 0)' % [failed, failed, aggregate(counted('conntrack_connections_opened_total'))];

local quantile(metric) =
  'histogram_quantile(0.9, sum by (le) (%s)) or on () histogram_quantile(0.9, sum(%s))'
  % [rate(metric + '_bucket'), rate(metric)];
local quantileOfEach(metric) =
  'histogram_quantile(0.9, sum by (instance, netns, le) (%s)) or histogram_quantile(0.9, sum by (instance, netns) (%s))'
  % [rate(metric + '_bucket'), rate(metric)];
local meanOfEach(metric, window) =
  local part(suffix) = each('increase(%s_%s{%s}[%s])' % [metric, suffix, chosen, window]);
  local whole = each('increase(%s{%s}[%s])' % [metric, chosen, window]);
  '%s / (%s > 0) or histogram_sum(%s) / (histogram_count(%s) > 0)' % [part('sum'), part('count'), whole, whole];

local failing = [['yellow', 0.01], ['red', 0.1]];
local some = [['red', 1]];
local states = ['opening', 'open', 'closing', 'closed'];
local gauge(state) = 'conntrack_%s_connections{%s}' % [state, chosen];

p.dashboard(
  'conntrack-endpoint',
  'conntrack: endpoint',
  'One remote endpoint, as all hosts see it: who talks to it, and how well.',
  [variables.datasource, variables.job, variables.instance + p.many, variables.netns, variables.host],
  [
    p.row('Now', [
      p.line([
        p.stat('Hosts that talk to it', 'Instances that have open connections with it.', 'none', 'count(%s > 0) or vector(0)' % by('instance', gauge('open'))),
        p.stat('Open connections', 'Connections that are established, of all hosts.', 'short', sum(gauge('open'))),
        p.stat('Opening', 'Connections that have not been answered yet: they pile up when it stops answering.', 'short', sum(gauge('opening'))),
        p.stat('Opened', 'Connections that were established, of all hosts.', 'cps', sum(rate('conntrack_connections_opened_total'))),
        p.stat('Failed', 'Refused and unanswered connections, of all that were tried.', 'percentunit', failedShare(sum, rate), failing),
        p.stat('Setup, 90 %', 'Nine of ten connections are established in this time. Needs --histograms.', 's', quantile('conntrack_setup_seconds')),
      ]),
      p.line([
        p.table(
          'Who talks to it, worst first',
          'The hosts with an exporter. Counts are of the time that is shown.',
          ['instance', 'netns'],
          [
            p.column('Failed', 'percentunit', failedShare(each, grown), failing),
            p.column('Refused', 'short', each(grown('conntrack_connections_failed_total', 'reason="refused",')), some),
            p.column('Unanswered', 'short', each(grown('conntrack_connections_failed_total', 'reason="unanswered",')), some),
            p.column('Opened', 'short', each(grown('conntrack_connections_opened_total'))),
            p.column('Reset', 'short', each(grown('conntrack_connections_ended_total', 'reason="reset",'))),
            p.column('Setup, mean', 's', meanOfEach('conntrack_setup_seconds', '$__range')),
          ] + [
            p.column('Now %s' % state, 'short', each(gauge(state)))
            for state in states
          ],
          'Failed',
          [p.link('instance', 'This host', 'conntrack-host', 'instance')]
        ),
      ]),
    ]),
    p.row('Connections', [
      p.line([
        p.timeseries('Open connections by host', 'Which hosts hold connections with it.', 'short', [p.range(each(gauge('open')), legend)], stack=true),
        p.timeseries('Connections by state', 'Of all hosts together.', 'short', [p.range(sum(gauge(state)), state) for state in states], stack=true),
        p.timeseries('Opened by host', 'Connections that were established.', 'cps', [p.range(each(rate('conntrack_connections_opened_total')), legend)], stack=true),
      ]),
      p.line([
        p.timeseries('Failed by host and reason', 'If one host fails, its way to the endpoint is broken; if all do, the endpoint is.', 'cps', [p.range(by('instance, netns, reason', rate('conntrack_connections_failed_total')), legend + ': {{reason}}')], stack=true),
        p.timeseries('Ended by host and reason', 'How established connections ended.', 'cps', [p.range(by('instance, netns, reason', rate('conntrack_connections_ended_total')), legend + ': {{reason}}')], stack=true),
      ]),
    ]),
    p.row('Times (needs --histograms)', [
      p.line([
        p.heatmap('Setup times', "From a connection's first packet to its being established, of all hosts: how many took how long.", 'conntrack_setup_seconds', chosen),
        p.timeseries('Setup time by host', 'Nine of ten connections are established in this time.', 's', [p.range(quantileOfEach('conntrack_setup_seconds'), legend)]),
      ]),
      p.line([
        p.heatmap('Durations', 'How long connections that ended had lived.', 'conntrack_duration_seconds', chosen),
        p.timeseries('Mean duration by host', 'How long connections that ended had lived.', 's', [p.range(meanOfEach('conntrack_duration_seconds', '$__rate_interval'), legend)]),
      ]),
    ]),
    p.row('Traffic (needs --accounting)', [
      p.line([
        p.timeseries('Sent to it by host', 'Bytes to the endpoint, with IP headers.', 'Bps', [p.range(each(rate('conntrack_sent_bytes_total')), legend)], stack=true),
        p.timeseries('Received from it by host', 'Bytes from the endpoint, with IP headers.', 'Bps', [p.range(each(rate('conntrack_received_bytes_total')), legend)], stack=true),
      ]),
    ]),
    p.row('More of it', [
      p.line([
        p.table('Names', 'What --names calls the address.', ['name'], [p.column('Told by hosts', 'none', 'count by (name) (conntrack_endpoint_info{%s})' % chosen)], 'Told by hosts'),
        p.timeseries('Local ports', 'Ports that connections to it take, of those that the kernel gives: at 100 % connect fails. Needs --local-ports.', 'percentunit', [p.range('sum by (instance, netns, local_address, protocol) (conntrack_local_ports_used{kind="dialled",%s}) / on (instance, netns) group_left () conntrack_local_ports_limit{job=~"$job",instance=~"$instance",netns=~"$netns"}' % chosen, '{{instance}} {{netns}} {{local_address}} {{protocol}}')], max=1),
        p.timeseries('Flows that are never answered', 'UDP and ICMP that is sent to it for more than a minute. Needs udp or icmp in --protocols.', 'short', [p.range(by('instance, netns, protocol', 'conntrack_unanswered_flows{%s}' % chosen), legend + ' {{protocol}}')]),
      ]),
    ]),
  ]
)
