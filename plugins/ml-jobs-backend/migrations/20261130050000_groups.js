// @ts-check

/**
 * Jobs that were submitted together: the trials of a sweep, the steps of a pipeline.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('jobs', table => {
    table
      .string('group_id', 64)
      .comment('Named by whoever submits jobs together; null for most');
    table.index(['group_id', 'created_at', 'id'], 'jobs_group_index');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('jobs', table => {
    table.dropIndex([], 'jobs_group_index');
    table.dropColumn('group_id');
  });
};
