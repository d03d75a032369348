// @ts-check

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.createTable('job_outputs', table => {
    table.comment('What became of the declared outputs of jobs that are over');
    table
      .string('job_id', 64)
      .notNullable()
      .references('id')
      .inTable('jobs')
      .onDelete('CASCADE');
    table.string('name', 63).notNullable().comment('As the job declares it');
    table.string('state', 16).notNullable().comment('found, missing, unknown');
    table.text('ref').comment('What came: a version, or a run and a path');
    table.text('message').comment('Why nobody could look');
    table.primary(['job_id', 'name']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('job_outputs');
};
