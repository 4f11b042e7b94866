// Keeps the table as it is now. It asks for the same data as anybody can: see docs/page.md.
// Every text comes in as a text node, so nothing that the data says becomes markup.

const REFRESH_MS = 2000;
const HISTORY_MS = 300000;
const RELOAD_MS = 10000; // at most so often
const STATES = ["opening", "open", "closing", "closed"];
const COUNTS = new Intl.NumberFormat("en");

const form = document.getElementById("ask");
const rows = document.getElementById("rows");
const health = document.getElementById("health");
const status = document.getElementById("status");
const heads = [...document.querySelectorAll("thead th")];
const who = heads[0].dataset.column; // "host" or "source"
const shown = form.show.value; // "endpoints" or "sources"
const history = new Map(kept()); // endpoint -> [{ms, open, failed}], of the last five minutes

let timer = 0;
let asked = 0;

// This window's, also when it has shown another table meanwhile. It may forbid that, or have no room.
function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(shown) ?? "[]");
  } catch {
    return [];
  }
}

function keep() {
  try {
    sessionStorage.setItem(shown, JSON.stringify([...history]));
  } catch {
    // The next page begins anew.
  }
}

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function count(number) {
  return COUNTS.format(number);
}

function rate(perSecond) {
  if (perSecond === null) return "–";
  if (perSecond === 0) return "0";
  return perSecond < 10 ? perSecond.toFixed(perSecond < 0.1 ? 2 : 1) : count(Math.round(perSecond));
}

function bytes(perSecond) {
  if (perSecond === null) return "–";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  let value = perSecond;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(unit > 0 && value < 100 ? 1 : 0)} ${units[unit]}`;
}

function seconds(value) {
  if (value === null) return "–";
  if (value < 0.001) return `${Math.round(value * 1e6)} µs`;
  return value < 1 ? `${(value * 1e3).toPrecision(3)} ms` : `${value.toPrecision(3)} s`;
}

function sum(reasons, key) {
  const values = Object.values(reasons).map(reason => reason[key]);
  return values.includes(null) ? null : values.reduce((all, value) => all + value, 0);
}

// "12 refused 11, unanswered 1": the rate of all, and that of each reason that there is now. The
// usual end needs no word.
function reasons(of) {
  const cell = number(rate(sum(of, "per_second")), `${count(sum(of, "total"))} in all`);
  const now = Object.entries(of).filter(([name, reason]) => reason.per_second > 0 && name !== "closed");
  if (now.length > 0) {
    const words = now.map(([name, reason]) => `${name.replace("_", " ")} ${rate(reason.per_second)}`);
    cell.append(element("span", words.join(", "), "why"));
  }
  return cell;
}

function number(text, title) {
  const cell = element("td", text, text === "0" || text === "–" || text === "0 B" ? "zero" : "");
  if (title) cell.title = title;
  return cell;
}

function cell(column, endpoint) {
  if (STATES.includes(column)) return number(count(endpoint[column]));
  switch (column) {
    case "opened":
      return number(rate(endpoint.opened.per_second), `${count(endpoint.opened.total)} in all`);
    case "failed":
    case "ended":
      return reasons(endpoint[column]);
    case "sent":
    case "received": {
      const traffic = endpoint[`${column}_bytes`];
      return traffic ? number(bytes(traffic.per_second), `${count(traffic.total)} bytes in all`) : number("–");
    }
    case "setup":
      return number(seconds(endpoint.setup_median_seconds ?? null));
    default:
      return spark(endpoint);
  }
}

function key(endpoint) {
  return JSON.stringify(endpoint.labels);
}

function remember(endpoints, ms) {
  for (const endpoint of endpoints) {
    const points = history.get(key(endpoint)) ?? [];
    points.push({ ms, open: endpoint.open, failed: sum(endpoint.failed, "per_second") ?? 0 });
    while (points[0].ms < ms - HISTORY_MS) points.shift();
    history.set(key(endpoint), points);
  }
  for (const [name, points] of history) {
    if (points.at(-1).ms < ms - HISTORY_MS) history.delete(name);
  }
}

// Open connections as a line, and below it a block wherever connections failed.
function spark(endpoint) {
  const points = history.get(key(endpoint)) ?? [];
  const most = Math.max(1, ...points.map(point => point.open));
  const last = points.at(-1)?.ms ?? 0;
  const x = point => 150 - ((last - point.ms) / HISTORY_MS) * 150;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 150 30");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `up to ${count(most)} open in the last five minutes`);
  const line = document.createElementNS(svg.namespaceURI, "polyline");
  line.setAttribute("points", points.map(point => `${x(point).toFixed(1)},${(24 - (point.open / most) * 22).toFixed(1)}`).join(" "));
  svg.append(line);
  for (const point of points.filter(each => each.failed > 0)) {
    const block = document.createElementNS(svg.namespaceURI, "rect");
    block.setAttribute("x", (x(point) - 2).toFixed(1));
    block.setAttribute("y", "26");
    block.setAttribute("width", "2.5");
    block.setAttribute("height", "4");
    svg.append(block);
  }
  const made = element("td");
  made.append(svg);
  return made;
}

function row(endpoint) {
  const failing = sum(endpoint.failed, "per_second") > 0;
  const made = element("tr", undefined, failing ? "failing" : "");
  for (const head of heads) {
    const column = head.dataset.column;
    let each;
    if (column === who) {
      each = element("th", endpoint.labels[who]);
      each.scope = "row";
      each.title = `${endpoint.labels[who]} ${endpoint.name ?? ""}`.trim();
      if (endpoint.name) each.append(" ", element("span", endpoint.name, "name"));
      if (failing) each.append(" ", element("span", "▲ failing", "mark"));
    } else if (column.startsWith("label-")) {
      each = element("td", endpoint.labels[column.slice("label-".length)] ?? "");
    } else {
      each = cell(column, endpoint);
    }
    each.dataset.column = column;
    made.append(each);
  }
  return made;
}

function state(namespace) {
  if (!namespace.in_sync) return "not in sync";
  return namespace.table_entries === 0 ? "nothing is tracked" : "in sync";
}

function healthItem(namespace) {
  const bad = namespace.problem !== "" || !namespace.in_sync;
  const item = element("li", undefined, bad ? "bad" : "");
  item.append(element("strong", `${bad ? "▲ " : "✓ "}${namespace.netns || "This host"}: ${state(namespace)}`));
  const facts = [
    `last resync ${Math.round(namespace.resync_age_seconds)} s ago`,
    `${count(namespace.lost_events)} lost events`,
    `${count(namespace.connections)} connections`,
    `${count(namespace.endpoints)} of ${count(namespace.endpoints_limit)} endpoints`,
  ];
  if (namespace.table_entries !== null) {
    facts.push(
      namespace.table_limit === null
        ? `kernel's table: ${count(namespace.table_entries)}`
        : `kernel's table: ${count(namespace.table_entries)} of ${count(namespace.table_limit)}`,
    );
  }
  for (const fact of facts) item.append(element("span", fact), " ");
  if (namespace.problem) item.append(element("p", namespace.problem));
  return item;
}

