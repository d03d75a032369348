import {
  endpointsOf,
  notBuilt,
  shapeOf,
  UPSTREAM_VERSION,
  type MlflowEndpoint,
  type RouteGroup,
} from '../mlflow/routeTable';
import upstream from '../mlflow/upstreamEndpoints.json';

/** The page of the documentation that lists every endpoint of MLflow with its state, as Markdown. */
export function endpointsPage(table: RouteGroup[]): string {
  const built = endpointsOf(table);
  const missing = notBuilt(table);
  const known = new Set(
    upstream.endpoints.map(([method, path]) => shapeOf({ method, path })),
  );
  const ours = built.filter(endpoint => !known.has(shapeOf(endpoint)));
  return `# MLflow's endpoints and what is built of them

Written from the route table of \`plugins/ml-registry-backend/src/mlflow\` and the list of endpoints that the server of MLflow
${UPSTREAM_VERSION} registers; a test keeps the three equal. To write it again:

\`\`\`bash
cd plugins/ml-registry-backend
python-tests/upstream_endpoints.py                                # lists the endpoints of the installed MLflow
UPDATE_ENDPOINTS=1 yarn test --watchAll=false src/mlflow/routeTable.test.ts
\`\`\`

${built.length - ours.length} of MLflow's ${
    upstream.endpoints.length
  } endpoints are built. The paths stand below \`/api/ml-registry/mlflow\`; what begins with \`/api/\` also answers at \`/ajax-api/\`.

- **built**: works as the unmodified client expects.
- **not built**: exists in MLflow; answers 501 \`NOT_IMPLEMENTED\` at once, which no client repeats.
- Anything that is not listed is unknown to MLflow as well: 404 \`ENDPOINT_NOT_FOUND\`.

${tables(built, 'built', endpoint =>
  known.has(shapeOf(endpoint)) ? '' : 'not in MLflow',
)}
${tables(missing, 'not built', () => '')}`;
}

function tables(
  endpoints: MlflowEndpoint[],
  state: string,
  note: (endpoint: MlflowEndpoint) => string,
): string {
  const areas = [...new Set(endpoints.map(({ area }) => area))];
  return areas
    .map(area => {
      const rows = endpoints
        .filter(endpoint => endpoint.area === area)
        .map(endpoint => [
          endpoint.method,
          `\`${endpoint.path}\``,
          state,
          note(endpoint),
        ]);
      return `## ${area}${
        state === 'built' ? '' : ` (${state})`
      }\n\n${markdownTable(['Method', 'Path', 'State', 'Note'], rows)}\n`;
    })
    .join('\n');
}

/** Padded as the formatter of the repository pads it. */
function markdownTable(head: string[], rows: string[][]): string {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map(row => row[column].length)),
  );
  const line = (cells: string[]) =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at])).join(' | ')} |`;
  return [
    line(head),
    line(widths.map(width => '-'.repeat(width))),
    ...rows.map(line),
  ].join('\n');
}
