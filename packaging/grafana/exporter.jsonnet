// The exporters themselves: can their numbers be trusted, and what do they cost?
local p = import 'panels.libsonnet';
local variables = p.variables();

local targets = 'job=~"$job",instance=~"$instance"';
local chosen = targets + ',netns=~"$netns"';
local rate(metric, labels='') = 'rate(%s{%s%s}[$__rate_interval])' % [metric, labels, targets];
local rateOf(metric, labels='') = 'rate(%s{%s%s}[$__rate_interval])' % [metric, labels, chosen];
local grown(metric, labels='') = 'increase(%s{%s%s}[$__range])' % [metric, labels, targets];
local by(labels, expr) = 'sum by (%s) (%s)' % [labels, expr];
local one(expr) = 'max by (instance) (%s)' % expr;
local each(metric) = '%s{%s}' % [metric, targets];
local eachOf(metric) = '%s{%s}' % [metric, chosen];
local legend = '{{instance}}';
local legendOf = '{{instance}} {{netns}}';
local some = [['red', 1]];

p.dashboard(
  'conntrack-exporter',
  'conntrack: exporter',
  'The exporters themselves: whether their numbers can be trusted, and what they cost.',
  [variables.datasource, variables.job, variables.instance + p.many, variables.netns],
  [
    p.row('Now', [
      p.line([
        p.stat('Exporters that answer', 'How many exporters Prometheus reaches.', 'none', 'sum(up{%s})' % targets),
        p.stat('All in sync', "Whether all numbers equal the kernel's tables: no event is lost that no resync has repaired.", 'bool_yes_no', 'min(%s)' % eachOf('conntrack_exporter_in_sync'), [], p.yesNo),
        p.stat('Events lost', 'Events that the kernel dropped in the time that is shown, since they came too fast.', 'short', 'sum(increase(conntrack_exporter_events_lost_total{%s}[$__range]))' % chosen, some),
        p.stat('Oldest resync', "How long ago the last comparison with the kernel's table ended, where it is longest.", 's', 'max(%s)' % eachOf('conntrack_exporter_last_resync_age_seconds'), [['yellow', 90], ['red', 300]]),
        p.stat('Files that are bad', 'Rules, web configurations or names that could not be taken. The log says why.', 'none', 'count({__name__=~"conntrack_exporter_(rules|web_config|names)_last_reload_success",%s} == 0) or vector(0)' % targets, some),
        p.stat('Room for endpoints', 'How much of --max-endpoints is taken, where it is most. Beyond it the least are summed in host="other".', 'percentunit', 'max(%s / %s)' % [eachOf('conntrack_exporter_endpoints'), eachOf('conntrack_exporter_endpoints_limit')], [['yellow', 0.8], ['red', 1]]),
      ]),
      p.line([
        p.table(
          'Exporters',
          'Counts are of the time that is shown.',
          ['instance', 'version', 'revision', 'java'],
          [
            p.labelsOf('max by (instance, version, revision, java) (%s)' % each('conntrack_exporter_build_info')),
            p.column('Answers', 'bool_yes_no', one(each('up')), [], p.yesNo),
            p.column('In sync', 'bool_yes_no', 'min by (instance) (%s)' % eachOf('conntrack_exporter_in_sync'), [], p.yesNo),
            p.column('Flows', 'short', by('instance', eachOf('conntrack_exporter_flows'))),
            p.column('Endpoints', 'short', by('instance', eachOf('conntrack_exporter_endpoints'))),
            p.column('Events lost', 'short', by('instance', 'increase(conntrack_exporter_events_lost_total{%s}[$__range])' % chosen), some),
            p.column('Scrapes', 'short', by('instance', grown('conntrack_exporter_scrapes_total'))),
            p.column('CPU', 'percentunit', one('rate(process_cpu_seconds_total{%s}[$__range])' % targets)),
            p.column('Memory', 'bytes', one(each('process_resident_memory_bytes'))),
            p.column('Up since', 'dateTimeAsIso', one('process_start_time_seconds{%s} * 1000' % targets)),
          ],
          'Events lost',
          [p.link('instance', 'This host', 'conntrack-host', 'instance')]
        ),
      ]),
    ]),
    p.row('Events and resyncs', [
      p.line([
        p.timeseries('Events', 'What the kernel tells of connections. An event costs one to two microseconds.', 'cps', [p.range(by('instance, type', rateOf('conntrack_exporter_events_total')), legend + ' {{type}}')]),
        p.timeseries('Events lost', 'Events that the kernel dropped. A resync after each loss repairs the gauges; outcomes may be unknown.', 'cps', [p.range(by('instance, netns', rateOf('conntrack_exporter_events_lost_total')), legendOf)]),
        p.timeseries('In sync', '0 from a loss of events to the end of the next resync.', 'bool', [p.range('min by (instance, netns) (%s)' % eachOf('conntrack_exporter_in_sync'), legendOf)], max=1),
      ]),
      p.line([
        p.timeseries('Resyncs by reason', "Comparisons with the kernel's whole table.", 'cps', [p.range(by('reason', rateOf('conntrack_exporter_resyncs_total')), '{{reason}}')], stack=true),
        p.timeseries('How long a resync takes', 'The last one of each exporter.', 's', [p.range('max by (instance, netns) (%s)' % eachOf('conntrack_exporter_last_resync_duration_seconds'), legendOf)]),
        p.timeseries('What the last resync repaired', 'Flows that it had to add, change or remove: few, unless events were lost.', 'short', [p.range(by('instance, change', eachOf('conntrack_exporter_last_resync_flows')), legend + ' {{change}}')]),
      ]),
      p.line([
        p.timeseries('Age of the last resync', 'It is at most --resync-interval, unless resyncs fail.', 's', [p.range('max by (instance, netns) (%s)' % eachOf('conntrack_exporter_last_resync_age_seconds'), legendOf)]),
        p.timeseries('Age of the last dump', 'How old the numbers of conntrack_table_flows are.', 's', [p.range('max by (instance, netns) (%s)' % eachOf('conntrack_table_dump_age_seconds'), legendOf)]),
        p.timeseries('Failures of the reader', 'How often reading began anew with new sockets, and messages that could not be read: 0 unless something is very wrong.', 'cps', [
          p.range(by('instance', rateOf('conntrack_exporter_reader_failures_total')), legend + ' began anew'),
          p.range(by('instance', rateOf('conntrack_exporter_undecodable_messages_total')), legend + ' undecodable'),
        ]),
      ]),
    ]),
    p.row('Scrapes', [
      p.line([
        p.timeseries('Time of a scrape', 'From the request to the last byte of the answer: the mean.', 's', [p.range('%s / %s' % [by('instance', rate('conntrack_exporter_scrape_duration_seconds_sum')), by('instance', rate('conntrack_exporter_scrape_duration_seconds_count'))], legend)]),
        p.timeseries('Scrapes by status', '200 is well; 503 had nothing true to show, or was refused.', 'reqps', [p.range(by('instance, code', rate('conntrack_exporter_scrapes_total')), legend + ' {{code}}')]),
        p.timeseries('Requests that were refused', 'By reason; docs/metrics.md tells them.', 'reqps', [p.range(by('instance, reason', rate('conntrack_exporter_requests_rejected_total')), legend + ' {{reason}}')]),
      ]),
      p.line([
        p.timeseries('Bytes of answers', 'As they were sent: with gzip the packed ones.', 'Bps', [p.range(by('instance', rate('conntrack_exporter_scrape_bytes_total')), legend)]),
        p.timeseries('Series of a scrape', 'How many series Prometheus got of each exporter.', 'short', [p.range(one(each('scrape_samples_scraped')), legend)]),
      ]),
    ]),
    p.row('Limits', [
      p.line([
        p.timeseries('Endpoints, of the limit', 'Beyond --max-endpoints the least are summed in host="other".', 'percentunit', [p.range('max by (instance, netns) (%s / %s)' % [eachOf('conntrack_exporter_endpoints'), eachOf('conntrack_exporter_endpoints_limit')], legendOf)]),
        p.timeseries('Sources', 'Sources that are shown. Needs --sources.', 'short', [p.range(by('instance, netns', eachOf('conntrack_exporter_sources')), legendOf)]),
        p.timeseries('Flows', 'Flows that it tracks: counted, ignored, without a state.', 'short', [p.range(by('instance, kind', eachOf('conntrack_exporter_flows')), legend + ' {{kind}}')]),
      ]),
      p.line([
        p.timeseries('Flows without room', 'Flows of the kernel that --max-flows left out: 0, or the numbers are too small.', 'short', [p.range(by('instance, netns', eachOf('conntrack_exporter_flows_untracked')), legendOf)]),
        p.timeseries('Lines that were not written', "Of the event log, and of the exporter's own log: nobody read them fast enough.", 'cps', [
          p.range(by('instance', rateOf('conntrack_exporter_log_dropped_total')), legend + ' event log'),
          p.range(by('instance', rate('conntrack_exporter_own_log_dropped_total')), legend + ' own log'),
        ]),
        p.timeseries('Endpoints that moved', 'Between host="other" and series of their own: many, if --max-endpoints is too small.', 'cps', [p.range(by('instance, to', rateOf('conntrack_exporter_endpoints_moved_total')), legend + ' to {{to}}')]),
      ]),
    ]),
    p.row('Cost', [
      p.line([
        p.timeseries('CPU', 'Of one CPU.', 'percentunit', [p.range(by('instance', rate('process_cpu_seconds_total')), legend)]),
        p.timeseries('Memory', "What the process has of the machine's memory.", 'bytes', [p.range(one(each('process_resident_memory_bytes')), legend)]),
        p.timeseries('Java heap', 'What it uses of its heap.', 'bytes', [p.range(by('instance', 'jvm_memory_used_bytes{area="heap",%s}' % targets), legend)]),
      ]),
      p.line([
        p.timeseries('Collections', 'Time for the garbage of the Java runtime, of one CPU.', 'percentunit', [p.range(by('instance', rate('jvm_gc_collection_seconds_sum')), legend)]),
        p.timeseries('Threads', 'Threads of the Java runtime.', 'short', [p.range(one(each('jvm_threads_current')), legend)]),
        p.timeseries('Files, of the limit', 'Files and sockets that it has open.', 'percentunit', [p.range('max by (instance) (%s / %s)' % [each('process_open_fds'), each('process_max_fds')], legend)]),
      ]),
    ]),
  ]
)
