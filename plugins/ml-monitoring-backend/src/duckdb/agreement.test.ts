import type { DuckDBConnection } from '@duckdb/node-api';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  criticalStabilityIndex,
  populationStabilityIndex,
} from '../domain/populationStabilityIndex';
import { judgeColumn } from '../domain/judgeColumn';
import { defaultRules } from '../domain/rules';
import { countWindow } from './countWindow';
import { measureBaseline } from './measureBaseline';
import { identifier, withDuckDb } from './openDuckDb';

type Cell = number | string | null;
type Case = {
  name: string;
  kind: 'numeric' | 'categorical';
  reference: Cell[];
  current: Cell[];
  edges?: number[];
  referenceCounts: number[];
  currentCounts: number[];
  psi: number;
  bins: number;
  critical: number;
};

/** Made by `drift_reference.py` with NumPy and SciPy. */
const { columns: cases }: { columns: Case[] } = JSON.parse(
  readFileSync(
    resolve(__dirname, '../__fixtures__/drift_reference.json'),
    'utf8',
  ),
);

async function createTable(
  connection: DuckDBConnection,
  table: string,
  columns: { name: string; values: Cell[] }[],
) {
  const type = (values: Cell[]) =>
    values.some(value => typeof value === 'string') ? 'VARCHAR' : 'DOUBLE';
  const lists = columns.map(
    column =>
      `unnest($${column.name}::${type(column.values)}[]) AS ${identifier(
        column.name,
      )}`,
  );
  const text = Object.fromEntries(
    columns.map(column => [
      column.name,
      `[${column.values.map(value => value ?? 'NULL').join(', ')}]`,
    ]),
  );
  await connection.run(
    `CREATE TABLE ${table} AS SELECT ${lists.join(', ')}`,
    text,
  );
}

describe('agreement with NumPy and SciPy', () => {
  it.each(cases)('gives the same PSI from the counts of $name', item => {
    const { psi, bins } = populationStabilityIndex(
      item.referenceCounts,
      item.currentCounts,
    );
    expect(bins).toBe(item.bins);
    expect(Math.abs(psi - item.psi)).toBeLessThan(1e-6);
    const critical = criticalStabilityIndex({
      referenceRows: item.reference.length,
      currentRows: item.current.length,
      bins,
      confidence: 0.95,
    });
    expect(Math.abs(critical - item.critical)).toBeLessThan(1e-6);
  });

  it('gives the same edges, counts, PSI and critical values from the data itself', async () => {
    await withDuckDb(async connection => {
      await createTable(
        connection,
        'training',
        cases.map(item => ({ name: item.name, values: item.reference })),
      );
      await createTable(
        connection,
        'logged',
        cases.map(item => ({ name: item.name, values: item.current })),
      );
      const { rows, columns } = await measureBaseline(
        connection,
        'training',
        cases.map(({ name }) => ({
          source: name,
          column: name,
          name,
          role: 'feature',
        })),
      );
      expect(rows).toBe(569);
      const counts = await countWindow(connection, 'logged', columns, 260);
      cases.forEach((item, index) => {
        const column = columns[index];
        expect(column.kind).toBe(item.kind);
        const edges = column.kind === 'numeric' ? column.edges : [];
        expect(edges).toHaveLength(item.edges?.length ?? 0);
        const off = edges.map((edge, bin) =>
          Math.abs(edge - (item.edges?.[bin] ?? NaN)),
        );
        expect(Math.max(0, ...off)).toBeLessThan(1e-9);
        const drift = judgeColumn(column, counts[index], defaultRules);
        expect([item.name, drift.bins]).toEqual([item.name, item.bins]);
        expect(Math.abs((drift.psi ?? NaN) - item.psi)).toBeLessThan(1e-6);
        expect(
          Math.abs((drift.criticalValue ?? NaN) - item.critical),
        ).toBeLessThan(1e-6);
      });
    });
  });
});
