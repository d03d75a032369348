import type { GatewayStatus } from '@downstage/plugin-ml-serving-common';
import { histogramBounds, type Totals } from './Traffic';

/** The text format of Prometheus. Labels are endpoints and versions only, so their number stays small. */
export function toPrometheus(options: {
  totals: ReadonlyMap<string, Totals>;
  endpoints: GatewayStatus['endpoints'];
  log: (endpoint: string) => { logged: number; dropped: number };
  heldBytes: number;
  internalErrors: number;
  /** Requests that were not let in, by the status of the answer. */
  refused: ReadonlyMap<number, number>;
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
      lines.push(`downstage_gateway_${name}${text && `{${text}}`} ${value}`);
    }
  };
  metric(
    'requests_total',
    'counter',
    'Inference requests by status.',
    [...totals].flatMap(([endpoint, { byStatus }]) =>
      [...byStatus].map(([code, count]): [Record<string, string>, number] => [
        { endpoint, code: String(code) },
        count,
      ]),
    ),
  );
  metric(
    'errors_total',
    'counter',
    'Inference requests answered with an error: the client’s (4xx) or ours (5xx).',
    [...totals].flatMap(([endpoint, { byStatus }]) =>
      (['4xx', '5xx'] as const).map(
        (group): [Record<string, string>, number] => [
          { endpoint, class: group },
          [...byStatus].reduce(
            (sum, [code, count]) =>
              `${Math.floor(code / 100)}xx` === group ? sum + count : sum,
            0,
          ),
        ],
      ),
    ),
  );
  lines.push(
    '# HELP downstage_gateway_request_seconds Time from the request to its answer.',
    '# TYPE downstage_gateway_request_seconds histogram',
  );
  for (const [endpoint, { seconds, histogram }] of totals) {
    const label = `endpoint=${JSON.stringify(endpoint)}`;
    let count = 0;
    histogram.forEach((found, index) => {
      count += found;
      const bound = histogramBounds[index] ?? '+Inf';
      lines.push(
        `downstage_gateway_request_seconds_bucket{${label},le="${bound}"} ${count}`,
      );
    });
    lines.push(
      `downstage_gateway_request_seconds_sum{${label}} ${seconds}`,
      `downstage_gateway_request_seconds_count{${label}} ${count}`,
    );
  }
  metric('held_bytes', 'gauge', 'Bytes of requests and answers in memory.', [
    [{}, options.heldBytes],
  ]);
  metric(
    'internal_errors_total',
    'counter',
    'Errors that nobody foresaw; each is in the log of the process.',
    [[{}, options.internalErrors]],
  );
  metric(
    'refused_total',
    'counter',
    'Requests that were not let in, by the status of the answer.',
    [...options.refused].map(
      ([code, count]): [Record<string, string>, number] => [
        { code: String(code) },
        count,
      ],
    ),
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
