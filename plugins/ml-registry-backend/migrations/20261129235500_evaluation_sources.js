// @ts-check

/**
 * The runs behind the traces that records of evaluation data sets were made from: their data guards the records, also
 * after the trace was deleted.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('evaluation_dataset_records', table => {
    table.text('source_runs').comment('JSON list of run ids; null: none');
  });
  let after = 0;
  for (;;) {
    const rows = await knex('evaluation_dataset_records')
      .where('sequence', '>', after)
      .where('source', 'like', '%trace_id%')
      .orderBy('sequence')
      .limit(200)
      .select('sequence', 'source');
    if (!rows.length) return;
    for (const { sequence, source } of rows) {
      after = sequence;
      const traceId = JSON.parse(source)?.source_data?.trace_id;
      if (typeof traceId !== 'string') continue;
      const made = await knex('trace_metadata')
        .where({ trace_id: traceId, key: 'mlflow.sourceRun' })
        .select('value as run');
      const linked = await knex('trace_runs')
        .where({ trace_id: traceId })
        .select('run_id as run');
      const runs = new Set([...made, ...linked].map(({ run }) => run));
      if (!runs.size) continue;
      await knex('evaluation_dataset_records')
        .where({ sequence })
        .update({ source_runs: JSON.stringify([...runs]) });
    }
  }
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('evaluation_dataset_records', table => {
    table.dropColumn('source_runs');
  });
};