// Whether the page was made before there was something to show in a further column.
function lacksColumns(all) {
  const columns = heads.map(head => head.dataset.column);
  return all.some(each =>
    (each.sent_bytes && !columns.includes("sent")) ||
    Object.keys(each.labels).some(label => label !== who && !columns.includes(`label-${label}`)));
}

function show(data) {
  const all = data[shown];
  if (lacksColumns(all) && performance.now() > RELOAD_MS) location.reload();
  remember(all, Date.parse(data.time));
  health.replaceChildren(...data.namespaces.map(healthItem));
  if (all.length === 0) {
    const none = element("td", `No ${shown.slice(0, -1)} ${form.filter.value ? "matches the filter" : "yet"}.`, "empty");
    none.colSpan = heads.length;
    const only = element("tr");
    only.append(none);
    rows.replaceChildren(only);
  } else {
    rows.replaceChildren(...all.map(row));
  }
  for (const head of heads) {
    if (head.dataset.column === data.sort) {
      head.setAttribute("aria-sort", data.ascending ? "ascending" : "descending");
    } else {
      head.removeAttribute("aria-sort");
    }
  }
  const part = `${count(all.length)} of ${count(data.matching)} ${shown}`;
  tell(data.rate_seconds === null ? `${part}. Rates come in two seconds.` : part, false);
}

function tell(text, bad) {
  if (status.textContent !== text) status.textContent = text;
  status.className = bad ? "bad" : "";
}

async function refresh() {
  clearTimeout(timer);
  const mine = ++asked;
  try {
    const answer = await fetch(`-/${shown}?${new URLSearchParams(new FormData(form))}`, { cache: "no-store" });
    if (mine !== asked) return;
    if (answer.ok) show(await answer.json());
    else tell(`The table is old. ${await answer.text()}`, true);
  } catch (failure) {
    if (mine === asked) tell(`The table is old. The exporter does not answer (${failure.message}).`, true);
  }
  if (mine === asked && !document.hidden) timer = setTimeout(refresh, REFRESH_MS);
}

// The address tells what is shown, so that it can be sent to somebody.
function ask() {
  window.history.replaceState(null, "", `?${new URLSearchParams(new FormData(form))}`);
  refresh();
}

for (const head of heads) {
  head.querySelector("a")?.addEventListener("click", event => {
    event.preventDefault();
    const column = head.dataset.column;
    const usual = column === who ? "ascending" : "descending";
    const turned = head.getAttribute("aria-sort") === "descending" ? "ascending" : "descending";
    form.sort.value = column;
    form.order.value = head.hasAttribute("aria-sort") ? turned : usual;
    ask();
  });
}
form.addEventListener("input", ask);
form.addEventListener("submit", event => {
  event.preventDefault();
  ask();
});
window.addEventListener("pagehide", keep);
document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : refresh()));
refresh();
