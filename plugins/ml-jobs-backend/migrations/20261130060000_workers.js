// @ts-check

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.createTable('attempt_workers', table => {
    table.comment('The processes of attempts that have several, as last seen');
    table
      .string('job_id', 64)
      .notNullable()
      .references('id')
      .inTable('jobs')
      .onDelete('CASCADE');
    table.integer('attempt').notNullable().comment('Number of the attempt');
    table.string('role', 63).notNullable();
    table.integer('rank').notNullable();
    table.string('state', 16).notNullable();
    table.string('node').comment('The machine it runs on');
    table.integer('exit_code');
    table.primary(['job_id', 'attempt', 'role', 'rank']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('attempt_workers');
};
