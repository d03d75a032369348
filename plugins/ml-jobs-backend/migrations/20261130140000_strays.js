// @ts-check

/**
 * Attempts that were given up because nobody saw their place any more, and that may still run there.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('job_strays', table => {
    table.comment(
      'Attempts that were given up with their place; a portal that has the place ends them',
    );
    table
      .string('job_id', 64)
      .notNullable()
      .references('id')
      .inTable('jobs')
      .onDelete('CASCADE');
    table.integer('attempt').notNullable();
    table.string('runtime', 64).notNullable();
    table.string('place', 64).notNullable();
    table.text('handle').comment('JSON, how the runtime finds the attempt');
    table.primary(['job_id', 'attempt']);
    table.index(['runtime', 'place'], 'job_strays_place_index');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('job_strays');
};
