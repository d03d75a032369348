import type { GatewayStatus } from '@downstage/plugin-ml-serving-common';
import type { Totals } from './Traffic';

/** The text format of Prometheus. Labels are endpoints and versions only, so their number stays small. */
export function toPrometheus(options: {
  totals: ReadonlyMap<string, Totals>;
  endpoints: GatewayStatus['endpoints'];
  log: (endpoint: string) => { logged: number; dropped: number };
}): string {
  const { totals, endpoints, log } = options;
  const lines: string[] = [];
  const metric = (
    name: string,
    type: string,
    help: string,
    samples: [Record<string, string>, number][],
  ) => {
    lines.push(`# HELP downstage_gateway_${name} ${help}`);
    lines.push(`# TYPE downstage_gateway_${name} ${type}`);
    for (const [labels, value] of samples) {
      const text = Object.entries(labels)
        .map(([key, label]) => `${key}=${JSON.stringify(label)}`)
        .join(',');
      lines.push(`downstage_gateway_${name}{${text}} ${value}`);
    }
  };
  const total = (pick: (item: Totals) => number) =>
    [...totals].map(([endpoint, item]): [Record<string, string>, number] => [
      { endpoint },
      pick(item),
    ]);
  metric(
    'requests_total',
    'counter',
    'Inference requests.',
    total(t => t.requests),
  );
  metric(
    'errors_total',
    'counter',
    'Inference requests answered with an error.',
    total(t => t.errors),
  );
  metric(
    'seconds_total',
    'counter',
    'Time spent answering.',
    total(t => t.seconds),
  );
  metric(
    'active_version',
    'gauge',
    'The version that answers.',
    endpoints.flatMap(
      ({ endpoint, active }): [Record<string, string>, number][] =>
        active === undefined ? [] : [[{ endpoint }, active]],
    ),
  );
  metric(
    'versions',
    'gauge',
    'Versions by state.',
    endpoints.flatMap(({ endpoint, versions }) =>
      versions.map(({ version, state }): [Record<string, string>, number] => [
        { endpoint, version: String(version), state },
        1,
      ]),
    ),
  );
  metric(
    'logged_rows_total',
    'counter',
    'Rows taken into the prediction log.',
    endpoints.map(({ endpoint }) => [{ endpoint }, log(endpoint).logged]),
  );
  metric(
    'dropped_rows_total',
    'counter',
    'Rows the prediction log gave up.',
    endpoints.map(({ endpoint }) => [{ endpoint }, log(endpoint).dropped]),
  );
  return `${lines.join('\n')}\n`;
}
