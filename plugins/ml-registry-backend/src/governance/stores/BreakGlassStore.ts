import type {
  BreakGlass,
  GateVerdict,
} from '@downstage/plugin-ml-registry-common';
import type { Knex } from 'knex';

/** Versions that entered production past their gates. Rows are only ever added. */
export class BreakGlassStore {
  async add(
    tx: Knex.Transaction,
    entry: BreakGlass & { name: string; version: number; gates: GateVerdict[] },
  ): Promise<void> {
    await tx('break_glass').insert({
      name: entry.name,
      version: entry.version,
      at: entry.at,
      actor: entry.by,
      reason: entry.reason,
      gates: JSON.stringify(entry.gates),
    });
  }
}
