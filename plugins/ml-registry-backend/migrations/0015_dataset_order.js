// @ts-check

/**
 * The order in which a run's data sets were logged, which MLflow's clients see. Those from before are by name, as they
 * were shown.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('run_datasets', table => {
    table
      .integer('position')
      .notNullable()
      .defaultTo(0)
      .comment('Goes up within a run in the order of logging');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('run_datasets', table => {
    table.dropColumn('position');
  });
};
