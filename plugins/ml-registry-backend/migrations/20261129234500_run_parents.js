// @ts-check

/**
 * Every parent that a run ever named: what a parent read guards the files of the run, also after the tag changed.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('run_parents', table => {
    table
      .string('run_id', 64)
      .notNullable()
      .references('runs.run_id')
      .onDelete('CASCADE');
    table.string('parent_id', 64).notNullable();
    table.primary(['run_id', 'parent_id']);
  });
  await knex.raw(
    `INSERT INTO run_parents (run_id, parent_id)
     SELECT run_id, value FROM run_tags
     WHERE key = 'mlflow.parentRunId' AND LENGTH(value) <= 64`,
  );
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('run_parents');
};
