// @ts-check

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.createTable('job_usage', table => {
    table.comment('What attempts of jobs used; rows are added, never changed');
    table.increments('id');
    table.string('at', 32).notNullable().comment('When the attempt ended');
    table.string('owner').notNullable().comment('Of the job, as it was then');
    table.string('namespace').comment('Of the model, if the job has one');
    table.string('model');
    table.string('job_id', 64).notNullable();
    table.integer('attempt').notNullable();
    table.string('runtime', 64).notNullable();
    table.string('resource', 32).notNullable().comment('cpu, gpu, slot');
    table.double('amount').notNullable();
    table.string('unit', 32).notNullable().comment('cpu-seconds, …');
    // One attempt ends once, whichever portal writes it.
    table.unique(['job_id', 'attempt', 'resource']);
    table.index(['at', 'id']);
    table.index(['owner', 'at', 'id']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('job_usage');
};
