// What the dashboards are made of: panels, variables, and the grid that they lie in. The JSON is for
// Grafana 11 and later.

local datasource = { type: 'prometheus', uid: '${datasource}' };

local thresholds(steps) = {
  mode: 'absolute',
  steps: [{ color: 'green', value: null }] + [{ color: step[0], value: step[1] } for step in steps],
};

// refId A, B, C and so on.
local lettered(targets) = std.mapWithIndex(
  function(i, target) target { refId: std.char(65 + i), datasource: datasource, editorMode: 'code' },
  targets
);

local panel(type, title, description, unit, targets) = {
  type: type,
  title: title,
  description: description,
  datasource: datasource,
  targets: lettered(targets),
  fieldConfig: { defaults: { unit: unit, custom: {} }, overrides: [] },
  options: {},
};

// Properties of the column or series with this name.
local override(name, properties) = {
  matcher: { id: 'byName', options: name },
  properties: [{ id: id, value: properties[id] } for id in std.objectFields(properties)],
};

local variable(name, label, type, query) = {
  name: name,
  label: label,
  type: type,
  query: query,
  hide: 0,
  includeAll: false,
  multi: false,
  options: [],
  refresh: 1,
  regex: '',
};

local labelValues(name, label, selector) = variable(name, label, 'query', {
  query: 'label_values(%s, %s)' % [selector, name],
  refId: name,
  qryType: 1,
}) {
  datasource: datasource,
  refresh: 2,
  sort: 1,
};

// Many may be chosen, and all are at first.
local many = {
  includeAll: true,
  multi: true,
  allValue: '.*',
  current: { selected: true, text: ['All'], value: ['$__all'] },
};

