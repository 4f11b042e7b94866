// Which hosts are there, and which is worst? Of the series of ../prometheus/recording.yml.
local p = import 'panels.libsonnet';
local variables = p.variables();

local targets = 'job=~"$job",instance=~"$instance"';
local chosen = targets + ',netns=~"$netns"';
local byInstance(expr) = 'sum by (instance, netns) (%s)' % expr;
local worst(expr) = 'topk(10, %s)' % byInstance(expr);
local legend = '{{instance}} {{netns}}';
local failing = [['yellow', 0.01], ['red', 0.1]];
local filling = [['yellow', 0.7], ['red', 0.85]];
local some = [['red', 1]];

local failedShare = 'instance:conntrack_connections_failed:ratio_rate5m{%s}' % chosen;
local opened = 'instance:conntrack_connections_opened:rate5m{%s}' % chosen;
local open = 'instance:conntrack_connections:sum{state="open",%s}' % chosen;
local failed = 'instance_reason:conntrack_connections_failed:rate5m{reason=~"refused|unanswered",%s}' % chosen;
local reset = 'instance_reason:conntrack_connections_ended:rate5m{reason="reset",%s}' % chosen;
local full = 'instance:conntrack_table_entries:ratio{%s}' % chosen;
local setup = 'instance:conntrack_setup_seconds:p90_rate5m{%s}' % chosen;

// By remote endpoint, of all instances of the job.
local servers(metric) = 'topk(50, sum by (host) (host:%s{job=~"$job"}))' % metric;

// What one of the two ends sees of a pair of instances.
local pair(metric, view) = 'sum by (client, server) (%s{job=~"$job",view="%s"})' % [metric, view];
local pairOf(metric, reason, view) =
  'sum by (client, server) (client_server_reason:%s:rate5m{job=~"$job",view="%s",reason="%s"})' % [metric, view, reason];

