// @ts-check

/**
 * What runtimes can do, known to all portals, and for a while after their portal was stopped.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('job_runtimes', table => {
    table.text('features').comment('JSON; null where it does not say');
    table
      .boolean('gone')
      .notNullable()
      .defaultTo(false)
      .comment('Its portal was stopped');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('job_runtimes', table => {
    table.dropColumn('gone');
    table.dropColumn('features');
  });
};
