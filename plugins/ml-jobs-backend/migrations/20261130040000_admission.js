// @ts-check

/**
 * Runtimes that admit for themselves, and what a runtime knows an attempt by.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('jobs', table => {
    table
      .text('handle')
      .comment('JSON, how the runtime finds the newest attempt; null before');
    table
      .text('waiting')
      .comment(
        'JSON, why the runtime has not let the attempt start: reason, position, preemptedBy',
      );
  });
  await knex.schema.alterTable('job_runtimes', table => {
    table
      .string('admission', 16)
      .notNullable()
      .defaultTo('portal')
      .comment('Who decides when an attempt starts: portal or runtime');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('job_runtimes', table => {
    table.dropColumn('admission');
  });
  await knex.schema.alterTable('jobs', table => {
    table.dropColumn('waiting');
    table.dropColumn('handle');
  });
};
