// @ts-check

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.alterTable('jobs', table => {
    table
      .string('place', 64)
      .comment(
        'Where its newest attempt runs, for runtimes of one machine; only the portal that has the place follows it',
      );
    table
      .text('submitter_groups')
      .comment('JSON, what the submitter owned things through at submission');
    table.index(
      ['state', 'runtime', 'owner', 'created_at'],
      'jobs_queue_index',
    );
  });
  await knex.schema.createTable('job_turns', table => {
    table.comment('When each owner last got a slot; the order of the queue');
    table.string('owner').primary();
    table.string('at', 32).notNullable();
  });
  await knex.raw(
    `insert into job_turns (owner, at)
     select jobs.owner, max(job_attempts.created_at)
     from job_attempts join jobs on jobs.id = job_attempts.job_id
     group by jobs.owner`,
  );
  await knex.schema.createTable('job_runtimes', table => {
    table.comment('Which portal has which runtime, told every few seconds');
    table.string('runtime', 64).notNullable();
    table
      .string('place', 64)
      .notNullable()
      .comment('The folder of a local runtime, or the portal');
    table.string('holder').notNullable().comment('The portal, for people');
    table.integer('slots').notNullable();
    table.text('isolation').comment('JSON');
    table.string('seen_at', 32).notNullable();
    table.primary(['runtime', 'place']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('job_runtimes');
  await knex.schema.dropTable('job_turns');
  await knex.schema.alterTable('jobs', table => {
    table.dropIndex([], 'jobs_queue_index');
    table.dropColumn('submitter_groups');
    table.dropColumn('place');
  });
};
