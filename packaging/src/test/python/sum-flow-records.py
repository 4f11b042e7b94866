"""Sums the destroy lines of the JSON event log, by host, as the counters of the metrics are named."""

import json
import sys
from collections import Counter

sums = Counter()
for line in sys.stdin:
    record = json.loads(line)
    if record["event_type"] != "destroy" or "host" not in record:
        continue
    host = record["host"]
    if "outcome" in record:
        name = "conntrack_connections_%s_total" % record["outcome"]
        sums['%s{host="%s",reason="%s"}' % (name, host, record["reason"])] += 1
    for key in ("sent_bytes", "received_bytes", "sent_packets", "received_packets"):
        sums['conntrack_%s_total{host="%s"}' % (key, host)] += record.get(key, 0)

for series in sorted(sums):
    print(series, float(sums[series]))