p.dashboard(
  'conntrack-fleet',
  'conntrack: fleet',
  'All hosts, the worst first. Needs the recording rules of conntrack-exporter.',
  [variables.datasource, variables.job, variables.instance + p.many, variables.netns],
  [
    p.row('Now', [
      p.line([
        p.stat('Exporters that answer', 'How many exporters Prometheus reaches.', 'none', 'sum(up{%s})' % targets),
        p.stat('Exporters that do not', 'Nothing is known of the connections of their hosts.', 'none', 'count(up{%s} == 0) or vector(0)' % targets, some),
        p.stat('Alerts that fire', 'Alerts of rules.yml on these instances.', 'none', 'count(ALERTS{alertname=~"Conntrack.+",alertstate="firing",%s}) or vector(0)' % targets, some),
        p.stat('Open connections', 'Established connections of all hosts.', 'short', 'sum(%s)' % open),
        p.stat('Failed at the worst host', 'Refused and unanswered connections to servers, of all to servers.', 'percentunit', 'max(%s)' % failedShare, failing),
        p.stat('Fullest table', "How full the kernel's table is where it is fullest.", 'percentunit', 'max(%s)' % full, filling),
      ]),
      p.line([
        p.table(
          'Hosts, worst first',
          'A host is an instance. Failed: refused and unanswered connections to servers, of all to servers. Not established: these, and those of clients. Setup needs --histograms.',
          ['instance', 'netns'],
          [
            p.column('Failed', 'percentunit', byInstance(failedShare), failing),
            p.column('Not established', 'cps', byInstance(failed)),
            p.column('Opened', 'cps', byInstance(opened)),
            p.column('Reset', 'cps', byInstance(reset)),
            p.column('Open now', 'short', byInstance(open)),
            p.column('Setup, 90 %', 's', byInstance(setup)),
            p.column('Table full', 'percentunit', byInstance(full), filling),
          ],
          'Failed',
          [p.link('instance', 'This host', 'conntrack-host', 'instance')]
        ),
      ]),
    ]),
    p.row('Over time', [
      p.line([
        p.timeseries('Failed connections to servers', 'Refused and unanswered ones, of all to servers: the ten worst hosts.', 'percentunit', [p.range(worst(failedShare), legend)], max=1),
        p.timeseries('Failures by reason', 'Connections that never were, of all hosts together.', 'cps', [p.range('sum by (reason) (instance_reason:conntrack_connections_failed:rate5m{%s})' % chosen, '{{reason}}')], stack=true),
        p.timeseries('Ends by reason', 'How established connections of all hosts ended.', 'cps', [p.range('sum by (reason) (instance_reason:conntrack_connections_ended:rate5m{%s})' % chosen, '{{reason}}')], stack=true),
      ]),
      p.line([
        p.timeseries('Open connections', 'The ten hosts with the most.', 'short', [p.range(worst(open), legend)]),
        p.timeseries('Opened connections', 'The ten hosts that open or accept the most.', 'cps', [p.range(worst(opened), legend)]),
        p.timeseries("How full the kernel's table is", 'The ten fullest. A full table drops new connections.', 'percentunit', [p.range(worst(full), legend)], max=1),
      ]),
      p.line([
        p.timeseries('Setup time', 'Nine of ten connections are established in this time: the ten slowest hosts. Needs --histograms.', 's', [p.range(worst(setup), legend)]),
        p.timeseries('Sent', 'The ten hosts that send the most. Needs --accounting.', 'Bps', [p.range(worst('instance:conntrack_sent_bytes:rate5m{%s}' % chosen), legend)]),
        p.timeseries('Received', 'The ten hosts that receive the most. Needs --accounting.', 'Bps', [p.range(worst('instance:conntrack_received_bytes:rate5m{%s}' % chosen), legend)]),
      ]),
    ]),
    p.row('Servers', [
      p.line([
        p.table(
          'Servers, worst first',
          'Remote endpoints as all hosts of the job together see them; clients are left out. The fifty greatest of each column.',
          ['host'],
          [
            p.column('Failed', 'percentunit', servers('conntrack_connections_failed:ratio_rate5m'), failing),
            p.column('Not established', 'cps', servers('conntrack_connections_failed:rate5m')),
            p.column('Opened', 'cps', servers('conntrack_connections_opened:rate5m')),
            p.column('Open now', 'short', servers('conntrack_open_connections:sum')),
            p.column('Hosts that use it', 'none', servers('conntrack_open_connections:instances')),
          ],
          'Failed',
          [p.link('host', 'This endpoint', 'conntrack-endpoint', 'host')]
        ),
      ]),
    ]),
    p.row('Host to host', [
      p.line([
        p.table(
          'Who talks to whom',
          'Pairs of hosts that both have an exporter, by address, and what each end sees. What the client leaves unanswered and the server does not see opening is lost on the way.',
          ['client', 'server'],
          [
            p.column('Open, client', 'short', pair('client_server:conntrack_open_connections:sum', 'client')),
            p.column('Open, server', 'short', pair('client_server:conntrack_open_connections:sum', 'server')),
            p.column('Opening, client', 'short', pair('client_server:conntrack_opening_connections:sum', 'client')),
            p.column('Opening, server', 'short', pair('client_server:conntrack_opening_connections:sum', 'server')),
            p.column('Opened, client', 'cps', pair('client_server:conntrack_connections_opened:rate5m', 'client')),
            p.column('Opened, server', 'cps', pair('client_server:conntrack_connections_opened:rate5m', 'server')),
            p.column('Refused, client', 'cps', pairOf('conntrack_connections_failed', 'refused', 'client')),
            p.column('Unanswered, client', 'cps', pairOf('conntrack_connections_failed', 'unanswered', 'client')),
            p.column('Reset, client', 'cps', pairOf('conntrack_connections_ended', 'reset', 'client')),
            p.column('Reset, server', 'cps', pairOf('conntrack_connections_ended', 'reset', 'server')),
          ],
          'Unanswered, client'
        ),
      ]),
      p.line([
        p.timeseries('Failures between hosts', 'Connections that the client could not establish: the ten worst pairs.', 'cps', [p.range('topk(10, sum by (client, server, reason) (client_server_reason:conntrack_connections_failed:rate5m{job=~"$job",view="client"}))', '{{client}} to {{server}}: {{reason}}')]),
        p.timeseries('Where the two ends disagree', 'Open connections that the client has more than the server: 0, but for a moment. Above it a server or firewall has forgotten connections, below it a client.', 'short', [p.range('sum by (client, server) (client_server:conntrack_open_connections:difference{job=~"$job"})', '{{client}} to {{server}}')]) + p.signed,
      ]),
    ]),
  ]
)
