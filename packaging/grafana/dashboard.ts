/**
 * The Grafana dashboard, made from panels.ts: `node_modules/.bin/bun
 * packaging/grafana/dashboard.ts` prints rusk-dashboard.json, which is imported in Grafana
 * (Dashboards, New, Import).
 */
import { type Panel, type PanelRow, ROWS } from "./panels.ts";

const COLUMNS = 24;
const HEIGHTS = { stat: 4, timeseries: 8, row: 1 };
/** The one that is chosen at the dashboard's top. */
const SOURCE = { type: "prometheus", uid: "$source" };

interface Place {
  readonly h: number;
  readonly w: number;
  readonly x: number;
  readonly y: number;
}

/** The text of the file. */
export function dashboardFile(): string {
  return `${JSON.stringify(dashboard(), null, 2)}\n`;
}

function dashboard() {
  return {
    title: "Rusk",
    uid: "rusk",
    tags: ["rusk", "redis"],
    schemaVersion: 36,
    version: 1,
    editable: true,
    refresh: "30s",
    time: { from: "now-1h", to: "now" },
    timezone: "",
    templating: {
      list: [
        { name: "source", label: "Data", type: "datasource", query: "prometheus" },
        {
          name: "instance",
          label: "Server",
          type: "query",
          datasource: SOURCE,
          query: { query: "label_values(redis_up, instance)", refId: "instance" },
          refresh: 2,
          sort: 1,
          includeAll: false,
          multi: false,
        },
      ],
    },
    panels: panelsOf(ROWS),
  };
}

function panelsOf(rows: readonly PanelRow[]) {
  const panels: object[] = [];
  let y = 0;
  for (const { title, panels: own } of rows) {
    const place = { h: HEIGHTS.row, w: COLUMNS, x: 0, y };
    panels.push({ id: panels.length + 1, type: "row", title, gridPos: place, collapsed: false });
    y += HEIGHTS.row;
    let x = 0;
    let height = 0;
    for (const panel of own) {
      if (x + panel.width > COLUMNS) {
        x = 0;
        y += height;
      }
      height = HEIGHTS[panel.kind];
      panels.push(shown(panel, panels.length + 1, { h: height, w: panel.width, x, y }));
      x += panel.width;
    }
    y += height;
  }
  return panels;
}

function shown({ title, kind, unit, description, lines }: Panel, id: number, gridPos: Place) {
  return {
    id,
    type: kind,
    title,
    ...(description === undefined ? {} : { description }),
    datasource: SOURCE,
    gridPos,
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    options:
      kind === "stat"
        ? { reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false } }
        : { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi" } },
    targets: lines.map(([expr, legendFormat], i) => ({
      refId: String.fromCharCode("A".charCodeAt(0) + i),
      datasource: SOURCE,
      expr,
      legendFormat,
    })),
  };
}

if (import.meta.main) process.stdout.write(dashboardFile());
