// @ts-check

/**
 * The right to see the profile of a logged data set depends on every run that logged the same one.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('run_datasets', table => {
    table.index(['dataset_id', 'run_id'], 'run_datasets_dataset_idx');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('run_datasets', table => {
    table.dropIndex(['dataset_id', 'run_id'], 'run_datasets_dataset_idx');
  });
};
