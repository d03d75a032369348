/**
 * The newest runs of all experiments are read along an index of times, and not sorted at each look.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('runs', table => {
    table.index(
      ['lifecycle_stage', 'start_time', 'run_id'],
      'runs_started_idx',
    );
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('runs', table => {
    table.dropIndex([], 'runs_started_idx');
  });
};