{
  // Of a query over time. The legend is made of labels: {{host}}.
  range(expr, legend):: { expr: expr, legendFormat: legend, range: true, instant: false },

  // Of a query as of the end of the time that is shown.
  instant(expr):: { expr: expr, legendFormat: '__auto', range: false, instant: true },

  // The number as of now, green unless a step [colour, from] says otherwise.
  stat(title, description, unit, expr, steps=[], mappings=[])::
    panel('stat', title, description, unit, [self.instant(expr)]) {
      fieldConfig+: {
        defaults+: {
          color: { mode: 'thresholds' },
          mappings: mappings,
          noValue: 'no data',
          thresholds: thresholds(steps),
        },
      },
      options: {
        colorMode: 'value',
        graphMode: 'none',
        justifyMode: 'auto',
        orientation: 'auto',
        percentChangeColorMode: 'standard',
        reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
        showPercentChange: false,
        textMode: 'auto',
        wideLayout: true,
      },
      height:: 4,
    },

  // 1 and 0 of a stat or a column in words.
  yesNo:: [{
    type: 'value',
    options: { '0': { text: 'no', color: 'red', index: 1 }, '1': { text: 'yes', color: 'green', index: 0 } },
  }],

  timeseries(title, description, unit, targets, stack=false, max=null)::
    panel('timeseries', title, description, unit, targets) {
      fieldConfig+: {
        defaults+: {
          color: { mode: 'palette-classic' },
          min: 0,
          [if max != null then 'max']: max,
          thresholds: thresholds([]),
          custom: {
            drawStyle: 'line',
            fillOpacity: if stack then 40 else 5,
            lineWidth: 1,
            showPoints: 'never',
            spanNulls: false,
            stacking: { group: 'A', mode: if stack then 'normal' else 'none' },
          },
        },
      },
      options: {
        legend: { calcs: ['lastNotNull', 'max'], displayMode: 'table', placement: 'bottom', showLegend: true },
        tooltip: { mode: 'multi', sort: 'desc' },
      },
      height:: 8,
    },

  // Values below zero are shown too.
  signed:: { fieldConfig+: { defaults+: { min:: null } } },

  // Of a histogram: either form that Prometheus stores.
  heatmap(title, description, metric, selector)::
    panel('heatmap', title, description, 's', [{
      expr: |||
        sum by (le) (increase(%(metric)s_bucket{%(selector)s}[$__rate_interval]))
          or on () sum(increase(%(metric)s{%(selector)s}[$__rate_interval]))
      ||| % { metric: metric, selector: selector },
      legendFormat: '{{le}}',
      format: 'heatmap',
      range: true,
      instant: false,
    }]) {
      options: {
        calculate: false,
        cellGap: 1,
        cellValues: { unit: 'short' },
        color: {
          exponent: 0.5,
          fill: 'dark-orange',
          mode: 'scheme',
          reverse: false,
          scale: 'exponential',
          scheme: 'Oranges',
          steps: 64,
        },
        exemplars: { color: 'rgba(255,0,255,0.7)' },
        filterValues: { le: 1e-9 },
        legend: { show: true },
        rowsFrame: { layout: 'auto' },
        showValue: 'never',
        tooltip: { mode: 'single', showColorScale: false, yHistogram: false },
        yAxis: { axisPlacement: 'left', reverse: false, unit: 's' },
      },
      height:: 8,
    },

  // A column of a table: what its query tells of each row.
  column(name, unit, expr, steps=[], mappings=[])::
    { name: name, unit: unit, expr: expr, steps: steps, mappings: mappings, hidden: false },

  // A query that is asked for the labels of its rows alone.
  labelsOf(expr):: self.column('Labels', 'none', expr) { hidden: true },

  // A link of a column to another dashboard, which gets the value as its variable.
  link(column, title, uid, variable):: override(column, {
    links: [{
      title: title,
      url: '/d/%s?${datasource:queryparam}&${job:queryparam}&var-%s=${__value.text:percentencode}&${__url_time_range}'
           % [uid, variable],
    }],
  }),

  // A row for each value of the labels, a column for each query, the greatest of one column first.
  table(title, description, labels, columns, sortBy, links=[])::
    panel('table', title, description, 'short', [
      self.instant(column.expr) { format: 'table' }
      for column in columns
    ]) {
      fieldConfig+: {
        defaults+: {
          custom: { align: 'auto', cellOptions: { type: 'auto' }, filterable: true, inspect: false },
          noValue: '',
          thresholds: thresholds([]),
        },
        overrides: [
          override(column.name, {
            unit: column.unit,
            [if column.mappings != [] then 'mappings']: column.mappings,
            [if column.mappings != [] || column.steps != [] then 'custom.cellOptions']: { type: 'color-text' },
            [if column.steps != [] then 'thresholds']: thresholds(column.steps),
          })
          for column in columns
        ] + links,
      },
      options: {
        cellHeight: 'sm',
        footer: { countRows: false, reducer: ['sum'], show: false },
        frameIndex: 0,
        showHeader: true,
        sortBy: [{ desc: true, displayName: sortBy }],
      },
      transformations: [
        { id: 'merge', options: {} },
        {
          id: 'organize',
          options: {
            // Grafana names the value of the only query without its letter.
            renameByName: {
              [if std.length(columns) == 1 then 'Value' else 'Value #' + std.char(65 + i)]: columns[i].name
              for i in std.range(0, std.length(columns) - 1)
            },
            indexByName: { [labels[i]]: i for i in std.range(0, std.length(labels) - 1) },
            excludeByName: { Time: true } + {
              ['Value #' + std.char(65 + i)]: true
              for i in std.range(0, std.length(columns) - 1)
              if columns[i].hidden
            },
            includeByName: {},
          },
        },
      ],
      height:: 9,
    },

  // `of` is how queries compare the instance: with = where one is chosen, since Grafana escapes none then.
  variables(of='instance=~"$instance"'):: {
    datasource: variable('datasource', 'Data source', 'datasource', 'prometheus'),
    job: labelValues('job', 'Job', 'conntrack_exporter_build_info') + many,
    instance: labelValues('instance', 'Instance', 'conntrack_exporter_build_info{job=~"$job"}'),
    netns: labelValues('netns', 'Network namespace', 'conntrack_table_entries{job=~"$job",%s}' % of) + many,
    host: labelValues('host', 'Remote endpoint', 'conntrack_open_connections{job=~"$job",%s,netns=~"$netns"}' % of),
  },
  many:: many,

  // Rows of panels, from top to bottom, of the width that each panel has of 24.
  row(title, lines):: { title: title, lines: lines },

  local placed(lines, top) = std.foldl(
    function(done, line)
      local height = std.foldl(function(most, one) std.max(most, one.panel.height), line, 0);
      {
        top: done.top + height,
        panels: done.panels + std.foldl(
          function(left, one) {
            x: left.x + one.width,
            panels: left.panels + [one.panel { gridPos: { x: left.x, y: done.top, w: one.width, h: height } }],
          },
          line,
          { x: 0, panels: [] }
        ).panels,
      },
    lines,
    { top: top, panels: [] }
  ),

  // Panels that share a line of the grid.
  line(panels):: [{ width: std.floor(24 / std.length(panels)), panel: panel } for panel in panels],

  dashboard(uid, title, description, variables, rows):: {
    local laid = std.foldl(
      function(done, row)
        local inside = placed(row.lines, done.top + 1);
        {
          top: inside.top,
          panels: done.panels + [{
            type: 'row',
            title: row.title,
            collapsed: false,
            panels: [],
            gridPos: { x: 0, y: done.top, w: 24, h: 1 },
          }] + inside.panels,
        },
      rows,
      { top: 0, panels: [] }
    ),
    uid: uid,
    title: title,
    description: description,
    tags: ['conntrack-exporter'],
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    timepicker: {},
    timezone: 'browser',
    annotations: { list: [] },
    links: [{
      type: 'dashboards',
      tags: ['conntrack-exporter'],
      title: '',
      tooltip: '',
      icon: 'external link',
      asDropdown: false,
      includeVars: true,
      keepTime: true,
      targetBlank: false,
    }],
    templating: { list: variables },
    panels: std.mapWithIndex(function(i, one) one { id: i + 1 }, laid.panels),
  },
}
